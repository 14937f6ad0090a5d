import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const NAME = "virtual:emoji";
const RESOLVED = `\0${NAME}`;
/** What is newer is an empty box on many devices. */
const VERSION_MAX = 15;
/** Pieces of which others are made. */
const COMPONENTS = 2;
const FIRST_TONE = 0x1f3fb;
/** Behind a sign that is a picture anyway it says nothing, and makes of one emoji two. */
const NEEDLESS_SELECTOR = /(\p{Emoji_Presentation})\uFE0F/gu;

interface Source {
  emoji: string;
  hexcode: string;
  label: string;
  tags?: string[];
  group?: number;
  order?: number;
  version: number;
  skins?: { emoji: string; tone: number | number[] }[];
}

/** Of emojibase's data what the site uses: one row an emoji, in the order in which they are shown. A fifth of it. */
export const emojiData: Plugin = {
  name: "emoji-data",
  resolveId: (id) => (id === NAME ? RESOLVED : undefined),
  load: (id) => (id === RESOLVED ? `export default JSON.parse(${JSON.stringify(JSON.stringify(rows()))})` : undefined),
};

function rows(): (string | number)[][] {
  const { resolve } = createRequire(import.meta.url);
  const read = (file: string): unknown => JSON.parse(readFileSync(resolve(`emojibase-data/${file}`), "utf8"));
  const all = read("en/data.json") as Source[];
  const github = read("en/shortcodes/github.json") as Record<string, string | string[]>;
  const emojibase = read("en/shortcodes/emojibase.json") as Record<string, string | string[]>;
  return all
    .filter(({ group, version }) => group !== undefined && group !== COMPONENTS && version <= VERSION_MAX)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
    .map((source) => {
      const codes = [github[source.hexcode] ?? emojibase[source.hexcode] ?? []].flat();
      const tags = (source.tags ?? []).filter((tag) => !source.label.includes(tag) && !codes.includes(tag));
      return [
        source.emoji.replace(NEEDLESS_SELECTOR, "$1"),
        source.label,
        codes.join(" "),
        tags.join(" "),
        source.group ?? 0,
        hasTones(source) ? 1 : 0,
      ];
    });
}

/** Is each tone the emoji with the tone behind its first sign? Those with two people are not. */
function hasTones({ emoji, skins = [] }: Source): boolean {
  const [first = "", ...rest] = emoji;
  const behind = rest.join("").replace(/^\uFE0F/u, "");
  return skins.length === 5 && skins.every((skin, i) => skin.emoji === first + String.fromCodePoint(FIRST_TONE + i) + behind);
}
