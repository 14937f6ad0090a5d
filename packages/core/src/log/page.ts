import { authorIdOf, lastOf } from "./entry";
import type { LogEntry } from "./entry";
import { tableStore } from "./store";
import { seqAt } from "./time";

/** The last number, 0 for an empty log, and when it was made. Sees every acknowledged append. Cost: 1 read unit per 4 KB of the entry. */
export async function end(logId: string): Promise<{ head: number; at: number | undefined }> {
  const [last] = await tableStore.read(logId, { limit: 1, newestFirst: true, consistent: true });
  return { head: last ? lastOf(last) : 0, at: last?.created_at };
}

/** The number alone. Cost: as `end`. */
export async function head(logId: string): Promise<number> {
  return (await end(logId)).head;
}

export interface LogPage {
  /** Newest first; oldest first if asked with `after`. */
  entries: LogEntry[];
  has_more: boolean;
  /** The cursor of the next page in the same direction; null at the end. */
  next_cursor: number | null;
  head: number;
}

interface PageInput {
  limit: number;
  before?: number | undefined;
  after?: number | undefined;
  around?: number | undefined;
  /** A moment: around the first entry that was made then or later. */
  at?: number | undefined;
}

/**
 * A page of a log: the newest, those before or after a number, or those on both sides of it, or of a moment. Sees every acknowledged append.
 * Cost: 1 read unit per 4 KB read, and one more call for the head where the page does not reach it. For a moment see `seqAt`.
 */
export async function page(logId: string, { limit, before, after, around, at }: PageInput): Promise<LogPage> {
  if (after !== undefined) return pageAfter(logId, after, limit);
  if (around !== undefined) return pageAround(logId, around, limit);
  if (at !== undefined) {
    const seq = await seqAt(logId, at);
    if (seq !== undefined) return pageAround(logId, seq, limit);
  }
  return pageBefore(logId, before, limit);
}

async function pageBefore(logId: string, before: number | undefined, limit: number): Promise<LogPage> {
  if (before !== undefined && before <= 1) return { entries: [], has_more: false, next_cursor: null, head: await head(logId) };
  const [entries, end] = await Promise.all([
    newest(logId, before === undefined ? undefined : before - 1, limit + 1),
    before === undefined ? undefined : head(logId),
  ]);
  const newestFirst = entries.slice(0, limit);
  const has_more = entries.length > limit;
  return {
    entries: newestFirst,
    has_more,
    next_cursor: has_more ? (newestFirst.at(-1)?.seq ?? null) : null,
    head: Math.max(end ?? 0, entries[0]?.seq ?? 0),
  };
}

async function pageAfter(logId: string, after: number, limit: number): Promise<LogPage> {
  const entries = await tableStore.read(logId, { from: after + 1, limit: limit + 1, consistent: true });
  const oldestFirst = entries.slice(0, limit);
  const last = oldestFirst.at(-1);
  const has_more = entries.length > limit;
  return {
    entries: oldestFirst,
    has_more,
    next_cursor: has_more && last ? last.seq : null,
    head: has_more || !last ? await head(logId) : last.seq,
  };
}

async function pageAround(logId: string, around: number, limit: number): Promise<LogPage> {
  const newer = Math.floor(limit / 2);
  const [after, before, end] = await Promise.all([
    newer > 0 ? tableStore.read(logId, { from: around + 1, limit: newer, consistent: true }) : [],
    newest(logId, around, limit - newer + 1),
    head(logId),
  ]);
  const older = before.slice(0, limit - newer);
  const entries = [...after.reverse(), ...older];
  const has_more = before.length > older.length;
  return { entries, has_more, next_cursor: has_more ? (older.at(-1)?.seq ?? null) : null, head: Math.max(end, entries[0]?.seq ?? 0) };
}

/** So many entries behind `after`, or before the end, are looked through for what was said before. */
const LOOK_THROUGH = 100;

/** The number of an entry that is stored already, if it is near. Cost: 1 read unit per 4 KB. */
export async function findCopy(
  logId: string,
  { authorId, nonce, after }: { authorId: string; nonce: string; after: number | undefined },
): Promise<number | undefined> {
  const isNear = after !== undefined && after < Number.MAX_SAFE_INTEGER;
  const { entries } = await page(logId, { limit: LOOK_THROUGH, ...(isNear ? { after } : {}) });
  return entries.find((entry) => authorIdOf(entry) === authorId && entry.nonce === nonce)?.seq;
}

const WALK_PAGE = 500;

/**
 * Who made which entries when, and no more of them, from the end of the log, or from before a number, to its beginning.
 * Cost: 1 read unit per 4 KB of the whole entries.
 */
export async function* backwards(logId: string, before?: number): AsyncGenerator<Pick<LogEntry, "seq" | "author" | "created_at">> {
  for (let to = before === undefined ? undefined : before - 1; to === undefined || to > 0;) {
    const entries = await tableStore.read(logId, {
      ...(to === undefined ? {} : { to }),
      limit: WALK_PAGE,
      newestFirst: true,
      consistent: true,
      identityOnly: true,
    });
    yield* entries.reverse();
    to = (entries.at(-1)?.seq ?? 1) - 1;
  }
}

/**
 * Whole entries from a number down to the beginning of the log, newest first. What was appended or changed within the last second may be missing,
 * or be as it was. Cost: half a read unit per 4 KB.
 */
export async function* walkBack(logId: string, from: number | undefined): AsyncGenerator<LogEntry> {
  for (let to = from; to === undefined || to > 0;) {
    const entries = await tableStore.read(logId, { ...(to === undefined ? {} : { to }), limit: WALK_PAGE, newestFirst: true });
    yield* entries.toReversed();
    to = (entries[0]?.seq ?? 1) - 1;
  }
}

/** At most `count` entries up to `to`, newest first. */
async function newest(logId: string, to: number | undefined, count: number): Promise<LogEntry[]> {
  const entries = await tableStore.read(logId, { ...(to === undefined ? {} : { to }), limit: count, newestFirst: true, consistent: true });
  return entries.reverse();
}
