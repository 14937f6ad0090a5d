import type { Me } from "@agora/core/protocol/account";
import type { Author, Message, Reaction, ReplyTo } from "@agora/core/protocol/message";
import { withReaction } from "@agora/sdk";
import type { OutboxItem } from "@agora/sdk";
import type { PlacePath } from "./place-api";

/** What the outbox keeps of a message: all that a request takes. */
export type OutgoingBody = PlacePath & { content: string; reply_to?: number; attachments?: readonly OutgoingFile[] };

/** A file that is uploaded. */
export interface OutgoingFile {
  /** Of the upload. */
  id: string;
  filename: string;
  size: number;
}

export interface OutgoingMessage {
  state: "sending" | "waiting" | "failed";
  /** Why it failed. */
  problem: string | null;
  files: readonly OutgoingFile[];
}

/** A message as it is shown: stored, or on its way. */
export interface TimelineRow {
  key: string;
  author: Author;
  created_at: number;
  /** Null: it was deleted. */
  content: string | null;
  seq?: number;
  /** Whom it names, as the server understood it. */
  names?: Pick<Message, "mentions" | "mentioned_role_ids">;
  edited_at?: number | null;
  reply_to?: ReplyTo | null;
  reactions?: readonly Reaction[];
  pinned?: boolean;
  attachments?: Message["attachments"];
  outgoing?: OutgoingMessage;
}

/** One that is stored. */
export type StoredRow = TimelineRow & { seq: number };

/** An own reaction that is on its way. */
export interface Reacting {
  seq: number;
  emoji: string;
  added: boolean;
}

/** @param original what it answers, as far as that is known. */
export function outgoingRow(
  item: OutboxItem<OutgoingBody>,
  { id, username, display_name, avatar_url }: Me,
  original: Message | undefined,
): TimelineRow {
  return {
    key: item.nonce,
    author: { id, username, display_name, avatar_url },
    created_at: item.createdAt,
    content: item.body.content,
    reply_to: original ?? null,
    outgoing: { state: outgoingState(item), problem: item.error?.message ?? null, files: item.body.attachments ?? [] },
  };
}

function outgoingState({ state, retryAt }: OutboxItem<OutgoingBody>): OutgoingMessage["state"] {
  if (state === "failed") return "failed";
  return retryAt === null ? "sending" : "waiting";
}

export function storedRow(message: Message, reacting: readonly Reacting[]): TimelineRow {
  const { seq, author, created_at, content, mentions, mentioned_role_ids, edited_at, reply_to, pinned, attachments } = message;
  const reactions = reacting.reduce(
    (all: readonly Reaction[], { seq: of, emoji, added }) => (of === seq ? withReaction(all, emoji, added) : all),
    message.reactions,
  );
  return {
    key: `#${seq}`,
    seq,
    author,
    created_at,
    content,
    names: { mentions, mentioned_role_ids },
    edited_at,
    reply_to,
    reactions,
    pinned,
    ...(attachments.length > 0 && { attachments }),
  };
}
