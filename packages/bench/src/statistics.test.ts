import { expect, it } from "vitest";
import { percentile, summarize } from "./statistics";

it("takes the nearest rank", () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(summarize(values)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99 });
  expect(percentile([7], 99)).toBe(7);
});

it("says so if there is nothing to summarize", () => {
  expect(() => percentile([], 50)).toThrow("no values");
});
