import { NOBODYS } from "../../entries";
import { firstOf, nameOf, type Finding } from "../../finding";
import type { StreamHistory } from "../stream-history";

/** What was to get one offset has got that or is not there, and what was refused since the offset had moved is not there. */
export const unexpectedOffset = (history: StreamHistory): Finding[] => firstOf(findings(history));

function* findings(history: StreamHistory): Generator<Finding> {
  const conditionals = new Map(history.conditionals.map((conditional) => [conditional.send, conditional]));
  for (const { when, entries } of history.finals) {
    for (const { seq, send } of entries) {
      const conditional = send === NOBODYS ? undefined : conditionals.get(send);
      if (!conditional) continue;
      if (seq !== conditional.expected)
        yield {
          what: `${nameOf(history, send)} was to stand at ${conditional.expected}, and stands at ${seq}`,
          evidence: { conditional, when },
        };
      if (conditional.isRefused)
        yield { what: `${nameOf(history, send)} was refused, and stands at ${seq}`, evidence: { conditional, when } };
    }
  }
}
