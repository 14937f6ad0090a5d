import { NOBODYS } from "../entries";
import { firstOf, type Check, type Finding } from "../finding";
import type { History } from "../history";

/** Every entry of a log is a message that somebody sent to that log. */
export const unsentEntry: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const { log, when, entries } of history.finals) {
    for (const { seq, send } of entries) {
      const sentTo = send === NOBODYS ? undefined : history.sends.at(send).log;
      if (sentTo === log) continue;
      yield {
        what: `${history.logs[log]} has at ${seq} what nobody sent there`,
        evidence: { seq, when, sentTo: sentTo === undefined ? undefined : history.logs[sentTo] },
      };
    }
  }
}
