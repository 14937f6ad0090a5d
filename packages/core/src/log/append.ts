import { AppError, unavailable } from "../lib/error";
import { sleep } from "../lib/sleep";
import { identityOf } from "./entry";
import type { Draft, LogEntry } from "./entry";
import type { LogStore } from "./store";
import { View } from "./view";

/*
 * Why an append makes no hole, no double and no second order. (docs/decisions/0002-optimistic-append.md has it with its costs.)
 *
 * No hole, one order: a writer puts at n + 1 only after it has seen entry n, or an empty log for n = 0, and only if nothing stands at n + 1.
 * Nothing is ever taken away from the end. So numbers are given one after the other, and whoever sees n + 1 can see n.
 *
 * Exactly once: let two copies of a request both be stored, at s1 < s2, with the same author and nonce. The second writer had seen every
 * entry from `after` + 1 to s2 - 1 and found no twin. If s1 is among those, that is a contradiction; so s1 <= `after` of the second copy.
 * But `after` is, by promise of the client, a number up to which it has seen every entry, and none of them was this one. So s1 > `after`.
 * The client may raise `after` from one try to the next, as long as it looks for its nonce in what it sees: the promise stays the same.
 *
 * What may go wrong with the numbers that the argument uses:
 * - A remembered end, or a tail from a lagging replica, is too low: the condition fails, and the writer reads on, consistently.
 * - A tail from a lagging replica has a hole: `View` takes the run behind it, and what is missing below is read again, consistently.
 * - A request starts late, or runs twice at the same moment: nothing above speaks of time.
 * - `after` is too low: more is read than needed, up to MAX_READ_BACK entries; behind that the request is refused, and nothing is written.
 * - `after` is too high (forged, or from another instance's log): the end comes from the table, so there is no hole. The sender gets no protection
 *   against doubling its own message, which it could also do by a second nonce.
 * - `after` is missing: only the last LOOK_BACK entries are looked through. The promise is that much weaker.
 * - Retention took entries behind `after`: a twin might have been among them, so the request is refused. In a log whose entries expire (it has a
 *   `floor`) it is not: a request that is repeated after its copy has expired is a new one, as nobody sees the other any more.
 * - A log is empty since all has expired: its owner knows a number, the `floor`, that was not reached before, and it goes on behind that. All writers
 *   that find it empty have the same one, or the argument above would begin with two first entries.
 * - Old entries were kept elsewhere and have left the table: its owner knows the number that was `reached`, and nothing behind that has left. A writer that
 *   finds nothing behind it goes on from there. A twin among what has left cannot be found: with an `after` before it the request is refused.
 * - An entry covers several numbers (a batch). It is put at the first of them, which is n + 1 for every writer that has seen up to n, however many numbers
 *   each of them wants: so one of them wins, and the others see the end of its batch.
 * - The answer of the put is lost and the SDK repeats it: the condition fails on the own entry, which is the twin.
 */

/** How far back a writer looks for a twin if the client does not say what it has seen. */
const LOOK_BACK = 100;
/** How many entries it looks through at most: about 1 MB of chat, a cent for eight thousand such requests. */
const MAX_READ_BACK = 4_000;
const READ_BACK_PAGE = 500;
const TAIL_LIMIT = 50;
/** After this long somebody else is always faster; the client's repeat starts afresh. */
const GIVE_UP_AFTER_MS = 5_000;
/** About the latency of one put: a lost race means that somebody made progress, so growing waits would only starve the loser. */
const JITTER_MS = 8;

/** How an entry is appended. */
export interface Appending {
  /** Up to where its author has seen every entry. */
  after?: number | undefined;
  /** Of a log whose entries expire: no number up to it may be given any more. */
  floor?: number | undefined;
  /** Of a log whose old entries leave the table: a number that it has reached, behind which nothing has left. */
  reached?: number | undefined;
  /** How many numbers an entry of this log covers at most: 1 if nothing is said. */
  batchMax?: number | undefined;
  /** The number that the entry must get. */
  expected?: number | undefined;
}

export interface Appended<E extends LogEntry> {
  entry: E;
  /** The entry was there already: this request is a copy. */
  repeated: boolean;
  /** When the entry before it was made. Undefined for the first one, for a copy, and where it was not seen. */
  previousAt: number | undefined;
  view: View;
}

/**
 * The entry would have got another number than it must get. Who asks may have another copy of this class, as the writers of a process are those of one of
 * its bundles: it is known by its code.
 */
export class Moved extends AppError {
  /** The number that it would have got. */
  readonly next: number;
  constructor(next: number) {
    super("topic.offset_moved", `The next offset is ${next}.`);
    this.next = next;
  }
}

