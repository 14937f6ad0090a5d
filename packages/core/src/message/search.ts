import type { Account } from "../lib/actor";
import { assertSeqCursor } from "../lib/page";
import * as limit from "../limit/index";
import * as log from "../log/index";
import { enter } from "../place/index";
import type { PlacePath } from "../place/index";
import type { SearchPage, SearchQuery } from "../protocol/message";
import { fold } from "../protocol/characters";
import { toMessages } from "./shown";
import { isDeleted } from "./stored";
import type { MessageEntry } from "./stored";

/** So many entries one request looks through at most, and no more once it has taken so long: about 1 MB of usual messages. */
const LOOKED_THROUGH_MAX = 4_000;
const LOOKING_MS = 3_000;
/** Enough to look through all channels of the largest server at once, and then through a page a second. */
const searches = { max: 600, windowSeconds: 600, code: "limit.search" } as const;

const LINK = /\bhttps?:\/\/[^\s<>]/i;

/**
 * Messages of a place that have all the words in them, by an author, with a file or a link, or said within a time: the newest first. It walks the log back
 * from where the page before ended, and answers when the page is full, or when it has looked through 4,000 entries or for three seconds: a page may be
 * short, or empty, before the end; `searched_to` says how far it got. What is deleted is never found; what was said within the last second may not be yet.
 * @throws server.not_found, channel.not_found, conversation.not_found, input.invalid, limit.search
 * Cost: 3 read units for the rights, 1 write unit, half a read unit per 4 KB of what it looks through (4,000 usual messages of 250 bytes: 125), 1 unit per 4 KB of each
 * message that it finds; with `before` what `log.seqAt` takes; see `toMessages`.
 */
export async function search(
  actor: Account,
  { limit: wanted, cursor, q, author, has, before, after, ...path }: SearchQuery & PlacePath,
): Promise<SearchPage> {
  const { logId } = await enter(actor, path);
  const isFound = matcher({ q, author, has, before, after });
  const from = assertSeqCursor(cursor);
  await limit.take({ ...searches, key: `search-messages#${actor.user_id}` });
  const behind = from ?? (before === undefined ? undefined : await lastSeqBefore(logId, before));
  const until = Date.now() + LOOKING_MS;
  const found: number[] = [];
  let looked = 0;
  let last: log.LogEntry | undefined;
  let isCut = false;
  for await (const entry of log.walkBack(logId, behind === undefined ? undefined : behind - 1)) {
    if (after !== undefined && timeOf(entry) < after - log.OUT_OF_ORDER_MS) break;
    last = entry;
    looked++;
    if (isFound(entry as MessageEntry)) found.push(entry.seq); // parsed by `toMessages`
    isCut = entry.seq > 1 && (found.length === wanted || looked === LOOKED_THROUGH_MAX || Date.now() >= until);
    if (isCut) break;
  }
  // What was changed a moment ago may have been read as it was: what is answered is read again.
  const entries = found.length > 0 ? await log.findMany<MessageEntry>(logId, found) : [];
  return {
    messages: await toMessages(logId, entries.filter(isFound).reverse(), actor.user_id),
    has_more: isCut,
    next_cursor: isCut && last ? String(last.seq) : null,
    searched_to: last ? timeOf(last) : null,
  };
}

const timeOf = ({ created_at = 0 }: Pick<log.LogEntry, "created_at">): number => created_at;

/** Behind it everything was said at the moment or later. */
async function lastSeqBefore(logId: string, moment: number): Promise<number | undefined> {
  const later = moment + log.OUT_OF_ORDER_MS;
  const seq = await log.seqAt(logId, later);
  return seq === undefined ? undefined : seq + 1; // of a log in which all was said before, the last one
}

function matcher({ q, author, has, before, after }: Omit<SearchQuery, "limit" | "cursor">): (entry: MessageEntry) => boolean {
  const words = q === undefined ? [] : fold(q).split(/\s+/u).filter(Boolean);
  return (entry) => {
    const { content, created_at } = entry;
    if (isDeleted(entry) || content === null) return false;
    if (author !== undefined && entry.author.id !== author) return false;
    if (before !== undefined && created_at >= before) return false;
    if (after !== undefined && created_at < after) return false;
    if (has === "file" && (entry.attachments ?? []).length === 0) return false;
    if (has === "link" && !LINK.test(content)) return false;
    if (words.length === 0) return true;
    const text = fold(content);
    return words.every((word) => text.includes(word));
  };
}
