import { describe, expect, test } from "vitest";
import { allEmoji, groupNames, withTone } from "./all";
import { moved } from "./grid";
import { readRemembered, remember, withRecent } from "./remembered";
import { emojiCalled, findEmoji, searchEmoji } from "./search";

const called = (shortcode: string) => emojiCalled(shortcode)!;

describe("the data", () => {
  test("has every group, each emoji once with a name, and most with a shortcode", () => {
    expect(new Set(allEmoji.map(({ emoji }) => emoji)).size).toBe(allEmoji.length);
    expect(allEmoji.length).toBeGreaterThan(1700);
    expect(allEmoji.every(({ name, group }) => name !== "" && group in groupNames)).toBe(true);
    expect(allEmoji.filter(({ shortcodes }) => shortcodes.length === 0).length).toBeLessThan(20);
  });

  test("an emoji takes a tone, and what has none does not", () => {
    expect(withTone(called("wave"), 0)).toBe("👋");
    expect(withTone(called("wave"), 3)).toBe("👋🏽");
    expect(withTone(called("tipping_hand_woman"), 1)).toBe("💁🏻‍♀️");
    expect(withTone(called("tada"), 3)).toBe("🎉");
    expect(allEmoji.every((emoji) => (withTone(emoji, 5) === emoji.emoji) !== emoji.hasTones)).toBe(true);
  });
});

describe("looking for emoji", () => {
  const first = (query: string) => searchEmoji(query)[0]?.emoji;

  test("finds by shortcode, by name and by what it stands for", () => {
    expect([first("tada"), first("party popper"), first("TADA")]).toEqual(["🎉", "🎉", "🎉"]);
    expect(searchEmoji("birthday").map(({ emoji }) => emoji)).toContain("🎉");
    expect(searchEmoji("red heart")[0]?.emoji).toBe("❤️");
  });

  test("every word must fit, and nothing finds nothing", () => {
    expect(searchEmoji("party zebra")).toEqual([]);
    expect(searchEmoji("zzzz")).toEqual([]);
    expect(searchEmoji("  ")).toEqual([]);
  });

  test("what is called so comes first", () => {
    expect(findEmoji("smile", 3)[0]?.shortcodes).toContain("smile");
    expect(findEmoji("+1", 1)[0]?.emoji).toBe("👍");
    expect(findEmoji("smi", 5)).toHaveLength(5);
    expect(emojiCalled("smil")).toBeUndefined();
  });
});

describe("keys in the grid", () => {
  // Two sections: rows of 3 and 1, and of 3 and 2.
  const go = (key: string, section: number, index: number) => {
    const to = moved(key, { section, index }, [4, 5], 3);
    return to && [to.section, to.index];
  };

  test.each([
    ["ArrowRight", 0, 0, [0, 1]],
    ["ArrowRight", 0, 3, [1, 0]],
    ["ArrowRight", 1, 4, [1, 4]],
    ["ArrowLeft", 1, 0, [0, 3]],
    ["ArrowLeft", 0, 0, [0, 0]],
    ["ArrowDown", 0, 2, [0, 3]],
    ["ArrowDown", 0, 3, [1, 0]],
    ["ArrowDown", 1, 1, [1, 4]],
    ["ArrowDown", 1, 4, [1, 4]],
    ["ArrowUp", 1, 4, [1, 1]],
    ["ArrowUp", 1, 2, [0, 3]],
    ["ArrowUp", 0, 3, [0, 0]],
    ["Home", 1, 4, [1, 3]],
    ["End", 1, 0, [1, 2]],
    ["End", 1, 3, [1, 4]],
  ])("%s from %i, %i", (key, section, index, to) => {
    expect(go(key, section, index)).toEqual(to);
  });

  test("up from the first row leads out of it, and other keys lead nowhere", () => {
    expect(go("ArrowUp", 0, 2)).toBeUndefined();
    expect(go("a", 0, 2)).toBeUndefined();
  });
});

describe("what was picked before", () => {
  const storage = (text: string | null = null) => {
    let kept = text;
    return { getItem: () => kept, setItem: (_: string, value: string) => void (kept = value) };
  };

  test("is kept, the newest first and each once, but not without end", () => {
    const kept = storage();
    let remembered = readRemembered(kept);
    for (let i = 0; i < 40; i++) remembered = withRecent(remembered, String(i % 30));
    remember(kept, { ...remembered, tone: 4 });
    expect(readRemembered(kept).tone).toBe(4);
    expect(readRemembered(kept).recent.slice(0, 2)).toEqual(["9", "8"]);
    expect(new Set(readRemembered(kept).recent).size).toBe(24);
  });

  test.each(["nonsense", "null", '{"tone":9,"recent":[1]}', '{"recent":"x"}'])("%s is nothing that was kept", (text) => {
    expect(readRemembered(storage(text))).toEqual({ tone: 0, recent: [] });
  });
});
