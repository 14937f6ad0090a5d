import { expect, test } from "vitest";
import { newsWords, titleWith } from "./badge";
import { iconWith } from "./badge-icon";

const nothing = { unread: false, mention_count: 0 };
const talk = { unread: true, mention_count: 0 };
const mentions = (mention_count: number) => ({ unread: true, mention_count });

test("mentions are counted in the title, other talk is a dot", () => {
  expect(titleWith("#general", nothing)).toBe("#general");
  expect(titleWith("#general", talk)).toBe("• #general");
  expect(titleWith("#general", mentions(3))).toBe("(3) #general");
  expect(titleWith("#general", mentions(100))).toBe("(99+) #general");
});

test("what is read aloud says what the eye sees", () => {
  expect(["", ", unread", ", 1 unread mention", ", 3 unread mentions"]).toEqual(
    [nothing, talk, mentions(1), mentions(3)].map((news) => newsWords(news)),
  );
  expect(newsWords(mentions(2), "message")).toBe(", 2 unread messages");
});

test("the icon is the one in the file until something is new", () => {
  expect(iconWith(nothing)).toBeUndefined();
  expect(decodeURIComponent(iconWith(talk) ?? "")).toContain("<circle");
  expect(decodeURIComponent(iconWith(mentions(3)) ?? "")).toContain(">3</text>");
  expect(decodeURIComponent(iconWith(mentions(12)) ?? "")).toContain(">9+</text>");
});
