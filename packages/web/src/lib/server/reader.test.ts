import { expect, test } from "vitest";
import { readerLocale, readerZone } from "./reader";

test("dates are written in the browser's first language, if it is one", () => {
  expect(readerLocale("de-AT,de;q=0.9,en;q=0.8")).toBe("de-AT");
  expect(readerLocale("*")).toBe("en-GB");
  expect(readerLocale("no such thing")).toBe("en-GB");
  expect(readerLocale(null)).toBe("en-GB");
});

test("times are written in the zone of the cookie, if it is one", () => {
  expect(readerZone("Europe/Vienna")).toBe("Europe/Vienna");
  expect(readerZone("Mars/Olympus")).toBe("UTC");
  expect(readerZone(undefined)).toBe("UTC");
});
