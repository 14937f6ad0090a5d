import rows from "virtual:emoji";

export interface Emoji {
  emoji: string;
  name: string;
  /** As in `:wave:`; the first is the usual one. */
  shortcodes: readonly string[];
  tags: readonly string[];
  group: number;
  /** It comes in five tones of skin. */
  hasTones: boolean;
}

export const groupNames: Readonly<Record<number, string>> = {
  0: "Smileys",
  1: "People",
  3: "Nature",
  4: "Food",
  5: "Travel",
  6: "Activities",
  7: "Objects",
  8: "Symbols",
  9: "Flags",
};

const words = (text: string) => text.split(" ").filter(Boolean);

/** Every emoji, in the order in which people are used to see them. Large: import it when somebody wants emoji. */
export const allEmoji: readonly Emoji[] = rows.map(([emoji, name, shortcodes, tags, group, hasTones]) => ({
  emoji,
  name,
  shortcodes: words(shortcodes),
  tags: words(tags),
  group,
  hasTones: hasTones === 1,
}));

const FIRST_TONE = 0x1f3fb;

/** In a tone from 1 to 5; 0: as it is. */
export function withTone({ emoji, hasTones }: Emoji, tone: number): string {
  if (!hasTones || tone === 0) return emoji;
  const [first = "", ...rest] = emoji;
  return first + String.fromCodePoint(FIRST_TONE + tone - 1) + rest.join("").replace(/^\uFE0F/u, "");
}
