import { describe, expect, test } from "vitest";
import { emojiCandidates, nameCandidates, SHOWN_MAX } from "./candidates";
import { completed, triggerAt } from "./completion";

/** The caret is where the bar stands. */
const at = (text: string) => triggerAt(text.replace("|", ""), text.indexOf("|"));

describe("what can be completed", () => {
  test.each([
    ["@|", "@", "", 0],
    ["hello @an|", "@", "an", 6],
    ["(@an|)", "@", "an", 1],
    ["**@an|**", "@", "an", 2],
    ["hello\n@an|", "@", "an", 6],
    ["@an| and more", "@", "an", 0],
    ["@Ém|", "@", "Ém", 0],
    [":sm|", ":", "sm", 0],
    ["so :+1|", ":", "+1", 3],
    ["`code` @an|", "@", "an", 7],
    ["```\ncode\n``` @an|", "@", "an", 13],
    ["a ` in a line\n@an|", "@", "an", 14],
  ])("%s", (text, sign, query, start) => {
    expect(at(text)).toEqual({ sign, query, start, end: text.indexOf("|") });
  });

  test.each([
    "|",
    "an|",
    "mail@an|",
    "@an |",
    ":s|",
    ":)|",
    "12:30|",
    "http://a|",
    "@@an|",
    "`@an|",
    "```\n@an|",
    "``x @an|",
    `@${"a".repeat(40)}|`,
  ])("%s cannot", (text) => {
    expect(at(text)).toBeUndefined();
  });

  test("what is chosen takes the place of what was typed, with one space behind it", () => {
    const trigger = { sign: "@", query: "an", start: 3, end: 6 } as const;
    expect(completed("hi @an", trigger, "@ann")).toEqual({ text: "hi @ann ", caret: 8 });
    expect(completed("hi @an there", trigger, "@ann")).toEqual({ text: "hi @ann there", caret: 8 });
    expect(completed("hi @an, there", trigger, "@ann")).toEqual({ text: "hi @ann , there", caret: 8 });
  });
});

describe("candidates", () => {
  const person = (username: string, name = username) => ({ id: `usr_${username}`, name, username, avatar_url: null });
  const names = {
    people: [person("bob", "Robert Annan"), person("joanna"), person("anna"), person("zoe", "Ann")],
    roles: [
      { id: "rol_1", name: "Annual team", color: null },
      { id: "rol_2", name: "Cooks", color: null },
      { id: "rol_0", name: "everyone", color: null },
    ],
    mayEveryone: true,
  };
  const found = (query: string, more: Partial<typeof names> = {}) => nameCandidates({ ...names, ...more }, query).map(({ text }) => text);

  test("are people and roles that begin so, then those in whose name a word does", () => {
    expect(found("an")).toEqual(["@anna", "@Annual team", "@zoe", "@bob"]);
    expect(found("COO")).toEqual(["@Cooks"]);
    expect(found("xy")).toEqual([]);
  });

  test("everyone is offered to who may name everyone, and to nobody else", () => {
    expect(found("every")).toEqual(["@everyone"]);
    expect(found("every", { mayEveryone: false })).toEqual([]);
  });

  test("are no more than can be looked over", () => {
    expect(found("", { people: Array.from({ length: 50 }, (_, i) => person(`m${i}`)) })).toHaveLength(SHOWN_MAX);
  });

  test("of emoji are in the tone that was chosen", () => {
    const storage = (tone: number) => ({ getItem: () => JSON.stringify({ tone }), setItem: () => undefined });
    expect(emojiCandidates("wave", storage(0))[0]).toMatchObject({ text: "👋", name: ":wave:" });
    expect(emojiCandidates("wave", storage(3))[0]?.text).toBe("👋🏽");
    expect(emojiCandidates("zzzz", storage(0))).toEqual([]);
  });
});
