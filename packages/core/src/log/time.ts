import type { LogEntry } from "./entry";
import { tableStore } from "./store";

/** Clocks differ, and an entry waits its turn: one that was made before another may stand behind it, by so much. */
export const OUT_OF_ORDER_MS = 60_000;
/** What was made within that span around a moment is looked through, as far as this; beyond, any entry of that span will do. */
const LOOKED_THROUGH = 100;

type Timed = Pick<LogEntry, "seq" | "created_at">;

/**
 * The number of the first entry that was made at a moment or later; of the last one if all were made before, and undefined for an empty log. Halving
 * finds it, as times rise with the numbers but for `OUT_OF_ORDER_MS`; where more was said within that span than fits in a page, it is one of those.
 * Cost: half a read unit for each halving, about log2 of the number of entries, and some for the page at the end.
 */
export async function seqAt(logId: string, at: number): Promise<number | undefined> {
  const [[first], [last]] = await Promise.all([
    tableStore.read(logId, { limit: 1 }), // the beginning may be gone
    tableStore.read(logId, { limit: 1, newestFirst: true, consistent: true }),
  ]);
  if (!first || !last) return undefined;
  // Nothing before this one was made at the moment or later.
  const from = await halve(logId, { low: first.seq, high: last.seq, isBefore: (entry) => timeOf(entry) < at - OUT_OF_ORDER_MS });
  const near = await tableStore.read(logId, { from, limit: LOOKED_THROUGH });
  const found = near.find((entry) => timeOf(entry) >= at);
  if (found) return found.seq;
  return halve(logId, { low: (near.at(-1)?.seq ?? from) + 1, high: last.seq, isBefore: (entry) => timeOf(entry) < at });
}

const timeOf = ({ created_at = 0 }: Timed): number => created_at;

interface Search {
  low: number;
  high: number;
  isBefore: (entry: Timed) => boolean;
}

/** The first number that is not before, or the highest. */
async function halve(logId: string, { low, high, isBefore }: Search): Promise<number> {
  let [from, to] = [Math.min(low, high), high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const [entry] = await tableStore.read(logId, { to: middle, limit: 1, newestFirst: true }); // it may be a batch
    if (entry && isBefore(entry)) from = middle + 1;
    else to = middle;
  }
  return from;
}
