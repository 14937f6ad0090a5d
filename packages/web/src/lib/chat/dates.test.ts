import { describe, expect, test } from "vitest";
import { datesFor } from "./dates";

const at = Date.UTC(2025, 2, 4, 23, 30);

describe("in the reader's zone", () => {
  test("the same moment has another time and another day", () => {
    const utc = datesFor({ locale: "en-GB", zone: "UTC" });
    const vienna = datesFor({ locale: "en-GB", zone: "Europe/Vienna" });
    expect([utc.time(at), utc.dayKey(at)]).toEqual(["23:30", "2025-03-04"]);
    expect([vienna.time(at), vienna.dayKey(at)]).toEqual(["00:30", "2025-03-05"]);
  });

  test("today and yesterday are the reader's", () => {
    const vienna = datesFor({ locale: "en-GB", zone: "Europe/Vienna" });
    const now = Date.UTC(2025, 2, 5, 12);
    expect(vienna.day(at, now)).toBe("Today");
    expect(vienna.day(at - 3_600_000, now)).toBe("Yesterday");
    // The comma comes and goes with releases of the language data.
    expect(vienna.day(at - 2 * 86_400_000, now)).toMatch(/^Monday,? 3 March 2025$/);
  });
});

test("spaces are plain, so that server and browser write the same text", () => {
  expect(datesFor({ locale: "en-US", zone: "UTC" }).time(at)).toBe("11:30 PM");
});
