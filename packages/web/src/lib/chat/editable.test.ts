import { expect, test } from "vitest";
import { toEditable } from "./editable";

const names: Record<string, string> = { usr_1: "Ada", usr_2: "Ada L. (she)", usr_3: "Ada", rol_1: "crew" };
const nameOf = (id: string) => names[id];
const round = (content: string) => {
  const { text, restore } = toEditable(content, nameOf);
  return [text, restore(text)];
};

test("names stand in the place of mentions, and what was not touched is as it was", () => {
  for (const [content, text] of [
    ["hello <@usr_1>, <@&rol_1>", "hello @Ada, @crew"],
    ["<@usr_2> and <@usr_1>", "@Ada L. (she) and @Ada"],
    ["no <@usr_9> here", "no <@usr_9> here"],
    ["@everyone $& **bold**", "@everyone $& **bold**"],
  ] as const) {
    expect(round(content)).toEqual([text, content]);
  }
});

test("of two who are called the same the second stays as it is written", () => {
  expect(round("<@usr_1> <@usr_3>")).toEqual(["@Ada <@usr_3>", "<@usr_1> <@usr_3>"]);
});

test("a name is a mention again wherever it stands by itself, and nowhere else", () => {
  const { restore } = toEditable("<@usr_1>", nameOf);
  expect(restore("ask @Ada, not @Adam or x@Ada")).toBe("ask <@usr_1>, not @Adam or x@Ada");
});
