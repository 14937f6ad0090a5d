import type { Block, Inline } from "./markup/ast";
import { parse } from "./markup/blocks";

/** What a text names: `<@usr_…>`, `<@&rol_…>` and `@everyone`. Whether that is anybody, and may be named, is another question. */
export interface Named {
  userIds: string[];
  roleIds: string[];
  everyone: boolean;
}

/**
 * Finds who is named in a text, each once, in the order of the text. What is shown as a mention is one, and nothing else: not what stands in code,
 * nor what was escaped. In linear time.
 */
export function namedIn(content: string): Named {
  const ids = new Set(parse(content).flatMap(idsInBlock));
  const among = (prefix: string) => [...ids].filter((id) => id !== null).filter((id) => id.startsWith(prefix));
  return { userIds: among("usr_"), roleIds: among("rol_"), everyone: ids.has(null) };
}

type MentionedId = string | null;

function idsInBlock(block: Block): MentionedId[] {
  switch (block.kind) {
    case "paragraph":
      return block.children.flatMap(idsIn);
    case "block":
      return [];
    case "quote":
      return block.children.flatMap(idsInBlock);
    case "list":
      return block.items.flatMap(({ children, below }) => [...children.flatMap(idsIn), ...(below ? idsInBlock(below) : [])]);
  }
}

function idsIn(node: Inline): MentionedId[] {
  if (typeof node === "string") return [];
  if (node.kind === "mention") return [node.id];
  return "children" in node ? node.children.flatMap(idsIn) : [];
}
