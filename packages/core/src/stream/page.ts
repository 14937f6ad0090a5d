import { atOnce } from "../lib/at-once";
import { topicLog } from "../lib/id";
import * as log from "../log/index";
import type { Consumed, StreamMessage } from "../protocol/stream";
import { sealedFrom } from "./cold";
import { toPart, toTopicEntry } from "./entry";
import type { Part } from "./part";
import { find } from "./store";
import type { TopicRow } from "./store";
import { headOf } from "./topics";

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

/** Rows of segments that are looked at, at first and when these were too few. */
const SEGMENTS_AT_FIRST = 2;
const SEGMENTS_AT_ONCE = 20;

/**
 * A page of a topic, without a wait.
 * Cost: 1 read unit per 4 KB, and of what is kept elsewhere 1 GET each; of what is sealed see `sealedFrom`. @throws unavailable
 */
export async function topicPage(row: TopicRow, reading: Reading): Promise<Consumed> {
  const page = new Page(reading.from, reading.limit);
  page.skipTo(row.trimmed_through + 1);
  for (let read = 0; page.next <= row.sealed_through && !page.isFull(); read++) {
    const { parts, next } = await sealedFrom(row.id, {
      from: page.next,
      ...page.room,
      segments: read === 0 ? SEGMENTS_AT_FIRST : SEGMENTS_AT_ONCE,
      isKept: (lastAt) => isKept(row, lastAt),
    });
    for (const part of parts) page.add(part, isKept(row, part.created_at));
    if (!page.isFull()) page.skipTo(next ?? row.sealed_through + 1);
  }
  if (page.isFull()) return { ...(await page.finish()), head: await headOf(row) };
  return tablePage(row, reading, page);
}

/** Goes on behind what is sealed. */
async function tablePage(row: TopicRow, reading: Reading, page: Page): Promise<Consumed> {
  const logId = topicLog(row.id);
  const isBorder = reading.isBorder || page.next === row.sealed_through + 1;
  for (let read = 0; ; read++) {
    const wanted = read === 0 ? Math.min(reading.limit, ENTRIES_AT_FIRST) : page.entriesToFill();
    const { entries, isEnd, end } = await log.entriesFrom(logId, page.next, { limit: wanted, isBorder: isBorder || read > 0 });
    if ((entries[0]?.seq ?? 0) > page.next) {
      // What was here has been sealed since, and has left.
      const now = await find(row.user_id, row.name);
      if (now?.id === row.id && now.sealed_through > row.sealed_through) return topicPage(now, reading);
    }
    for (const entry of entries.map(toTopicEntry)) page.add(toPart(entry), isKept(row, entry.created_at));
    if (isEnd || page.isFull()) {
      return { ...(await page.finish()), head: isEnd ? Math.max(end, row.sealed_through) : await headOf(row) };
    }
    if (page.isEmpty && row.retention_ms !== null) page.skipTo(await log.seqAt(logId, Date.now() - row.retention_ms));
  }
}

const isKept = ({ retention_ms }: TopicRow, createdAt: number): boolean => retention_ms === null || createdAt + retention_ms > Date.now();

/** Parts one after the other, until they are as many messages as are wanted, or as much as an answer carries. */
class Page {
  readonly #from: number;
  readonly #limit: number;
  readonly #parts: Part[] = [];
  #messages = 0;
  #bytes = 0;
  /** The next offset to be read. */
  next: number;

  constructor(from: number, limit: number) {
    this.#from = from;
    this.#limit = limit;
    this.next = from;
  }

  isFull(): boolean {
    return this.#messages >= this.#limit || this.#bytes >= ANSWER_MAX_BYTES;
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** What may be added. */
  get room(): { messages: number; bytes: number } {
    return { messages: this.#limit - this.#messages, bytes: ANSWER_MAX_BYTES - this.#bytes };
  }

  /** About as many as are still to be read. */
  entriesToFill(): number {
    const seen = Math.max(1, this.#parts.length);
    const byCount = (this.#limit - this.#messages) / (this.#messages / seen || 1);
    const byBytes = (ANSWER_MAX_BYTES - this.#bytes) / (this.#bytes / seen || 1);
    return Math.max(1, Math.min(ENTRIES_AT_ONCE, Math.ceil(byCount), Math.ceil(byBytes)));
  }

  /** The next part. One that has expired is passed over, and so is one that was read before. */
  add(part: Part, isKept: boolean): void {
    const last = log.lastOf(part);
    if (this.isFull() || last < this.next) return;
    this.next = last + 1;
    if (!isKept) return;
    this.#parts.push(part);
    this.#messages += last - Math.max(part.seq, this.#from) + 1;
    this.#bytes += part.size;
  }

  skipTo(offset: number | undefined): void {
    if (offset !== undefined) this.next = Math.max(this.next, offset);
  }

  async finish(): Promise<Omit<Consumed, "head">> {
    const read = new Map<Part, StreamMessage[]>();
    await atOnce(FETCHES_AT_ONCE, this.#parts, async (part) => read.set(part, await part.messages()));
    const all = this.#parts.flatMap((part) => read.get(part) ?? []).filter(({ offset }) => offset >= this.#from);
    const messages = all.slice(0, this.#limit);
    const isCut = messages.length < all.length;
    return { messages, next_offset: isCut ? (messages.at(-1)?.offset ?? 0) + 1 : this.next };
  }
}
