/**
 * Where a shortcut works. `page`: anywhere, those of one letter not in a field. `messages`: while the list of messages has the focus.
 * `composer`: while one writes; what writes asks for these itself.
 */
type Where = "page" | "messages" | "composer";

/** All that can be done by a key: the handlers and the dialog that lists them read this table. `Mod` is Command on a Mac, and Control elsewhere. */
export const SHORTCUTS = [
  ["switch", "Mod+k", "page"],
  ["help", "Mod+/", "page"],
  ["help", "?", "page"],
  ["search", "Mod+Shift+f", "page"],
  ["search", "/", "page"],
  ["next", "Alt+ArrowDown", "page"],
  ["previous", "Alt+ArrowUp", "page"],
  ["nextUnread", "Alt+Shift+ArrowDown", "page"],
  ["previousUnread", "Alt+Shift+ArrowUp", "page"],
  ["present", "Shift+PageDown", "page"],
  ["read", "Escape", "page"],
  ["editLast", "ArrowUp", "composer"],
  ["unanswer", "Escape", "composer"],
  ["up", "ArrowUp", "messages"],
  ["down", "ArrowDown", "messages"],
  ["present", "End", "messages"],
  ["reply", "r", "messages"],
  ["edit", "e", "messages"],
  ["react", "+", "messages"],
  ["remove", "Delete", "messages"],
  ["remove", "Backspace", "messages"],
] as const satisfies readonly (readonly [string, string, Where])[];

export type ShortcutId = (typeof SHORTCUTS)[number][0];
type IdIn<W extends Where> = Extract<(typeof SHORTCUTS)[number], readonly [string, string, W]>[0];

export const isMac = (): boolean => /mac os|iphone|ipad/i.test(navigator.userAgent);

/** As in the table. Shift counts with letters and with keys that write nothing: what else it makes of a key is another one. */
export function chordOf({ key, altKey, ctrlKey, metaKey, shiftKey }: KeyboardEvent, mac = isMac()): string {
  const letter = key.length === 1 ? key.toLowerCase() : key;
  const isShifted = shiftKey && (key.length > 1 || letter !== letter.toUpperCase());
  const [mod, other] = mac ? [metaKey, ctrlKey] : [ctrlKey, metaKey];
  return `${other ? "Other+" : ""}${mod ? "Mod+" : ""}${altKey ? "Alt+" : ""}${isShifted ? "Shift+" : ""}${letter}`;
}

/** For what handles keys where they are pressed. */
export const isPressed = (event: KeyboardEvent, id: IdIn<"composer">): boolean =>
  SHORTCUTS.some(([of, chord]) => of === id && chord === chordOf(event));

const isField = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));

/** What is meant by a key that nothing else has taken; `type`: it is a letter, to be written. Nothing while something else is open, or a word is being composed. */
export function shortcutOf(event: KeyboardEvent): IdIn<"page" | "messages"> | "type" | undefined {
  const { target, key } = event;
  if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return undefined;
  const chord = chordOf(event);
  const isPlain = !/^(?:Other\+)?(?:Mod|Alt|Shift)\+./.test(chord);
  const inMessages = target instanceof Element && target.closest("[role='log']") !== null;
  const isComposer = target instanceof Element && target.id === "composer";
  if (key === "Escape" && !(isComposer || (inMessages && !isField(target)) || target === document.body)) return undefined; // it ends something else
  if (key !== "Escape" && isField(target) && isPlain) return undefined;
  for (const [id, of, where] of SHORTCUTS) {
    if (of === chord && where !== "composer" && (where === "page" || inMessages)) return id;
  }
  const isLetter = key.length === 1 && key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
  return isLetter && !isField(target) ? "type" : undefined;
}
