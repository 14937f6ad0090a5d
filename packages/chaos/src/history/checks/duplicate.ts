import { NOBODYS, type Entries } from "../entries";
import { firstOf, nameOf, type Check, type Finding } from "../finding";
import type { History } from "../history";

/** A message is in its log at most once, whether or not it was acknowledged; no acknowledgement gives it a second number; no observer gets a number twice. */
export const duplicate: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const { log, when, entries } of history.finals) {
    const seqOfSend = new Uint32Array(history.sends.length);
    for (const { seq, send } of entries) {
      if (send === NOBODYS) continue;
      const before = seqOfSend[send] ?? 0;
      if (before > 0)
        yield { what: `${nameOf(history, send)} is stored twice`, evidence: { send, seqs: [before, seq], log: history.logs[log], when } };
      seqOfSend[send] = seq;
    }
  }
  for (const { send, ack } of history.sends.contradictions) {
    const first = history.sends.at(send).ack;
    if (ack.seq !== first?.seq)
      yield { what: `${nameOf(history, send)} was acknowledged under two numbers`, evidence: { send, acks: [first, ack] } };
  }
  for (const { id, log, delivered } of history.observers) {
    const seq = firstRepeated(delivered);
    if (seq !== undefined) yield { what: `observer ${id} of ${history.logs[log]} got ${seq} twice`, evidence: { observer: id, seq } };
  }
}

/** Looks for a repeat only where the numbers do not ascend, which they always should. */
function firstRepeated(delivered: Entries): number | undefined {
  let highest = 0;
  const lower = new Set<number>();
  for (const { seq } of delivered) {
    if (seq <= highest) lower.add(seq);
    highest = Math.max(highest, seq);
  }
  for (const { seq } of delivered) {
    if (!lower.has(seq)) continue;
    let count = 0;
    for (const other of delivered) if (other.seq === seq) count++;
    if (count > 1) return seq;
    lower.delete(seq);
  }
  return undefined;
}
