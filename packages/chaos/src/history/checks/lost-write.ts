import { Places } from "../entries";
import { firstOf, nameOf, type Check, type Finding } from "../finding";
import type { FinalLog, History } from "../history";

/** A message that was acknowledged is in the log, at the number that the acknowledgement named, with what was sent. */
export const lostWrite: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  const finals = history.finals.map((final) => ({ final, places: new Places(final.entries) }));
  for (const [send, { log, digest, ack }] of history.sends) {
    if (!ack) continue;
    if (ack.digest !== digest)
      yield { what: `${nameOf(history, send)} was acknowledged with another author, nonce or content`, evidence: { send, ack } };
    for (const { final, places } of finals) {
      if (final.log !== log) continue;
      const there = places.at(ack.seq);
      if (there?.send === send && there.digest === digest) continue;
      yield {
        what: `${nameOf(history, send)} was acknowledged as ${ack.seq}; ${thereInstead(history, there?.send)}`,
        evidence: { send, ack, when: final.when, head: final.head, there, elsewhere: seqsOf(final, send), isChanged: there?.send === send },
      };
    }
  }
}

function thereInstead(history: History, send: number | undefined): string {
  return send === undefined ? "nothing stands there" : `${nameOf(history, send)} stands there`;
}

function seqsOf({ entries }: FinalLog, send: number): number[] {
  const seqs: number[] = [];
  for (const entry of entries) if (entry.send === send) seqs.push(entry.seq);
  return seqs;
}
