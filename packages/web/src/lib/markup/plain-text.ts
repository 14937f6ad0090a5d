import type { Block, Inline } from "@agora/core/protocol/markup/ast";
import { parse } from "@agora/core/protocol/markup/blocks";

/** What an account, a role or a channel is called; undefined: it is not known here. */
export type NameOf = (id: string) => string | undefined;

/** How a mention is shown. Null is everyone. */
export const mentionName = (id: string | null, nameOf: NameOf): string => `@${id === null ? "everyone" : (nameOf(id) ?? "someone")}`;

/** How a link to a message is shown. */
export function messageName(channelId: string, nameOf: NameOf): string {
  const name = nameOf(channelId);
  return name === undefined ? "a message elsewhere" : `#${name} › message`;
}

/** A message in one line, for those who listen to the page, for titles and for what quotes it. What is hidden stays hidden. */
export function plainText(text: string, nameOf: NameOf): string {
  return blocksText(parse(text), nameOf).replace(/\s+/gu, " ").trim();
}

function blocksText(blocks: readonly Block[], nameOf: NameOf): string {
  return blocks.map((block) => blockText(block, nameOf)).join(" ");
}

function blockText(block: Block, nameOf: NameOf): string {
  switch (block.kind) {
    case "paragraph":
      return inlineText(block.children, nameOf);
    case "block":
      return block.text;
    case "quote":
      return blocksText(block.children, nameOf);
    case "list":
      return block.items
        .map(({ children, below }) => inlineText(children, nameOf) + (below ? ` ${blockText(below, nameOf)}` : ""))
        .join(" ");
  }
}

function inlineText(nodes: readonly Inline[], nameOf: NameOf): string {
  return nodes.map((node) => nodeText(node, nameOf)).join("");
}

function nodeText(node: Inline, nameOf: NameOf): string {
  if (typeof node === "string") return node;
  switch (node.kind) {
    case "code":
      return node.text;
    case "spoiler":
      return "spoiler";
    case "mention":
      return mentionName(node.id, nameOf);
    case "message":
      return messageName(node.channelId, nameOf);
    default:
      return inlineText(node.children, nameOf);
  }
}
