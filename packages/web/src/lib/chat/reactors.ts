import type { Reaction } from "@agora/core/protocol/message";

/**
 * Who has reacted, as far as it can be told: a reaction says how many did and whether the reader did. Of two people that says it all.
 * @param other the only other one who can react here; undefined: there are several.
 */
function reactorsOf({ count, me }: Pick<Reaction, "count" | "me">, other: string | undefined): string {
  const rest = me ? count - 1 : count;
  const others = rest === 1 ? "1 other" : `${rest} others`;
  const names = rest === 1 && other !== undefined ? other : others;
  if (!me) return other === undefined ? "" : names;
  return rest === 0 ? "you" : `you and ${names}`;
}

/** Read aloud, and shown to whoever points at it. */
export function reactionWords({ emoji, ...reaction }: Reaction, other: string | undefined): string {
  const who = reactorsOf(reaction, other);
  return `${emoji} ${reaction.count} ${reaction.count === 1 ? "reaction" : "reactions"}${who === "" ? "" : `, by ${who}`}`;
}
