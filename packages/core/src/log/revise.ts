import { ConditionFailed, deleteItems, getItems, putItem, query } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { unavailable } from "../lib/error";
import { sleep } from "../lib/sleep";
import type { Draft, LogEntry } from "./entry";
import { tableStore } from "./store";

/** Others that change the same entry at the same moment come first so often. Each time one of them is done, so with as many it is sure to work. */
const TRIES = 25;
const JITTER_MS = 8;

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

/**
 * Changes an entry in place; its number, author and nonce stay. Whoever changes it at the same moment is not overwritten: `change` is asked again, with
 * what they made of it. It may throw, or answer undefined: nothing is to be changed.
 * @returns the entry as it is now, and whether this call changed it; undefined if there is no such entry.
 * @throws unavailable. Cost: 1 read unit and 1 write unit per KB.
 */
export async function revise<E extends Revisable>(
  logId: string,
  seq: number,
  change: (entry: E) => Partial<E> | undefined,
): Promise<{ entry: E; revised: boolean } | undefined> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const before = await find<E>(logId, seq);
    if (!before) return undefined;
    const changed = change(before);
    if (!changed) return { entry: before, revised: false };
    const { entry, condition, values } = revision(before, changed);
    try {
      await putItem("Messages", { ...entry }, { condition, ...(values ? { values } : {}) });
      return { entry, revised: true };
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      await sleep(Math.random() * JITTER_MS);
    }
  }
  throw unavailable(new Error(`${logId}#${seq} was changed by others ${TRIES} times`));
}

/** The write that changes an entry, if it is still as it was read, for a transaction with others. */
export function reviseWrite<E extends Revisable>(before: E, changed: Partial<E>): { write: Write; entry: E } {
  const { entry, condition, values } = revision(before, changed);
  return { write: { table: "Messages", put: { ...entry }, condition, ...(values ? { values } : {}) }, entry };
}

function revision<E extends Revisable>(before: E, changed: Partial<E>) {
  const { log_id, seq, author, nonce, revision = 1 } = before;
  const entry = { ...before, ...changed, log_id, seq, author, ...(nonce === undefined ? {} : { nonce }), revision: revision + 1 };
  const isUnchanged = before.revision === undefined ? "attribute_not_exists(revision)" : "revision = :revision";
  return {
    entry,
    condition: `attribute_exists(log_id) AND ${isUnchanged}`,
    values: before.revision === undefined ? undefined : { ":revision": revision },
  };
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
 * @returns whether the log is empty now. Cost: 1 read unit per 4 KB, 1 write unit per KB.
 */
export async function erase(logId: string, until: number): Promise<boolean> {
  for (;;) {
    const { items, lastKey } = await query("Messages", {
      key: "log_id = :log",
      values: { ":log": logId },
      project: "log_id, seq",
      limit: ERASED_AT_ONCE,
      consistent: true, // what is missed now nobody would find again
    });
    await deleteItems("Messages", items);
    if (!lastKey) return true;
    if (Date.now() >= until) return false;
  }
}
