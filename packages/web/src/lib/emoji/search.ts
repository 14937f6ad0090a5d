import { allEmoji } from "./all";
import type { Emoji } from "./all";

/** How well a word fits; lower is better, and Infinity is not at all. */
function fit({ name, shortcodes, tags }: Emoji, word: string): number {
  if (shortcodes.includes(word)) return 0;
  if (shortcodes.some((code) => code.startsWith(word))) return 1;
  if (name.startsWith(word)) return 2;
  if (name.split(/[\s:-]+/u).some((part) => part.startsWith(word)) || shortcodes.some((code) => code.includes(`_${word}`))) return 3;
  if (tags.includes(word)) return 4;
  return tags.some((tag) => tag.startsWith(word)) ? 5 : Infinity;
}

/** The emoji that every word of a search fits, the best first. Nothing is looked for: none. */
export function searchEmoji(query: string): Emoji[] {
  const words = query
    .toLowerCase()
    .split(/[\s_:]+/u)
    .filter(Boolean);
  if (words.length === 0) return [];
  return best((emoji) => Math.max(...words.map((word) => fit(emoji, word))));
}

/** What `:prefix` may become, the best first. */
export function findEmoji(prefix: string, max: number): Emoji[] {
  return best((emoji) => fit(emoji, prefix.toLowerCase())).slice(0, max);
}

/** The emoji that is called exactly so. */
export const emojiCalled = (shortcode: string): Emoji | undefined =>
  allEmoji.find(({ shortcodes }) => shortcodes.includes(shortcode.toLowerCase()));

function best(rank: (emoji: Emoji) => number): Emoji[] {
  return allEmoji
    .map((emoji) => ({ emoji, rank: rank(emoji) }))
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .map(({ emoji }) => emoji);
}
