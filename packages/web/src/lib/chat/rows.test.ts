import { describe, expect, test } from "vitest";
import { datesFor } from "./dates";
import { GROUP_WITHIN_MS, layOut } from "./rows";
import type { Said } from "./rows";

const utc = datesFor({ locale: "en-GB", zone: "UTC" });
const noon = Date.UTC(2025, 2, 4, 12);
const by = (id: string | null, created_at: number, username = "x") => ({ author: { id, username }, created_at });
const opens = (...said: Said[]) => layOut(said, utc).map((row) => row.opens);

describe("grouping", () => {
  test("one author's messages follow under one head for seven minutes", () => {
    expect(opens(by("a", noon), by("a", noon + GROUP_WITHIN_MS - 1))).toEqual([true, false]);
    expect(opens(by("a", noon), by("a", noon + GROUP_WITHIN_MS))).toEqual([true, true]);
  });

  test("seven minutes count from the message before, not from the head", () => {
    const step = GROUP_WITHIN_MS - 1;
    expect(opens(by("a", noon), by("a", noon + step), by("a", noon + 2 * step))).toEqual([true, false, false]);
  });

  test("another author opens a group", () => {
    expect(opens(by("a", noon), by("b", noon + 1), by("a", noon + 2))).toEqual([true, true, true]);
  });

  test("an answer opens one: what it answers stands above", () => {
    const answer = { ...by("a", noon + 1), reply_to: {} };
    expect(opens(by("a", noon), answer, { ...by("a", noon + 2), reply_to: null })).toEqual([true, true, false]);
  });

  test("guests are told apart by their names", () => {
    expect(opens(by(null, noon, "mo"), by(null, noon, "mo"), by(null, noon, "jo"))).toEqual([true, false, true]);
  });
});

describe("messages that were deleted", () => {
  const deleted = (created_at: number, seq: number) => ({ ...by("a", created_at), seq, content: null });
  const said = (created_at: number, seq: number) => ({ ...by("a", created_at), seq, content: "x" });
  const shape = (...all: Parameters<typeof layOut>[0][number][]) =>
    layOut(all, utc).map(({ item, last, count }) => [item.seq, last.seq, count]);

  test("are one row where they follow each other, whoever said them", () => {
    expect(shape(said(noon, 1), deleted(noon, 2), { ...deleted(noon, 3), author: { id: "b", username: "y" } }, said(noon, 4))).toEqual([
      [1, 1, 1],
      [2, 3, 2],
      [4, 4, 1],
    ]);
  });

  test("are two at the end of a day, and where the new ones begin", () => {
    const midnight = Date.UTC(2025, 2, 5);
    expect(shape(deleted(midnight - 1, 1), deleted(midnight, 2))).toEqual([
      [1, 1, 1],
      [2, 2, 1],
    ]);
    const rows = layOut([deleted(noon, 1), deleted(noon, 2), deleted(noon, 3)], utc, 2);
    expect(rows.map(({ count, isFirstNew }) => [count, isFirstNew])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  test("say nobody's name, so what follows does", () => {
    expect(layOut([said(noon, 1), deleted(noon, 2), said(noon, 3), said(noon, 4)], utc).map(({ opens }) => opens)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe("day dividers", () => {
  const midnight = Date.UTC(2025, 2, 5);

  test("stand before the first message of each day, and open a group", () => {
    const rows = layOut([by("a", midnight - 1), by("a", midnight), by("a", midnight + 1)], utc);
    expect(rows.map((row) => [row.day, row.opens])).toEqual([
      [midnight - 1, true],
      [midnight, true],
      [null, false],
    ]);
  });

  test("follow the reader's zone", () => {
    const vienna = datesFor({ locale: "en-GB", zone: "Europe/Vienna" });
    expect(layOut([by("a", midnight - 1), by("a", midnight)], vienna).map((row) => row.day)).toEqual([midnight - 1, null]);
  });
});
