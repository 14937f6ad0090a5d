import { describe, expect, test } from "vitest";
import { chordOf, SHORTCUTS } from "./shortcuts";
import { keysOf, listed } from "./words";

const press = (key: string, held: Partial<KeyboardEvent> = {}) =>
  ({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...held }) as KeyboardEvent;

describe("a chord", () => {
  test.each([
    ["Control and a letter", press("k", { ctrlKey: true }), false, "Mod+k"],
    ["Command on a Mac", press("k", { metaKey: true }), true, "Mod+k"],
    ["Control on a Mac is another key", press("k", { ctrlKey: true }), true, "Other+k"],
    ["Shift with a letter", press("F", { ctrlKey: true, shiftKey: true }), false, "Mod+Shift+f"],
    ["a capital by caps lock is the letter", press("R"), false, "r"],
    ["what Shift makes of a key is a key", press("?", { shiftKey: true }), false, "?"],
    ["a slash over the 7", press("/", { ctrlKey: true, shiftKey: true }), false, "Mod+/"],
    ["Shift with an arrow", press("ArrowDown", { altKey: true, shiftKey: true }), false, "Alt+Shift+ArrowDown"],
  ])("%s", (_, event, mac, chord) => {
    expect(chordOf(event, mac)).toBe(chord);
  });
});

test("nothing is meant by two shortcuts in one place", () => {
  const all = SHORTCUTS.map(([, chord, where]) => `${where} ${chord}`);
  expect(new Set(all).size).toBe(all.length);
});

test("keys are called as they are on the keyboard", () => {
  expect([keysOf("Mod+k", true), keysOf("Mod+k", false), keysOf("+", false), keysOf("Alt+Shift+ArrowUp", true)]).toEqual([
    ["⌘", "K"],
    ["Ctrl", "K"],
    ["+"],
    ["⌥", "⇧", "↑"],
  ]);
});

test("each of them is listed once where it works, with every way to it", () => {
  const groups = listed(false);
  expect(groups.flatMap(({ shortcuts }) => shortcuts.flatMap(({ ways }) => ways))).toHaveLength(SHORTCUTS.length);
  expect(groups[0]?.shortcuts.find(({ id }) => id === "help")?.ways).toEqual([["Ctrl", "/"], ["?"]]);
});
