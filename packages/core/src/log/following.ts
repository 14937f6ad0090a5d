import { EventEmitter } from "node:events";
import { inThisProcess } from "../lib/in-this-process";
import { lastOf } from "./entry";
import type { LogEntry } from "./entry";
import { tableStore } from "./store";

/** Whoever waits for a log of this process is told at once; of what another process appends it hears by looking. */
const appended = inThisProcess("log.appended", () => new EventEmitter().setMaxListeners(0));

export const announceAppended = (logId: string): void => void appended.emit(logId);

/** Resolves when this process appends to the log, or after so long. */
export function nextAppend(logId: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      appended.off(logId, done);
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    appended.once(logId, done);
  });
}

/**
 * A page of the entries that cover a number and those behind it, oldest first: it may begin with a batch that begins before. Sees every acknowledged append.
 * @param isBorder the number is known to be the first of an entry, if there is one.
 * @returns `isEnd`: nothing stands behind them. `end`: the last number that is known, 0 if none is.
 * Cost: 1 read unit per 4 KB; where nothing begins at the number, and it is no border, that of the entry before it.
 */
export async function entriesFrom(
  logId: string,
  from: number,
  { limit, isBorder = false }: { limit: number; isBorder?: boolean },
): Promise<{ entries: LogEntry[]; isEnd: boolean; end: number }> {
  const entries = await tableStore.read(logId, { from, limit, consistent: true });
  const isEnd = entries.length < limit;
  if (entries[0]?.seq !== from && !isBorder) {
    const [before] = await tableStore.read(logId, { to: from - 1, limit: 1, newestFirst: true, consistent: true });
    if (before && lastOf(before) >= from) entries.unshift(before);
    else if (before && entries.length === 0) return { entries, isEnd, end: lastOf(before) };
  }
  const last = entries.at(-1);
  if (last) return { entries, isEnd, end: lastOf(last) };
  return { entries, isEnd, end: isBorder ? from - 1 : 0 };
}
