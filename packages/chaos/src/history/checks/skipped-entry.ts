import { firstOf, type Check, type Finding } from "../finding";
import type { History } from "../history";

/**
 * An observer that was connected and caught up when all was over has been handed every entry that was acknowledged, and those before it. (One that
 * skips in between has a hole. What was stored and never acknowledged is pushed when its sender repeats it, who may have been removed meanwhile.)
 */
export const skippedEntry: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  const acknowledged = highestAcknowledged(history);
  for (const { id, log, after, delivered, end } of history.observers) {
    if (end !== "caught_up") continue;
    const last = delivered.at(-1)?.seq ?? after;
    const highest = acknowledged[log] ?? 0;
    if (last !== undefined && last < highest)
      yield {
        what: `observer ${id} says that it has caught up with ${history.logs[log]} at ${last}, where ${highest} was acknowledged`,
        evidence: { observer: id, after, last, highest },
      };
  }
}

/** Of each log. */
export function highestAcknowledged({ logs, sends }: History): number[] {
  const highest = logs.map(() => 0);
  for (const [, { log, ack }] of sends) if (ack) highest[log] = Math.max(highest[log] ?? 0, ack.seq);
  return highest;
}