/** The end of the log, and what stands right before it, from the table. Cost: usually half a read unit. */
export async function readTail(store: LogStore, logId: string, after: number | undefined, hasNonce: boolean): Promise<View> {
  const limit = hasNonce ? TAIL_LIMIT : 1;
  if (hasNonce && after !== undefined && after > 0) {
    // From `after` itself: while nothing is newer it is the one entry that comes back, and it proves the end.
    const tail = await store.read(logId, { from: after, limit, newestFirst: true });
    if (tail.length > 0) return View.of(tail);
  }
  const tail = await store.read(logId, { limit, newestFirst: true, consistent: hasNonce && after !== undefined && after > 0 });
  return View.of(tail);
}

/**
 * Stores the draft behind the last entry of the log, or finds the copy of it that is stored already.
 * @param seen what this writer has seen of the log; may be out of date.
 * @throws message.conflict if too much was said since `after` to be sure that no copy is among it; unavailable if others were faster for too long;
 * topic.offset_moved (`Moved`) if there is no copy and the number is not the `expected` one.
 */
export async function append<E extends LogEntry>(
  store: LogStore,
  logId: string,
  draft: Draft<E>,
  { after, floor, reached, batchMax = 1, expected }: Appending,
  seen: View,
): Promise<Appended<E>> {
  const identity = identityOf(draft);
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  const least = Math.max(floor ?? 0, reached ?? 0);
  let view = seen.end < least ? View.endingAt(least) : seen;
  let isCurrent = false;
  for (;;) {
    if (identity !== undefined) {
      const lowest = Math.max(lookBehind(after, view.end), floor ?? 0) + 1;
      await readBack(store, logId, view, {
        lowest,
        batchMax,
        mayBeGone: floor !== undefined || (reached !== undefined && after === undefined),
      });
      const twin = view.find(identity);
      if (twin !== undefined) return { entry: await readOne<E>(store, logId, twin), repeated: true, previousAt: undefined, view };
    }
    if (expected !== undefined && expected !== view.end + 1) {
      if (isCurrent) throw new Moved(view.end + 1);
      isCurrent = true;
      view = await readOn(store, logId, view);
      continue;
    }

    const entry = { ...draft, log_id: logId, seq: view.end + 1 } as E;
    const previousAt = view.endedAt;
    const winner = await store.put(entry); // it may be this very entry: then its twin is found on the next turn
    if (!winner) {
      view.append(entry);
      return { entry, repeated: false, previousAt, view };
    }
    view.append(winner);
    if (Date.now() > deadline) throw unavailable(new Error(`no free number in ${logId} for ${GIVE_UP_AFTER_MS} ms`));

    await sleep(Math.random() * JITTER_MS);
    view = await readOn(store, logId, view);
  }
}

/** The number behind which a writer looks for a twin, if the log has reached `end`. */
function lookBehind(after: number | undefined, end: number): number {
  return Math.min(after ?? Math.max(0, end - LOOK_BACK), end);
}

/** As `lookBehind`. @throws message.conflict if a writer would not look through so much. */
export function boundedAfter(after: number | undefined, end: number): number {
  const bounded = lookBehind(after, end);
  if (end - bounded >= MAX_READ_BACK) throw tooMuchSince();
  return bounded;
}

interface ReadingBack extends Required<Pick<Appending, "batchMax">> {
  lowest: number;
  mayBeGone: boolean;
}

/** Makes the view reach down to `lowest`, or to where `mayBeGone` what was there. */
async function readBack(store: LogStore, logId: string, view: View, { lowest, batchMax, mayBeGone }: ReadingBack): Promise<void> {
  if (view.end - lowest >= MAX_READ_BACK * batchMax) throw tooMuchSince();
  for (let read = 0; view.from > lowest;) {
    if (read >= MAX_READ_BACK) throw tooMuchSince();
    const before = view.from;
    const look = { to: before - 1, newestFirst: true, consistent: true, identityOnly: true };
    const limit = Math.min(READ_BACK_PAGE, before - lowest);
    const entries = await store.read(logId, { ...look, from: lowest, limit });
    read += entries.length;
    view.prepend(entries);
    // A batch that begins before `lowest` may cover it.
    if (view.from === before && batchMax > 1) view.prepend(await store.read(logId, { ...look, limit: 1 }));
    if (view.from < before) continue;
    if (mayBeGone) return;
    throw tooMuchSince();
  }
}

/** Everything behind the view's end. */
async function readOn(store: LogStore, logId: string, view: View): Promise<View> {
  for (;;) {
    const more = await store.read(logId, { from: view.end + 1, limit: READ_BACK_PAGE, consistent: true, identityOnly: true });
    for (const entry of more) view.append(entry);
    if (more.length < READ_BACK_PAGE) return view;
  }
}

async function readOne<E extends LogEntry>(store: LogStore, logId: string, seq: number): Promise<E> {
  const [entry] = await store.read(logId, { from: seq, to: seq, limit: 1, consistent: true });
  if (!entry) throw new Error(`${logId} has lost entry ${seq}`);
  return entry as E;
}

function tooMuchSince(): AppError {
  return new AppError(
    "message.conflict",
    "So much was said since that it cannot be told whether this was said already. Read on, then try again.",
  );
}
