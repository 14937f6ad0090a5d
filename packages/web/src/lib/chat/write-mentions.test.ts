import { expect, test } from "vitest";
import { writeMentions } from "./write-mentions";

const ids = new Map(Object.entries({ ann: "usr_1", "ann.": "usr_9", "b.o_b": "usr_2", cooks: "usr_3" }));
const names = {
  idOf: (username: string) => ids.get(username),
  roles: [
    { id: "rol_1", name: "Rock climbers" },
    { id: "rol_2", name: "Rock" },
    { id: "rol_3", name: "a|b (c) – d" },
    { id: "rol_4", name: "cooks" },
    { id: "rol_0", name: "everyone" },
  ],
};

test.each([
  ["@ann hello", "<@usr_1> hello"],
  ["hello @ANN, @b.o_b!", "hello <@usr_1>, <@usr_2>!"],
  ["thanks @b.o_b.", "thanks <@usr_2>."],
  ["what, @ann.", "what, <@usr_9>"],
  ["(@ann)", "(<@usr_1>)"],
  ["**@ann**", "**<@usr_1>**"],
  ["`x` @ann `@ann`", "`x` <@usr_1> `@ann`"],
])("%s names somebody", (typed, written) => {
  expect(writeMentions(typed, names)).toBe(written);
});

test.each([
  ["@Rock climbers, come", "<@&rol_1>, come"],
  ["@rock and roll", "<@&rol_2> and roll"],
  ["@a|b (c) – d!", "<@&rol_3>!"],
  ["@cooks", "<@usr_3>"],
])("%s names a role, unless an account is called so", (typed, written) => {
  expect(writeMentions(typed, names)).toBe(written);
});

test.each([
  "@an",
  "@annabel",
  "mail@ann",
  "https://a.example/@ann",
  "@ann@b.example",
  "@@ann",
  "@rocker",
  "x@rock",
  "@everyone",
  "`@ann`",
  "```\n@ann @rock\n```",
  "``a ` @ann``",
  "<@usr_1>",
  "constructor @__proto__",
])("%s stays as it was typed", (typed) => {
  expect(writeMentions(typed, names)).toBe(typed);
});
