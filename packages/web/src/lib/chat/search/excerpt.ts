const LENGTH = 220;
/** So much of what stands before the first word is shown with it. */
const BEFORE = 60;

/** The part of a text in which a word stands that was looked for, if it is found as it is written; else its beginning. */
export function excerpt(text: string, q: string | undefined): string {
  const characters = Array.from(text);
  if (characters.length <= LENGTH) return text;
  const word = q?.trim().split(/\s+/u)[0]?.toLowerCase();
  const found = word ? text.toLowerCase().indexOf(word) : -1;
  const at = found < 0 ? 0 : Array.from(text.slice(0, found)).length;
  const from = Math.max(0, Math.min(at - BEFORE, characters.length - LENGTH));
  const part = characters.slice(from, from + LENGTH).join("");
  return `${from > 0 ? "…" : ""}${part.trim()}${from + LENGTH < characters.length ? "…" : ""}`;
}
