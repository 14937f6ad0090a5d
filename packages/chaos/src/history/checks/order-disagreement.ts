import { Places, type Entries } from "../entries";
import { firstOf, isSame, nameOf, type Check, type Finding } from "../finding";
import type { History } from "../history";

/**
 * Everybody who was shown a number was shown the same message there, and the log has it: each observer and each page is compared with the log, and
 * thereby with each other. A number that is missing from the log below its end is a hole, not a disagreement.
 */
export const orderDisagreement: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const [log, name] of history.logs.entries()) {
    const [final, ...later] = history.finals.filter((one) => one.log === log);
    if (!final) continue;
    const places = new Places(final.entries);
    const compare = (who: string, entries: Entries) => disagreements(history, { places, name, who, entries });
    for (const { when, entries } of later) yield* compare(`the log when it was ${when}`, entries);
    for (const one of history.observers) if (one.log === log) yield* compare(`observer ${one.id}`, one.delivered);
    for (const one of history.reads) if (one.log === log) yield* compare(`a page that ${one.client} read`, one.entries);
  }
}

interface Comparison {
  places: Places;
  name: string;
  who: string;
  entries: Entries;
}

function* disagreements(history: History, { places, name, who, entries }: Comparison): Generator<Finding> {
  let last = 0;
  const isAscending = who.startsWith("observer");
  for (const seen of entries) {
    const there = places.at(seen.seq);
    if (there && !isSame(there, seen))
      yield {
        what: `${who} saw ${nameOf(history, seen.send)} at ${seen.seq} of ${name}, where the log has ${nameOf(history, there.send)}`,
        evidence: { seen, there },
      };
    if (seen.seq > places.highest)
      yield {
        what: `${who} saw ${nameOf(history, seen.send)} at ${seen.seq} of ${name}, which ends at ${places.highest}`,
        evidence: { seen, end: places.highest },
      };
    if (isAscending && seen.seq < last) yield { what: `${who} was handed ${seen.seq} of ${name} after ${last}`, evidence: { seen, last } };
    last = seen.seq;
  }
}
