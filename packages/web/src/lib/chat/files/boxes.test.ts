import { expect, test } from "vitest";
import { boxOf, isExpired } from "./boxes";

test("a small image is as large as it is, a large one fits, in its proportions", () => {
  expect(boxOf({ width: 100, height: 50 })).toEqual({ width: 100, height: 50 });
  expect(boxOf({ width: 4000, height: 2000 })).toEqual({ width: 400, height: 200 });
  expect(boxOf({ width: 1000, height: 3200 })).toEqual({ width: 100, height: 320 });
  expect(boxOf({ width: 8000, height: 1 })).toEqual({ width: 400, height: 1 });
});

test("a link is good until the end of the day that it names", () => {
  const day = 24 * 60 * 60 * 1000;
  const file = { url: "https://agora.example/api/files/upl_1/20000-abcdefghijklmnopqrstuv" };
  expect(isExpired(file, 20_001 * day - 1)).toBe(false);
  expect(isExpired(file, 20_001 * day)).toBe(true);
});
