import { ConditionFailed, deleteItems, getItems, isInTransaction, putItem, query, TransactionFailed, transactWrite } from "../lib/dynamo";
import type { Item, Write } from "../lib/dynamo";
import { unavailable } from "../lib/error";
import { inThisProcess } from "../lib/in-this-process";
import { sleep } from "../lib/sleep";
import type { Draft, LogEntry } from "./entry";
import { tableStore } from "./store";

/** Other processes that change the same entry at the same moment come first. Each time one of them is done, so a crowd is through in less than this. */
const GIVE_UP_AFTER_MS = 15_000;
/** About the latency of one put, and more with every try: of a crowd that tries all at once, all but one pay for a write that is refused. */
const JITTER_MS = 8;
const JITTER_MAX_MS = 160;

/** An entry that has been changed counts how often; one that has not may have no number. */
type Revisable = LogEntry & { revision?: number | undefined };

/** Sees every acknowledged append and revision. Cost: 1 read unit per 4 KB. */
export async function find<E extends LogEntry>(logId: string, seq: number): Promise<E | undefined> {
  const [entry] = await tableStore.read(logId, { from: seq, to: seq, limit: 1, consistent: true });
  return entry as E | undefined; // parsed by the domain that owns it
}

/** Those of at most a hundred that are there, in the order of their numbers. Cost: 1 read unit per 4 KB of each. */
export async function findMany<E extends LogEntry>(logId: string, seqs: readonly number[]): Promise<E[]> {
  const { Messages = [] } = await getItems({ Messages: { keys: seqs.map((seq) => ({ log_id: logId, seq })), consistent: true } });
  return (Messages as unknown as E[]).sort((a, b) => a.seq - b.seq); // parsed by the domain that owns them
}

interface Together<E> {
  /** The entry, if the caller has just read it. */
  found?: E | undefined;
  /** What is to be written with the entry, both or neither. Their conditions must hold. */
  also?: (entry: E) => Write[];
}

/**
 * Changes an entry in place; its number and nonce stay, and whose it is (though not what they are called). Whoever changes it at the same moment is not
 * overwritten: `change` is asked again, with what they made of it. It may throw, or answer undefined: nothing is to be changed.
 * @returns the entry as it is now, and whether this call changed it; undefined if there is no such entry.
 * @throws unavailable. Cost: 1 read unit unless it was found, and 1 write unit per KB (2 for it and whatever else is written); 1 of each for each lost race.
 */
export function revise<E extends Revisable>(
  logId: string,
  seq: number,
  change: (entry: E) => Partial<E> | undefined,
  { found, also }: Together<E> = {},
): Promise<{ entry: E; revised: boolean } | undefined> {
  return inLine(`${logId}#${seq}`, async (waited) => {
    const deadline = Date.now() + GIVE_UP_AFTER_MS;
    let before = (waited ? undefined : found) ?? (await find<E>(logId, seq));
    for (let attempt = 1; ; attempt++) {
      if (!before) return undefined;
      const changed = change(before);
      if (!changed) return { entry: before, revised: false };
      const { write, entry } = reviseWrite(before, changed);
      if (await isWritten(write, also?.(entry) ?? [])) return { entry, revised: true };
      if (Date.now() > deadline) throw unavailable(new Error(`${logId}#${seq} was changed by others ${attempt} times`));
      await sleep(Math.random() * Math.min(JITTER_MS * attempt, JITTER_MAX_MS));
      before = await find<E>(logId, seq);
    }
  });
}

/** One line for each entry and process, so that its own revisions never race each other. */
const lines = inThisProcess("log.revisions", () => new Map<string, { last: Promise<unknown>; waiting: number }>());
/** Revisions that may wait for one entry: about two seconds of work. */
const WAITING_MAX = 400;

