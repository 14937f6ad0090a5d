import * as v from "valibot";
import { AppError } from "../lib/error";
import { parseSeq } from "../lib/page";
import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import { Message } from "../protocol/message";
import { Seq } from "../protocol/primitives";
import { StoredAttachment } from "../protocol/upload";
import { urlOfFile, urlUntil } from "../upload/index";

/** A message as it stands in the table: what is usual is left out, since every attribute is paid for in bytes. */
const StoredMessage = v.object({
  ...Message.entries,
  edited_at: v.optional(Message.entries.edited_at, null),
  deleted_at: v.optional(Message.entries.deleted_at, null),
  revision: v.optional(Message.entries.revision, 1),
  /** The number alone: who said that, and what, is looked up when it is read. */
  reply_to: v.optional(Seq),
  attachments: v.optional(v.array(StoredAttachment), []),
  reactions: v.optional(v.array(v.object({ emoji: v.string(), user_ids: v.array(v.string()) })), []),
  mentions: v.optional(Message.entries.mentions, []),
  pinned: v.optional(Message.entries.pinned, false),
  /** Of what is said in a room, in seconds. */
  expires_on: v.optional(v.number()),
});
type StoredMessage = v.InferInput<typeof StoredMessage>;

/** Whom earlier words of it mentioned, and the present ones do not: never shown, and kept for `settleMentions`. */
interface Formerly {
  unmentioned?: string[] | undefined;
  unmentioned_role_ids?: string[] | undefined;
}

export type MessageEntry = StoredMessage & LogEntry & Formerly;

/**
 * The message that a log's entry is, without what it answers. Whom a deleted one mentioned, and its files, are kept
 * for who clears up behind it, and not shown.
 * @param readerId who reads it; absent: it is the same for all.
 */
export function toMessage(entry: LogEntry, readerId?: string): Message {
  const { mentioned_role_ids, attachments, reactions, expires_on, ...stored } = v.parse(StoredMessage, entry);
  const message = {
    ...stored,
    reply_to: null,
    // By the second it is behind the end of what it is said of.
    attachments: attachments.map((file) => ({ ...file, url: expires_on ? urlUntil(file.id, expires_on - 1) : urlOfFile(file.id) })),
    reactions: reactions.map(({ emoji, user_ids }) => ({
      emoji,
      count: user_ids.length,
      me: readerId !== undefined && user_ids.includes(readerId),
    })),
  };
  if (message.deleted_at !== null) return { ...message, mentions: [], attachments: [] };
  return mentioned_role_ids === undefined ? message : { ...message, mentioned_role_ids };
}

/** @param seq as it stands in a path. @throws message.not_found. Cost: 1 read unit per 4 KB. */
export async function getMessage(logId: string, seq: string): Promise<MessageEntry> {
  const number = parseSeq(seq);
  const entry = number === undefined ? undefined : await log.find<MessageEntry>(logId, number);
  if (!entry) throw noSuchMessage();
  return entry;
}

/** @throws message.not_found, also for one that is deleted. Cost: as `getMessage`. */
export async function getUndeleted(logId: string, seq: string): Promise<MessageEntry> {
  const entry = await getMessage(logId, seq);
  assertUndeleted(entry);
  return entry;
}

/** @throws message.not_found */
export function assertUndeleted(entry: MessageEntry): void {
  if (isDeleted(entry)) throw noSuchMessage();
}

export const isDeleted = ({ deleted_at = null }: MessageEntry): boolean => deleted_at !== null;

export const noSuchMessage = () => new AppError("message.not_found", "There is no such message here.");
