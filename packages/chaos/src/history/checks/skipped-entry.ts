import { firstOf, type Check, type Finding } from "../finding";
import type { History } from "../history";

/** An observer that was connected and caught up when all was over has been handed the log to its end. (One that skips in between has a hole.) */
export const skippedEntry: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const { id, log, after, delivered, end } of history.observers) {
    const final = history.finals.find((one) => one.log === log);
    if (end !== "caught_up" || !final) continue;
    const last = delivered.at(-1)?.seq ?? after;
    if (last !== undefined && last < final.head)
      yield {
        what: `observer ${id} says that it has caught up with ${history.logs[log]} at ${last}, which ends at ${final.head}`,
        evidence: { observer: id, after, last, head: final.head },
      };
  }
}
