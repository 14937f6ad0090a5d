import { atOnce } from "../lib/at-once";
import { topicLog } from "../lib/id";
import * as log from "../log/index";
import type { Consumed, StreamMessage } from "../protocol/stream";
import { messagesOf, toTopicEntry } from "./entry";
import type { Stored } from "./entry";
import type { TopicRow } from "./store";

/** What Lambda and API Gateway carry at most is 6 MB; an entry comes as a whole, and has at most 1 MB. */
export const ANSWER_MAX_BYTES = 3 * 1024 * 1024;
/** How many messages an entry has shows only when some were read. */
const ENTRIES_AT_FIRST = 10;
const ENTRIES_AT_ONCE = 200;
const FETCHES_AT_ONCE = 10;

/** What is to be read. */
export interface Reading {
  from: number;
  limit: number;
  /** `from` is known to be the first offset of an entry, if there is one. */
  isBorder: boolean;
}

/** A page of a topic, without a wait. Cost: 1 read unit per 4 KB, and of what is kept elsewhere 1 GET each. @throws unavailable */
export async function topicPage(row: TopicRow, { from, limit, isBorder }: Reading): Promise<Consumed> {
  const logId = topicLog(row.id);
  const page = new Page(from, limit);
  for (let read = 0; ; read++) {
    const wanted = read === 0 ? Math.min(limit, ENTRIES_AT_FIRST) : page.entriesToFill();
    const { entries, isEnd, end } = await log.entriesFrom(logId, page.next, { limit: wanted, isBorder: isBorder || read > 0 });
    for (const entry of entries.map(toTopicEntry)) page.add(entry, isKept(row, entry));
    if (isEnd || page.isFull) return { ...(await page.finish()), head: isEnd ? end : await log.head(logId) };
    if (page.isEmpty && row.retention_ms !== null) page.skipTo(await log.seqAt(logId, Date.now() - row.retention_ms));
  }
}

const isKept = ({ retention_ms }: TopicRow, { created_at }: Stored): boolean =>
  retention_ms === null || created_at + retention_ms > Date.now();

/** Entries one after the other, until they are as many messages as are wanted, or as much as an answer carries. */
class Page {
  readonly #from: number;
  readonly #limit: number;
  readonly #entries: Stored[] = [];
  #messages = 0;
  #bytes = 0;
  /** The next offset to be read. */
  next: number;

  constructor(from: number, limit: number) {
    this.#from = from;
    this.#limit = limit;
    this.next = from;
  }

  get isFull(): boolean {
    return this.#messages >= this.#limit || this.#bytes >= ANSWER_MAX_BYTES;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** About as many as are still to be read. */
  entriesToFill(): number {
    const seen = Math.max(1, this.#entries.length);
    const byCount = (this.#limit - this.#messages) / (this.#messages / seen || 1);
    const byBytes = (ANSWER_MAX_BYTES - this.#bytes) / (this.#bytes / seen || 1);
    return Math.max(1, Math.min(ENTRIES_AT_ONCE, Math.ceil(byCount), Math.ceil(byBytes)));
  }

  /** The next entry. One that has expired is passed over. */
  add(entry: Stored, isKept: boolean): void {
    if (this.isFull) return;
    this.next = log.lastOf(entry) + 1;
    if (!isKept) return;
    this.#entries.push(entry);
    this.#messages += log.lastOf(entry) - Math.max(entry.seq, this.#from) + 1;
    this.#bytes += entry.size;
  }

  skipTo(offset: number | undefined): void {
    if (offset !== undefined) this.next = Math.max(this.next, offset);
  }

  async finish(): Promise<Omit<Consumed, "head">> {
    const parts = new Map<Stored, StreamMessage[]>();
    await atOnce(FETCHES_AT_ONCE, this.#entries, async (entry) => parts.set(entry, await messagesOf(entry)));
    const all = this.#entries.flatMap((entry) => parts.get(entry) ?? []).filter(({ offset }) => offset >= this.#from);
    const messages = all.slice(0, this.#limit);
    const isCut = messages.length < all.length;
    return { messages, next_offset: isCut ? (messages.at(-1)?.offset ?? 0) + 1 : this.next };
  }
}
