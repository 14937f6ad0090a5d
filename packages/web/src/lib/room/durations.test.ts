import { expect, test } from "vitest";
import { hereWords, hoursWords, leftWords } from "./durations";

test.each([
  [12_000, "12 s"],
  [11_001, "12 s"],
  [1, "1 s"],
  [0, "1 s"],
  [-5_000, "1 s"],
  [99_000, "99 s"],
  [100_000, "2 min"],
  [121_000, "3 min"],
])("of %i ms is left %s", (ms, words) => {
  expect(leftWords(1_000_000 + ms, 1_000_000)).toBe(words.replace(" ", "\u00a0"));
});

test.each([
  [24, "24 hours"],
  [1, "1 hour"],
  [1.5, "1.5 hours"],
  [0.5, "30 minutes"],
  [1 / 60, "1 minute"],
  [0.001, "1 minute"],
])("%f hours are %s", (hours, words) => {
  expect(hoursWords(hours)).toBe(words);
});

test("who is here is counted", () => {
  expect([0, 1, 2].map(hereWords)).toEqual(["Nobody is here right now", "1 person is here", "2 people are here"]);
});
