import { expect, test } from "vitest";
import { BACKOFF_CAP_MS, backoffMs } from "./backoff";

test("the longest wait doubles from half a second up to half a minute", () => {
  expect([0, 1, 2, 5, 6, 7, 1000].map((tries) => backoffMs(tries, 0.999999))).toEqual([499, 999, 1999, 15999, 29999, 29999, 29999]);
});

test("the wait is spread over the whole span from nothing", () => {
  expect(backoffMs(3, 0)).toBe(0);
  expect(backoffMs(3, 0.5)).toBe(2000);
  expect(backoffMs(60, 0.5)).toBe(BACKOFF_CAP_MS / 2);
});
