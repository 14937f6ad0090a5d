/** What somebody begins to type that can be completed. */
export interface Trigger {
  sign: "@" | ":";
  /** Behind the sign. */
  query: string;
  /** Where the sign stands. */
  start: number;
  /** Behind the last letter. */
  end: number;
}

/** A sign at the beginning of a word. Of an emoji two letters are needed: people write `:)` and `:D`. */
const TYPED = /(?:^|[\s([{"'*_~|>])(@[\p{L}\p{N}_.-]{0,32}|:[\p{L}\p{N}_+-]{2,32})$/u;
/** So far back something is looked for. */
const BACK_MAX = 40;

/** What stands before the caret and can be completed; undefined: nothing, or it is code. */
export function triggerAt(text: string, caret: number): Trigger | undefined {
  const [, typed] = TYPED.exec(text.slice(Math.max(0, caret - BACK_MAX), caret)) ?? [];
  if (!typed || isInCode(text.slice(0, caret))) return undefined;
  return { sign: typed.startsWith("@") ? "@" : ":", query: typed.slice(1), start: caret - typed.length, end: caret };
}

/** Are there backticks that were not closed yet? Those of one or two only count in their line. */
function isInCode(before: string): boolean {
  const fences = before.split("```");
  if (fences.length % 2 === 0) return true;
  const line = fences.at(-1)?.split("\n").at(-1) ?? "";
  return (line.match(/`+/g) ?? []).length % 2 === 1;
}

/** The text with what was chosen in the place of what was typed, and where the caret is then. */
export function completed(text: string, { start, end }: Trigger, chosen: string): { text: string; caret: number } {
  const behind = text.slice(end);
  const space = /^\s/u.test(behind) ? "" : " ";
  return { text: text.slice(0, start) + chosen + space + behind, caret: start + chosen.length + 1 };
}
