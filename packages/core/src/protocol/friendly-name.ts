const KINDS = [
  "amber",
  "brave",
  "calm",
  "clever",
  "coral",
  "eager",
  "fair",
  "gentle",
  "glad",
  "golden",
  "jolly",
  "keen",
  "kind",
  "lucky",
  "merry",
  "mild",
  "proud",
  "quick",
  "quiet",
  "silver",
  "sunny",
  "swift",
  "warm",
  "wise",
];
const ANIMALS = [
  "badger",
  "crane",
  "deer",
  "dolphin",
  "falcon",
  "finch",
  "fox",
  "hare",
  "heron",
  "ibex",
  "jay",
  "koala",
  "lark",
  "lynx",
  "marten",
  "newt",
  "otter",
  "owl",
  "panda",
  "puffin",
  "raven",
  "robin",
  "seal",
  "swan",
  "tern",
  "vole",
  "wren",
];

/** A whole number from 0 to below `max`. */
type Below = (max: number) => number;

/** As "swift otter": for whoever has no name yet. @param below chance, passed in. */
export const friendlyName = (below: Below): string => `${pick(KINDS, below)} ${pick(ANIMALS, below)}`;

/** As "amber-otter-42": for a room that has no name yet, and that nobody comes upon by chance. */
export const friendlyRoomName = (below: Below): string => `${friendlyName(below).replace(" ", "-")}-${10 + below(90)}`;

const pick = (words: readonly string[], below: Below): string => words[below(words.length)] ?? "";
