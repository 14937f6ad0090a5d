import { expect, test } from "vitest";
import { folded, rankOf } from "./rank";

const order = (typed: string, names: string[]) =>
  names
    .map((name) => ({ name, rank: rankOf(folded(typed), folded(name)) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ name }) => name);

test("the name itself, its beginning, a word's, somewhere in it, then its letters in order", () => {
  expect(order("gar", ["g-a-r", "Vulgar", "Our Garden", "garden", "gar"])).toEqual(["gar", "garden", "Our Garden", "Vulgar", "g-a-r"]);
});

test("words begin behind what stands between them", () => {
  expect(order("off", ["kickoff", "day-off", "log_off", "x.off"])).toEqual(["day-off", "log_off", "x.off", "kickoff"]);
});

test("letters that stand closer together come first, and those that are too far apart not at all", () => {
  expect(order("gnr", ["g e n e r a l", "general", "g............................n...........r"])).toEqual(["general", "g e n e r a l"]);
});

test("not what lacks a letter, or has them in another order", () => {
  expect(order("abc", ["acb", "ab"])).toEqual([]);
});

test("case and accents do not matter", () => {
  expect([order("cafe", ["CAFÉ"]), order("café", ["Cafes"])]).toEqual([["CAFÉ"], ["Cafes"]]);
});
