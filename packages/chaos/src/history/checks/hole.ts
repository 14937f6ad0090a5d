import { Places, type Entries } from "../entries";
import { firstOf, type Check, type Finding } from "../finding";
import type { History, PageRead } from "../history";

/** Numbers are 1, 2, 3, … without a hole: in the log, in what an observer is handed, and within a page. */
export const hole: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const { log, when, head, entries } of history.finals) {
    const places = new Places(entries);
    const end = Math.max(head, places.highest);
    for (let seq = 1; seq <= end; seq++) {
      if (!places.at(seq)) yield { what: `${history.logs[log]} has nothing at ${seq}, and ends at ${end}`, evidence: { seq, when, head } };
    }
  }
  for (const { id, log, after, delivered } of history.observers) {
    const jump = firstJump(delivered, after);
    if (jump)
      yield { what: `observer ${id} of ${history.logs[log]} was handed ${jump[1]} after ${jump[0]}`, evidence: { observer: id, after } };
  }
  for (const read of history.reads) {
    const problem = problemOf(read);
    if (!problem) continue;
    const { entries, ...asked } = read;
    const seqs = [...entries].map(({ seq }) => seq);
    yield { what: `a page of ${history.logs[read.log]} ${problem}`, evidence: { ...asked, seqs } };
  }
}

/** The first number that is not the next one; a number from before is no jump but a repeat. */
function firstJump(delivered: Entries, after: number | undefined): [number, number] | undefined {
  let last = after;
  for (const { seq } of delivered) {
    if (last !== undefined && seq > last + 1) return [last, seq];
    last = Math.max(last ?? 0, seq);
  }
  return undefined;
}

function problemOf({ kind, cursor, hasMore, entries }: PageRead): string | undefined {
  const step = kind === "after" ? 1 : -1;
  let last: number | undefined;
  for (const { seq } of entries) {
    if (last !== undefined && seq !== last + step) return `has ${seq} next to ${last}`;
    last = seq;
  }
  const first = entries.at(0)?.seq;
  if (kind === "after" && first !== undefined && first !== cursor + 1) return `begins at ${first} when asked for what is behind ${cursor}`;
  if (kind === "before" && first !== undefined && first >= cursor) return `begins at ${first} when asked for what is before ${cursor}`;
  if (kind !== "after" && last !== undefined && !hasMore && last > 1) return `ends at ${last} and says that nothing is before it`;
  return undefined;
}
