import { expect, test } from "vitest";
import { View } from "./view";

const entry = (seq: number) => ({ seq, author: { id: "usr_a" }, nonce: String(seq) });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i));
const id = (seq: number) => `usr_a\n${seq}`;

test("takes the run of neighbours at the end, and nothing from before a hole", () => {
  const view = View.of([entry(1), entry(2), entry(4), entry(5)]);
  expect([view.from, view.end]).toEqual([4, 5]);
  expect(view.find(id(4))).toBe(4);
  expect(view.find(id(2))).toBeUndefined();
});

test("grows at its end by the next entry only", () => {
  const view = View.of(range(1, 3));
  expect(view.append(entry(5))).toBe(false);
  expect(view.end).toBe(3);
  expect(view.append(entry(4))).toBe(true);
  expect(view.find(id(4))).toBe(4);
});

test("grows at its beginning up to a hole, and over what it has already", () => {
  const view = View.of(range(8, 10));
  view.prepend([entry(3), entry(5), entry(6), entry(7), entry(8)]);
  expect([view.from, view.end]).toEqual([5, 10]);
});

test("joins with a view that it touches, and not over a gap", () => {
  const joined = View.of(range(5, 9)).joinedWith(View.of(range(1, 4)));
  expect([joined.from, joined.end, joined.find(id(1)), joined.find(id(9))]).toEqual([1, 9, 1, 9]);
  const apart = View.of(range(6, 9)).joinedWith(View.of(range(1, 4)));
  expect([apart.from, apart.find(id(1))]).toEqual([6, undefined]);
});

test("an empty view joins with what comes to be known", () => {
  const joined = View.endingAt(0).joinedWith(View.of(range(1, 2)));
  expect([joined.from, joined.end]).toEqual([1, 2]);
});

test("forgets old entries, and then does not claim to have seen them", () => {
  const view = View.of(range(1, 100));
  view.trim(10);
  expect([view.from, view.end, view.find(id(90)), view.find(id(91))]).toEqual([91, 100, undefined, 91]);
});
