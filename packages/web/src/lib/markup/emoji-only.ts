import type { Block } from "@agora/core/protocol/markup/ast";

const EMOJI_MAX = 27;
/** One emoji as people count them: a flag, a key, or a picture with what changes it and what is joined to it. */
const EMOJI =
  /\p{RI}\p{RI}|[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?[\u{E0020}-\u{E007F}]*(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?)*/gu;
/** As text these are letters or signs until a variation selector makes them pictures. */
const PICTURE = /[\p{Emoji_Presentation}\uFE0F\u20E3\p{RI}]/u;

/** Is it nothing but a few emoji? Then there is room to show them large. */
export function isEmojiOnly(blocks: readonly Block[]): boolean {
  const [block, ...others] = blocks;
  if (block?.kind !== "paragraph" || others.length > 0 || block.children.length > 1) return false;
  const [text] = block.children;
  if (typeof text !== "string" || text.length > EMOJI_MAX * 16) return false;
  const emoji = text.match(EMOJI) ?? [];
  return emoji.length > 0 && emoji.length <= EMOJI_MAX && emoji.every((one) => PICTURE.test(one)) && text.replace(EMOJI, "").trim() === "";
}
