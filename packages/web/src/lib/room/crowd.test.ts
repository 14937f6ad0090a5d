import { describe, expect, test } from "vitest";
import { changeBetween, crowdWords, JOINS_WITHIN_MS, withChange } from "./crowd";
import type { CrowdLine } from "./crowd";

const came = (...aliases: string[]) => ({ came: aliases, left: [] });
const left = (...aliases: string[]) => ({ came: [], left: aliases });
const wordsOf = (lines: readonly CrowdLine[]) => lines.map(crowdWords);
const at = (ms: number, after = 0) => ({ after, at: ms });

describe("who came and went", () => {
  test("is the difference of two lists, without the reader", () => {
    expect(changeBetween(["Ann", "Bob"], ["Bob", "Cyd", "me"], "me")).toEqual({ came: ["Cyd"], left: ["Ann"] });
    expect(changeBetween(["me"], [], "me")).toEqual({ came: [], left: [] });
  });

  test("makes no line if nothing happened", () => {
    const lines: CrowdLine[] = [];
    expect(withChange(lines, came(), at(0))).toBe(lines);
  });
});

describe("lines", () => {
  test("of a crowd are one, with its number", () => {
    let lines: readonly CrowdLine[] = [];
    lines = withChange(lines, came("Ann", "Bob"), at(0));
    expect(wordsOf(lines)).toEqual(["Ann and Bob came in"]);
    lines = withChange(lines, came("Cyd"), at(400));
    expect(wordsOf(lines)).toEqual(["Ann, Bob and Cyd came in"]);
    lines = withChange(lines, came("Dan", "Eve"), at(800));
    expect(wordsOf(lines)).toEqual(["5 people came in"]);
  });

  test("are separate when something was said in between, or time passed", () => {
    const first = withChange([], came("Ann"), at(0, 1));
    expect(wordsOf(withChange(first, came("Bob"), at(1, 2)))).toEqual(["Ann came in", "Bob came in"]);
    expect(wordsOf(withChange(first, came("Bob"), at(JOINS_WITHIN_MS, 1)))).toEqual(["Ann came in", "Bob came in"]);
    expect(wordsOf(withChange(first, came("Bob"), at(JOINS_WITHIN_MS - 1, 1)))).toEqual(["Ann and Bob came in"]);
  });

  test("say of whoever comes back, or only looks in, just that", () => {
    const gone = withChange([], left("Ann"), at(0));
    expect(wordsOf(withChange(gone, came("Ann"), at(1)))).toEqual(["Ann is back"]);
    const here = withChange([], came("Ann"), at(0));
    const passed = withChange(here, left("Ann"), at(1));
    expect(wordsOf(passed)).toEqual(["Ann looked in"]);
    expect(wordsOf(withChange(passed, came("Ann"), at(2)))).toEqual(["Ann came in"]);
  });

  test("say both when some come and others leave", () => {
    const lines = withChange(withChange([], left("Ann"), at(0)), { came: ["Bob", "Cyd"], left: ["Dan"] }, at(1));
    expect(wordsOf(lines)).toEqual(["Bob and Cyd came in · Ann and Dan left"]);
  });

  test("are at most fifty, and each has a key of its own", () => {
    let lines: readonly CrowdLine[] = [];
    for (let i = 0; i < 60; i++) lines = withChange(lines, came(`guest ${i}`), at(i * JOINS_WITHIN_MS));
    expect(lines).toHaveLength(50);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(50);
    expect(crowdWords(lines.at(-1) as CrowdLine)).toBe("guest 59 came in");
  });
});
