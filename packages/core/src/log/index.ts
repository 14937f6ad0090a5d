import { inThisProcess } from "../lib/in-this-process";
import { boundedAfter } from "./append";
import type { Appended, Appending } from "./append";
import type { Draft, LogEntry } from "./entry";
import { tableStore } from "./store";
import type { View } from "./view";
import { Writers } from "./writers";

export type { Draft, LogEntry } from "./entry";

/** One line for each log and process: two bundles that write to one log would race each other, and the busier one would starve the other. */
const writers = inThisProcess("log.writers", () => new Writers(tableStore));

/** A number for `after` that says: there cannot be a copy of this entry yet, so none needs to be looked for. */
export const NO_COPY = Number.MAX_SAFE_INTEGER;

/**
 * Starts to read the end of a log while the caller is still checking rights: see `append`.
 * Cost: half a read unit, or nothing when this process wrote to the log within the last half second.
 */
export function lookAhead(logId: string, after: number | undefined): Promise<View> | undefined {
  return writers.lookAhead(logId, after, after !== NO_COPY);
}

/**
 * Stores an entry behind the last one of its log, under the next number. Numbers have no hole, and an entry that can be seen has all that
 * are before it. If the entry has a nonce, and `after` is a number up to which its author has seen every entry and found no copy of it, the
 * entry is stored exactly once, however often, late or in how many processes this is called; then `repeated` says that this call found the copy.
 * Without `after` only the last hundred entries are looked through.
 * @param ahead the result of `lookAhead`.
 * @param floor of a log whose entries expire, `reached`, `batchMax` of one with batches, `expected`: see `Appending`.
 * @throws message.conflict if more than four thousand entries would have to be looked through; unavailable if others were faster for five seconds;
 * topic.offset_moved if the entry would get another number than `expected`.
 * Cost: 1 write unit per KB; usually nothing or half a read unit beside it; 1 write unit for each lost race.
 */
export async function append<E extends LogEntry>(
  logId: string,
  draft: Draft<E>,
  { ahead, ...appending }: Appending & { ahead?: Promise<View> | undefined } = {},
): Promise<Omit<Appended<E>, "view">> {
  const { view: _, ...appended } = await writers.append<E>(logId, draft, appending, ahead);
  return appended;
}

/**
 * The `after` for an append of which nobody may make two by a wrong `after`: no higher than what the log has reached, so that all copies that are
 * appended from now on with this number find each other.
 * @throws message.conflict if that is further back than `append` looks. Cost: nothing, or half a read unit where `ahead` did not read the end.
 */
export async function settleAfter(logId: string, after: number | undefined, ahead: Promise<View> | undefined): Promise<number> {
  return boundedAfter(after, await writers.reached(logId, ahead));
}

export { lastOf } from "./entry";
export { entriesFrom, nextAppend } from "./following";
export { backwards, end, findCopy, head, page, walkBack } from "./page";
export { OUT_OF_ORDER_MS, seqAt } from "./time";
export { drop, entryWrite, erase, find, findMany, revise, reviseWrite } from "./revise";
