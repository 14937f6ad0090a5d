import { expect, test } from "vitest";
import { parse } from "@agora/core/protocol/markup/blocks";
import { isEmojiOnly } from "./emoji-only";

test.each(["😀", "👍🏽 🎉", "👨‍👩‍👧\n❤️", "🇩🇪", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "😀".repeat(27)])("%s is nothing but emoji", (text) => {
  expect(isEmojiOnly(parse(text))).toBe(true);
});

test.each(["a😀", "😀 1", "1", "❤", "™", "😀".repeat(28), "**😀**", "> 😀", "`😀`", "#", "🇩", " "])("%j is not", (text) => {
  expect(isEmojiOnly(parse(text))).toBe(false);
});
