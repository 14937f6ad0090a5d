import { describe, expect, test } from "vitest";
import { durationWords, fromNow, slowModes, timeouts, withCurrent } from "./durations";

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;

test.each([
  [0, "0 seconds"],
  [1, "1 second"],
  [59, "59 seconds"],
  [60, "1 minute"],
  [90, "1 minute 30 seconds"],
  [3600, "1 hour"],
  [3660, "1 hour 1 minute"],
  [3605, "1 hour"],
  [86_400, "1 day"],
  [604_800, "7 days"],
])("%i seconds are said as %s", (seconds, words) => expect(durationWords(seconds)).toBe(words));

test.each([
  [NOW + 30_000, "in less than a minute"],
  [NOW + 60_000, "in 1 minute"],
  [NOW + 2 * HOUR, "in 2 hours"],
  [NOW + 2 * HOUR - 400, "in 2 hours"],
  [NOW + 47 * HOUR, "in 2 days"],
  [NOW, "just now"],
  [NOW - 59_000, "just now"],
  [NOW - 25 * HOUR, "1 day ago"],
])("%i is said to be %s", (at, words) => expect(fromNow(at, NOW)).toBe(words));

describe("what a list offers", () => {
  test("is said in words", () => {
    expect(slowModes.map(({ label }) => label).slice(0, 3)).toEqual(["Off", "5 seconds", "10 seconds"]);
    expect(timeouts.map(({ label }) => label)).toEqual(["1 minute", "10 minutes", "1 hour", "1 day", "7 days"]);
  });

  test("has the value that is set, also where nobody would offer it", () => {
    expect(withCurrent(slowModes, 30)).toBe(slowModes);
    expect(withCurrent(slowModes, 45).map(({ value }) => value)).toEqual([0, 5, 10, 30, 45, 60, 300, 900, 3600, 21_600]);
  });
});
