import { firstOf, type Finding } from "../../finding";
import type { StreamHistory } from "../stream-history";

/** At least once: whatever is before the offset that a group has committed, some member was done with. */
export const undelivered = (history: StreamHistory): Finding[] => firstOf(findings(history));

function* findings({ groups, sightings }: StreamHistory): Generator<Finding> {
  for (const [group, { name, processed }] of groups.entries()) {
    let committed = 1;
    for (const sighting of sightings) if (sighting.group === group) committed = Math.max(committed, sighting.committed);
    for (let offset = 1; offset < committed; offset++) {
      if (!processed.has(offset))
        yield { what: `${name} has committed ${committed}, and no member was done with ${offset}`, evidence: { group: name, offset } };
    }
  }
}
