import { expect, test } from "vitest";
import { durationInWords } from "./duration";

test.each([
  [0, "1 s"],
  [1, "1 s"],
  [30_000, "30 s"],
  [59_001, "1 min"],
  [90_000, "1 min 30 s"],
  [120_000, "2 min"],
  [3_600_000, "1 h"],
  [3_601_000, "1 h 1 min"],
  [5_400_000, "1 h 30 min"],
  [21_600_000, "6 h"],
])("%i ms are %s", (ms, words) => expect(durationInWords(ms)).toBe(words));
