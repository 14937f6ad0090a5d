import type { Message, Reaction } from "@agora/core/protocol/message";

/** Who reacted, or took it back, as `message_updated` tells it. */
export interface ReactionChange {
  user_id: string;
  emoji: string;
  added: boolean;
}

/**
 * A message as it was pushed, for one account: pushes are the same for everybody and know nobody's own reactions. What is the account's own stays as it
 * was, but for the change that the push tells of. Messages from pages and answers have it right already.
 */
export function withOwnReactions(before: Message | undefined, pushed: Message, change: ReactionChange | undefined, meId: string): Message {
  const isOwn = (emoji: string) =>
    change?.user_id === meId && change.emoji === emoji
      ? change.added
      : (before?.reactions.some((reaction) => reaction.emoji === emoji && reaction.me) ?? false);
  return { ...pushed, reactions: pushed.reactions.map((reaction) => ({ ...reaction, me: isOwn(reaction.emoji) })) };
}

/** Reactions as they will be when an own one has been added, or taken back; the same if it is so already. */
export function withReaction(reactions: readonly Reaction[], emoji: string, added: boolean): readonly Reaction[] {
  const present = reactions.find((reaction) => reaction.emoji === emoji);
  if ((present?.me ?? false) === added) return reactions;
  if (!present) return [...reactions, { emoji, count: 1, me: true }];
  const count = present.count + (added ? 1 : -1);
  return reactions.flatMap((reaction) => {
    if (reaction !== present) return reaction;
    return count > 0 ? { emoji, count, me: added } : [];
  });
}
