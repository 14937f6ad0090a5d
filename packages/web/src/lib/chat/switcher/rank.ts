/** Without case and accents, which nobody types to find something. */
export const folded = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/**
 * How well a name fits what was typed, both folded; the lowest is the best, Infinity is not at all. The whole name, its beginning, the beginning of a
 * word, somewhere in it, and then its letters in this order: those that stand close together before those that are scattered.
 */
export function rankOf(typed: string, name: string): number {
  if (typed === "") return 0;
  if (name === typed) return 0;
  if (name.startsWith(typed)) return 1;
  if (name.split(/[\s_.\-/]+/u).some((word) => word.startsWith(typed))) return 2;
  if (name.includes(typed)) return 3;
  const letters = Array.from(typed.replace(/\s/gu, ""));
  let [at, first] = [-1, -1];
  for (const letter of letters) {
    at = name.indexOf(letter, at + 1);
    if (at === -1) return Infinity;
    if (first === -1) first = at;
  }
  const spread = at - first + 1 - letters.length;
  return spread > 3 * letters.length ? Infinity : 4 + spread / (spread + 1);
}
