import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import { limits } from "../protocol/limits";
import type { Message, ReplyTo } from "../protocol/message";
import { toMessage } from "./stored";
import type { MessageEntry } from "./stored";

/**
 * Entries of a log as an account reads them, each with what it answers.
 * @param readerId absent: it is the same for all.
 * @param isThere whether what is answered may still be shown; absent: it may.
 * Cost: nothing, or, where something answers what is not among them, 1 call and 1 read unit per 4 KB of each of those.
 */
export async function toMessages(
  logId: string,
  entries: readonly LogEntry[],
  readerId?: string,
  isThere: (original: MessageEntry) => boolean = () => true,
): Promise<Message[]> {
  const stored = entries as readonly MessageEntry[]; // parsed by `toMessage`
  const known = new Map(stored.map((entry) => [entry.seq, entry]));
  const missing = new Set(stored.flatMap(({ reply_to }) => (reply_to === undefined || known.has(reply_to) ? [] : reply_to)));
  if (missing.size > 0) for (const entry of await log.findMany<MessageEntry>(logId, [...missing])) known.set(entry.seq, entry);
  return stored.map((entry) => {
    const original = known.get(entry.reply_to ?? 0);
    return withOriginal(toMessage(entry, readerId), original && isThere(original) ? original : undefined);
  });
}

/** As `toMessages`, of one, as it is for all. */
export async function toMessageWithReply(entry: MessageEntry, isThere: (original: MessageEntry) => boolean = () => true): Promise<Message> {
  const original = entry.reply_to === undefined ? undefined : await log.find<MessageEntry>(entry.log_id, entry.reply_to);
  return withOriginal(toMessage(entry), original && isThere(original) ? original : undefined);
}

/** The same message as one of them reads it: only the reactions are different. */
export const asReadBy = (message: Message, entry: MessageEntry, readerId: string): Message =>
  entry.reactions === undefined ? message : { ...message, reactions: toMessage(entry, readerId).reactions };

/** A message with what it answers. */
export const withOriginal = (message: Message, original: MessageEntry | undefined): Message =>
  original ? { ...message, reply_to: replyTo(original) } : message;

function replyTo(original: MessageEntry): ReplyTo {
  const { seq, author, content } = toMessage(original);
  return { seq, author, content: content === null ? null : beginningOf(content) };
}

const CUT_MENTION = /<@?&?[a-z0-9_]*$/;

/** Cut between two code points, and not within a mention. */
function beginningOf(content: string): string {
  const characters = Array.from(content);
  if (characters.length <= limits.replyExcerptMax) return content;
  return `${characters.slice(0, limits.replyExcerptMax).join("").replace(CUT_MENTION, "").trimEnd()}…`;
}
