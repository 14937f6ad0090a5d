import * as v from "valibot";
import { AppError } from "../lib/error";
import { parseSeq } from "../lib/page";
import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import { Message } from "../protocol/message";

/** A message as it stands in the table: what is usual is left out, since every attribute is paid for in bytes. */
const StoredMessage = v.object({
  ...Message.entries,
  edited_at: v.optional(Message.entries.edited_at, null),
  deleted_at: v.optional(Message.entries.deleted_at, null),
  revision: v.optional(Message.entries.revision, 1),
  reply_to: v.optional(Message.entries.reply_to, null),
  attachments: v.optional(Message.entries.attachments, []),
  reactions: v.optional(Message.entries.reactions, []),
  mentions: v.optional(Message.entries.mentions, []),
  pinned: v.optional(Message.entries.pinned, false),
});
type StoredMessage = v.InferInput<typeof StoredMessage>;

/** The message that a log's entry is. Whom a deleted one mentioned is kept for `readState.forgetMentions`, and not shown. */
export function toMessage(entry: LogEntry): Message {
  const { mentioned_role_ids, ...message } = v.parse(StoredMessage, entry);
  if (message.deleted_at !== null) return { ...message, mentions: [] };
  return mentioned_role_ids === undefined ? message : { ...message, mentioned_role_ids };
}

export type MessageEntry = StoredMessage & LogEntry;

/** @param seq as it stands in a path. @throws message.not_found. Cost: 1 read unit per 4 KB. */
export async function getMessage(logId: string, seq: string): Promise<MessageEntry> {
  const number = parseSeq(seq);
  const entry = number === undefined ? undefined : await log.find<MessageEntry>(logId, number);
  if (!entry) throw noSuchMessage();
  return entry;
}

export const isDeleted = ({ deleted_at = null }: MessageEntry): boolean => deleted_at !== null;

export const noSuchMessage = () => new AppError("message.not_found", "There is no such message here.");
