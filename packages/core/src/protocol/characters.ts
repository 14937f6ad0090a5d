/** Characters that change nothing that a person sees: controls, zero-width, directional marks, soft hyphens, variation selectors, tags. */
// eslint-disable-next-line no-misleading-character-class -- the combining ones among them are meant by themselves
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\u034F\u115F\u1160\u17B4\u17B5\u2800\u3164\uFFA0\uFE00-\uFE0F]/gu;

/** The key by which names are compared, so that two names that look alike to a person are one name to the registry. */
export function canonicalKey(name: string): string {
  return name.normalize("NFKC").replace(/\s+/gu, " ").replace(INVISIBLE, "").toLowerCase().normalize("NFKC").trim();
}

/** As texts are compared in a search: whatever their case, their width and their accents. */
export function fold(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}+/gu, "");
}

/** Unicode code points, as a person counts letters in most scripts; `length` would count UTF-16 units. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
