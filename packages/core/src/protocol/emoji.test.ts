import { describe, expect, test } from "vitest";
import { toEmoji } from "./emoji";

describe("an emoji", () => {
  test.each(["👍", "❤️", "👍🏽", "☝🏻", "1️⃣", "#️⃣", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🏳️‍🌈", "👩‍👩‍👧‍👦", "🏃🏿‍♂️", "⛹️‍♀️", "👁️‍🗨️", "❤️‍🔥", "🧑🏻‍❤️‍💋‍🧑🏿", "©️", "🐦‍⬛"])(
    "%s is one, with and without its selectors",
    (emoji) => {
      expect(toEmoji(emoji)).toBe(emoji);
      expect(toEmoji(emoji.replaceAll("\uFE0F", ""))).toBe(emoji);
    },
  );

  test("of one character is one with and without the selector, whichever it is", () => {
    let count = 0;
    for (let code = 0x80; code < 0x1fb00; code++) {
      const character = String.fromCodePoint(code);
      if (!/^\p{Emoji}$/u.test(character) || /\p{Regional_Indicator}/u.test(character)) continue;
      const emoji = toEmoji(character);
      expect([character, emoji?.replace("\uFE0F", "")]).toEqual([character, character]);
      expect([character, toEmoji(`${character}\uFE0F`)]).toEqual([character, emoji]);
      count++;
    }
    expect(count).toBeGreaterThan(1_300);
  });

  test.each([
    ["nothing", ""],
    ["a letter", "a"],
    ["a digit", "1"],
    ["two", "👍👍"],
    ["one and a letter", "👍a"],
    ["one in the form of a text", "❤\uFE0E"],
    ["a selector alone", "\uFE0F"],
    ["a joiner alone", "\u200D"],
    ["two that are joined and are no emoji together", "👍\u200D❤️"],
    ["half a flag", "🇩"],
    ["a flag of no country", "🇦🇦"],
    ["a skin tone that nothing has", "❤️🏽"],
    ["half a surrogate pair", "\uD83D"],
    ["markup", "<b>"],
    ["a name", ":+1:"],
    ["one behind a space", " 👍"],
    ["a thousand", "👍".repeat(1_000)],
  ])("is not %s", (_, text) => {
    expect(toEmoji(text)).toBeUndefined();
  });
});
