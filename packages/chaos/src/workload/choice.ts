/** Numbers in [0, 1). */
export type Random = () => number;

/** A whole number from `min` to `max`, both among them. */
export const between = (random: Random, min: number, max: number): number => min + Math.floor(random() * (max - min + 1));

/** @throws RangeError if there is nothing to choose from. */
export function oneOf<T>(random: Random, list: readonly T[]): T {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new RangeError("there is nothing to choose from");
  return chosen;
}

/** A key, by chance in proportion to its weight. */
export function weighted<K extends string>(random: Random, weights: Readonly<Record<K, number>>): K {
  const keys = Object.keys(weights) as K[];
  let left = random() * keys.reduce((sum, key) => sum + weights[key], 0);
  for (const key of keys) {
    left -= weights[key];
    if (left < 0) return key;
  }
  return oneOf(random, keys);
}

const WORDS = [
  "yes",
  "no idea",
  "see you at eight",
  "déjà vu",
  "二時に",
  "👍🏽",
  "which one?",
  "look at line\n42",
  "<b>&amp;</b>",
  "…",
  "'\"`;--",
];
const LONG_EVERY = 100;
const LONG_MAX = 300;

/** Something to say: a few words, now and then a long text, and characters of many kinds. */
export function smallTalk(random: Random): string {
  const words = random() < 1 / LONG_EVERY ? between(random, 30, LONG_MAX) : between(random, 1, 8);
  return Array.from({ length: words }, () => oneOf(random, WORDS)).join(" ");
}