async function inLine<T>(key: string, run: (waited: boolean) => Promise<T>): Promise<T> {
  const line = lines.get(key) ?? { last: Promise.resolve(), waiting: 0 };
  if (line.waiting >= WAITING_MAX) throw unavailable(new Error(`${WAITING_MAX} revisions wait for ${key}`));
  const waited = line.waiting++ > 0;
  lines.set(key, line);
  const turn = line.last.then(() => run(waited));
  line.last = turn.catch(() => undefined); // whoever waits for `turn` hears of it; the next in line goes on
  try {
    return await turn;
  } finally {
    if (--line.waiting === 0) lines.delete(key);
  }
}

/** False if somebody else was faster. */
async function isWritten(write: RevisionWrite, others: Write[]): Promise<boolean> {
  const { table, put, ...expression } = write;
  try {
    if (others.length === 0) await putItem(table, put, expression);
    else await transactWrite([write, ...others]);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed || error instanceof TransactionFailed || isInTransaction(error)) return false;
    throw error;
  }
}

interface RevisionWrite {
  table: "Messages";
  put: Item;
  condition: string;
  values?: Record<string, unknown>;
}

/** The write that changes an entry, if it is still as it was read, for a transaction with others. */
export function reviseWrite<E extends Revisable>(before: E, changed: Partial<E>): { write: RevisionWrite; entry: E } {
  const { log_id, seq, author, nonce, revision } = before;
  const entry = {
    ...before,
    ...changed,
    log_id,
    seq,
    author: { ...(changed.author ?? author), id: author.id },
    ...(nonce === undefined ? {} : { nonce }),
    revision: (revision ?? 1) + 1,
  };
  const isUnchanged = revision === undefined ? "attribute_not_exists(revision)" : "revision = :revision";
  const condition = `attribute_exists(log_id) AND ${isUnchanged}`;
  const values = revision === undefined ? {} : { values: { ":revision": revision } };
  return { write: { table: "Messages", put: { ...entry }, condition, ...values }, entry };
}

/**
 * The write that puts an entry on a number, if that is free, for a transaction with others. For logs that are written in no other way: who guesses
 * the number wrong is refused, and reads the end again.
 */
export function entryWrite<E extends LogEntry>(logId: string, seq: number, draft: Draft<E>): Write {
  return { table: "Messages", put: { ...draft, log_id: logId, seq }, condition: "attribute_not_exists(log_id)" };
}

const ERASED_AT_ONCE = 500;

/**
 * Deletes a log that nobody reads or writes any more, from its beginning on, until it is empty or the time is over. To be repeated until it is.
 * @param until milliseconds since the epoch.
 * @param before what is to be done first for each entry; of one with `attachments` it gets to see them, the author and the nonce.
 * @returns whether the log is empty now. Cost: 1 read unit per 4 KB, 1 write unit per KB.
 */
export async function erase(logId: string, until: number, before?: (entry: LogEntry) => Promise<void>): Promise<boolean> {
  for (;;) {
    const { items, lastKey } = await query("Messages", {
      key: "log_id = :log",
      values: { ":log": logId },
      project: before ? "log_id, seq, author.id, nonce, attachments" : "log_id, seq",
      limit: ERASED_AT_ONCE,
      consistent: true, // what is missed now nobody would find again
    });
    const done = before ? await doneInTime(items as unknown as LogEntry[], until, before) : items;
    await deleteItems(
      "Messages",
      done.map(({ log_id, seq }) => ({ log_id, seq })),
    );
    if (!lastKey && done.length === items.length) return true;
    if (Date.now() >= until) return false;
  }
}

/** Deletes entries that nobody looks for here any more. Cost: 1 write unit per KB of each. */
export async function drop(logId: string, seqs: readonly number[]): Promise<void> {
  await deleteItems(
    "Messages",
    seqs.map((seq) => ({ log_id: logId, seq })),
  );
}

async function doneInTime(entries: LogEntry[], until: number, before: (entry: LogEntry) => Promise<void>): Promise<LogEntry[]> {
  const done: LogEntry[] = [];
  for (const entry of entries) {
    if (done.length > 0 && Date.now() >= until) break; // one at least, so that each time something is done
    await before(entry);
    done.push(entry);
  }
  return done;
}
