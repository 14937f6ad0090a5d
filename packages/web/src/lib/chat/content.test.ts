import { expect, test } from "vitest";
import { contentPieces, plainText, writeMentions } from "./content";

const names: Record<string, string> = { usr_1: "Ann", rol_1: "climbers" };
const nameOf = (id: string) => names[id];
const ids: Record<string, string> = { ann: "usr_1", "ann.": "usr_9", "b.o_b": "usr_2" };
const idOf = (username: string) => ids[username];

test("people and roles that are named are told from text and links", () => {
  expect(contentPieces("hi <@usr_1>, see https://a.example/@everyone and tell <@&rol_1>!", nameOf)).toEqual([
    "hi ",
    { name: "@Ann" },
    ", see ",
    { href: "https://a.example/@everyone", text: "https://a.example/@everyone" },
    " and tell ",
    { name: "@climbers" },
    "!",
  ]);
});

test("whoever is not known is someone", () => {
  expect(contentPieces("<@usr_7>", nameOf)).toEqual([{ name: "@someone" }]);
});

test.each(["<@usr_>", "<@chn_1>", "me@everyone", "@everyoneelse", "<@usr_1", "@@everyone"])("%s is text", (text) => {
  expect(contentPieces(text, nameOf)).toEqual([text]);
});

test("read aloud, a mention is the name", () => {
  expect(plainText("<@usr_1> and @everyone", nameOf)).toBe("@Ann and @everyone");
});

test.each([
  ["@ann hello", "<@usr_1> hello"],
  ["hello @ANN, @b.o_b!", "hello <@usr_1>, <@usr_2>!"],
  ["thanks @b.o_b.", "thanks <@usr_2>."],
  ["what, @ann.", "what, <@usr_9>"],
  ["(@ann)", "(<@usr_1>)"],
])("%s names somebody", (typed, written) => {
  expect(writeMentions(typed, idOf)).toBe(written);
});

test.each(["@an", "@annabel", "mail@ann", "https://a.example/@ann", "@ann@b.example", "@@ann"])("%s stays as it was typed", (typed) => {
  expect(writeMentions(typed, idOf)).toBe(typed);
});
