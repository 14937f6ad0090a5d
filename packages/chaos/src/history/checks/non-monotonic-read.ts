import { firstOf, type Check, type Finding } from "../finding";
import type { History } from "../history";
import { shortOf } from "./reaches";

/** What a client has been shown does not go away: a later page of the same client reaches at least as far, and so does the log after a restart. */
export const nonMonotonicRead: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const read of history.reads) {
    const problem = shortOf(read, read.known);
    if (!problem) continue;
    const { entries, ...asked } = read;
    yield {
      what: `${read.client} had been shown ${read.known} of ${history.logs[read.log]} and then got a page that ${problem}`,
      evidence: { ...asked, first: entries.at(0)?.seq, last: entries.at(-1)?.seq },
    };
  }
  const heads = new Map<number, number>();
  for (const { log, when, head } of history.finals) {
    const before = heads.get(log) ?? 0;
    if (head < before) yield { what: `${history.logs[log]} ended at ${before}, and at ${head} when ${when}`, evidence: { before, head } };
    heads.set(log, head);
  }
}
