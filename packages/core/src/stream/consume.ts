import { atOnce } from "../lib/at-once";
import { topicLog } from "../lib/id";
import type { Account } from "../lib/actor";
import * as log from "../log/index";
import type { Consumed, StreamMessage } from "../protocol/stream";
import { messagesOf, toTopicEntry } from "./entry";
import type { Stored } from "./entry";
import type { TopicRow } from "./store";
import { findOwn } from "./topics";

/** What Lambda and API Gateway carry at most is 6 MB; a message is at most 256 KB, and its entry comes as a whole. */
const ANSWER_MAX_BYTES = 3 * 1024 * 1024;
/** How many messages an entry has shows only when some were read. */
const ENTRIES_AT_FIRST = 10;
const ENTRIES_AT_ONCE = 200;
const FETCHES_AT_ONCE = 10;
/** Nobody of another process tells: so often it is looked, at first and later. */
const LOOK_EVERY_MS = [200, 400, 600, 1_000] as const;

interface Wish {
  offset: number;
  limit: number;
  /** Seconds. */
  wait?: number | undefined;
}

/**
 * Messages from an offset on, in order: at most `limit`, and about 3 MB. If there are none yet it waits for the first for as long as it may.
 * @throws topic.not_found, unavailable
 * Cost: 1 read unit for the topic and 1 per 4 KB read, and while it waits 1 read unit a second and the time of the function.
 */
export async function consume(actor: Account, { topic, ...wish }: { topic: string } & Wish): Promise<Consumed> {
  return consumeTopic(await findOwn(actor, topic), wish);
}

/** As `consume`, of a topic that was found. */
export async function consumeTopic(row: TopicRow, wish: Wish): Promise<Consumed> {
  const from = Math.max(1, wish.offset);
  const until = Date.now() + (wish.wait ?? 0) * 1_000;
  const { limit } = wish;
  let page = await pageFrom({ row, from, limit, isBorder: false });
  for (let look = 0; page.messages.length === 0 && Date.now() < until; look++) {
    const pause = LOOK_EVERY_MS[look] ?? LOOK_EVERY_MS[LOOK_EVERY_MS.length - 1] ?? 0;
    await log.nextAppend(topicLog(row.id), Math.min(pause, until - Date.now()));
    page = await pageFrom({ row, from: page.next_offset, limit, isBorder: page.next_offset === page.head + 1 });
  }
  return page;
}

/** What is to be read, and what was. */
interface Reading {
  row: TopicRow;
  from: number;
  limit: number;
  /** `from` is known to be the first offset of an entry, if there is one. */
  isBorder: boolean;
}

async function pageFrom({ row, from, limit, isBorder }: Reading): Promise<Consumed> {
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
