import { expect, test } from "vitest";
import { reactionWords } from "./reactors";

const said = (count: number, me: boolean, other?: string) => reactionWords({ emoji: "👍", count, me }, other);

test("of two people it is said who it was", () => {
  expect([said(1, true, "Ilya"), said(1, false, "Ilya"), said(2, true, "Ilya")]).toEqual([
    "👍 1 reaction, by you",
    "👍 1 reaction, by Ilya",
    "👍 2 reactions, by you and Ilya",
  ]);
});

test("of several, whether the reader is among them, and nobody is named who may not have been it", () => {
  expect([said(1, true), said(1, false), said(2, true), said(3, true), said(3, false)]).toEqual([
    "👍 1 reaction, by you",
    "👍 1 reaction",
    "👍 2 reactions, by you and 1 other",
    "👍 3 reactions, by you and 2 others",
    "👍 3 reactions",
  ]);
});
