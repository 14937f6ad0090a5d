import { SHORTCUTS } from "./shortcuts";
import type { ShortcutId } from "./shortcuts";

const WORDS: Readonly<Record<ShortcutId, string>> = {
  switch: "Go to a place or a person",
  help: "Show these shortcuts",
  search: "Search messages",
  next: "Next place in the list",
  previous: "Previous place in the list",
  nextUnread: "Next place with something new",
  previousUnread: "Previous place with something new",
  present: "Jump to the newest message",
  read: "Mark as read, and jump to the newest message",
  editLast: "Edit what you said last, while nothing is written",
  unanswer: "Do not reply after all",
  up: "Message above",
  down: "Message below",
  reply: "Reply",
  edit: "Edit",
  react: "React",
  remove: "Delete",
};

const TITLES = { page: "Everywhere", composer: "While you write", messages: "In the list of messages" } as const;

const NAMES: Readonly<Record<string, readonly [mac: string, other: string]>> = {
  Mod: ["⌘", "Ctrl"],
  Alt: ["⌥", "Alt"],
  Shift: ["⇧", "Shift"],
  ArrowUp: ["↑", "↑"],
  ArrowDown: ["↓", "↓"],
  Escape: ["esc", "Esc"],
  PageDown: ["page down", "Page Down"],
  End: ["end", "End"],
  Delete: ["⌦", "Delete"],
  Backspace: ["⌫", "Backspace"],
};

/** What is written on the keys. */
export const keysOf = (chord: string, mac: boolean): string[] =>
  (chord === "+" ? ["+"] : chord.split("+")).map((key) => NAMES[key]?.[mac ? 0 : 1] ?? key.toUpperCase());

interface Listed {
  id: ShortcutId;
  words: string;
  /** Any of these does it. */
  ways: string[][];
}

/** All there are, as they are listed. */
export function listed(mac: boolean): { title: string; shortcuts: Listed[] }[] {
  return (["page", "messages", "composer"] as const).map((where) => {
    const here = SHORTCUTS.filter(([, , of]) => of === where);
    const ids = [...new Set(here.map(([id]) => id))];
    const waysOf = (id: ShortcutId) => here.filter(([of]) => of === id).map(([, chord]) => keysOf(chord, mac));
    return { title: TITLES[where], shortcuts: ids.map((id) => ({ id, words: WORDS[id], ways: waysOf(id) })) };
  });
}
