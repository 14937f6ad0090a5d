const WORDS =
  "the a of we have been there when server channel message hello world deploy build error user joined left failed passed because maybe tomorrow meeting lunch idea price order customer light blue".split(
    " ",
  );

let seed = 7;
/** The same in every run. */
function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
  return seed / 0x7fffffff;
}

const words = (count: number): string => Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
const id = (): string => Math.floor(random() * 1e12).toString(36) + Math.floor(random() * 1e12).toString(36);

/** What a bot might produce: a record with an id, a time, some numbers and a sentence. About 300 bytes each. */
export const sampleMessages = (count: number): object[] =>
  Array.from({ length: count }, () => ({
    id: id(),
    author: { id: `usr_${id()}`, username: `user${Math.floor(random() * 50)}`, display_name: null },
    content: words(5 + Math.floor(random() * 25)),
    created_at: 1_764_000_000_000 + Math.floor(random() * 1e9),
    reactions: [],
  }));
