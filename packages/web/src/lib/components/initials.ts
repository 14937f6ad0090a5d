const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** "Mara Lindqvist" becomes ML, "mara" becomes M. What a reader takes for one character stays whole. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => graphemes.segment(word).containing(0)?.segment)
    .join("")
    .toUpperCase();
}
