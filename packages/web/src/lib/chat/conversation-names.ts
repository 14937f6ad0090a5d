import type { User } from "@agora/core/protocol/account";
import type { Conversation } from "@agora/core/protocol/conversation";

export const personName = ({ display_name, username }: Pick<User, "display_name" | "username">): string => display_name ?? username;

export const othersIn = ({ users }: Pick<Conversation, "users">, meId: string): User[] => users.filter(({ id }) => id !== meId);

/** What a conversation is called by one of those who are in it. */
export function conversationName(conversation: Conversation, meId: string): string {
  if (conversation.name !== null) return conversation.name;
  const names = othersIn(conversation, meId).map(personName);
  if (names.length > 0) return names.join(", ");
  return conversation.kind === "direct" ? "Deleted account" : "Only you";
}
