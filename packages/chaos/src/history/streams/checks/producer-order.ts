import { NOBODYS } from "../../entries";
import { firstOf, nameOf, type Finding } from "../../finding";
import type { History } from "../../history";

/**
 * What a producer had been promised a place for stands before all that it sent later. (What it was told to have failed may be stored late, behind
 * others: nothing is said of that.)
 */
export const producerOrder = (history: History): Finding[] => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const { log, when, entries } of history.finals) {
    const offsets = new Map<number, number>();
    for (const { seq, send } of entries) if (send !== NOBODYS) offsets.set(send, seq);
    const lastOf = new Map<number, { send: number; seq: number }>();
    for (const [send, { person, log: sentTo, ack }] of history.sends) {
      const seq = offsets.get(send);
      if (sentTo !== log || seq === undefined) continue;
      const last = lastOf.get(person);
      if (last && seq < last.seq)
        yield {
          what: `${nameOf(history, send)} stands at ${seq}, before send ${last.send} at ${last.seq}, which is older`,
          evidence: { send, seq, last, when },
        };
      if (ack && seq > (last?.seq ?? 0)) lastOf.set(person, { send, seq });
    }
  }
}
