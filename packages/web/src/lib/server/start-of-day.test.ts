import { expect, test } from "vitest";
import { startOfDay } from "./start-of-day";

const iso = (at: number | undefined) => at !== undefined && new Date(at).toISOString();

test("a day begins when it does in the zone, also around the night in which the clocks change", () => {
  expect(iso(startOfDay("2025-03-04", "UTC"))).toBe("2025-03-04T00:00:00.000Z");
  expect(iso(startOfDay("2025-03-04", "Europe/Berlin"))).toBe("2025-03-03T23:00:00.000Z");
  expect(iso(startOfDay("2025-03-30", "Europe/Berlin"))).toBe("2025-03-29T23:00:00.000Z");
  expect(iso(startOfDay("2025-03-31", "Europe/Berlin"))).toBe("2025-03-30T22:00:00.000Z");
  expect(iso(startOfDay("2025-03-04", "America/St_Johns"))).toBe("2025-03-04T03:30:00.000Z");
  expect(iso(startOfDay("2025-03-04", "Pacific/Kiritimati"))).toBe("2025-03-03T10:00:00.000Z");
});

test("what is no date is none", () => {
  for (const text of ["", "yesterday", "2025-3-4", "2025-13-01", "2025-03-04T00:00"]) expect(startOfDay(text, "UTC")).toBeUndefined();
});
