import { describe, expect, test } from "vitest";
import { isBeside, join, ROWS_MAX, shorten } from "./stretch";
import { message, messages } from "./testing/world";

const ends = (stretch: readonly { seq: number }[]) => [stretch[0]?.seq, stretch.at(-1)?.seq];
const seqs = (stretch: readonly { seq: number }[]) => stretch.map(({ seq }) => seq);
const gone = (seq: number) => message(seq, { content: null, deleted_at: 1, revision: 2 });

describe("two stretches", () => {
  test("are beside each other if they overlap or touch, and not if one number is missing between them", () => {
    const here = messages(10, 20);
    expect([messages(1, 9), messages(5, 12), messages(12, 14), messages(21, 30)].map((other) => isBeside(here, other))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect([messages(1, 8), messages(22, 30), []].map((other) => isBeside(here, other))).toEqual([false, false, false]);
  });

  test("are joined without a hole or a double, in the newer state", () => {
    const joined = join(messages(10, 20), [...messages(8, 11), gone(12), ...messages(13, 22)]);
    expect(seqs(joined)).toEqual(seqs(messages(8, 22)));
    expect(joined.find(({ seq }) => seq === 12)?.content).toBeNull();
    expect(join([gone(1)], messages(1, 2))[0]?.content).toBeNull();
  });
});

describe("what has grown too long", () => {
  const long = messages(1, ROWS_MAX + 50);

  test("loses what is furthest from the reader, a good part at once", () => {
    expect(ends(shorten(long, { first: 340, last: 350 }))).toEqual([101, 350]);
    expect(ends(shorten(long, { first: 5, last: 20 }))).toEqual([1, 250]);
    expect(ends(shorten(long, { first: 200, last: 220 }))).toEqual([101, 350]);
  });

  test("stays as it is up to the bound", () => {
    const full = messages(1, ROWS_MAX);
    expect(shorten(full, { first: 290, last: 300 })).toBe(full);
  });

  test("never loses what is on the screen or near it, however tall that is", () => {
    const kept = shorten(long, { first: 45, last: 320 });
    expect(seqs(kept)).toEqual(expect.arrayContaining(seqs(messages(45, 320))));
    expect(ends(shorten(long, { first: 1, last: 350 }))).toEqual([1, 350]);
  });

  test("counts rows: messages that were deleted one behind the other are one, and go together", () => {
    const deleted = Array.from({ length: 1_000 }, (_, index) => gone(index + 1));
    const stretch = [...deleted, ...messages(1_001, 1_299)];
    expect(shorten(stretch, { first: 1_290, last: 1_299 })).toBe(stretch);
    const longer = [...stretch, ...messages(1_300, 1_310)];
    expect(ends(shorten(longer, { first: 1_300, last: 1_310 }))).toEqual([1_061, 1_310]);
  });
});
