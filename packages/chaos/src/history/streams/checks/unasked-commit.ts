import { firstOf, type Finding } from "../../finding";
import type { StreamHistory } from "../stream-history";

/** What a group is seen to have committed is where it began, 1, or what somebody had asked for by then. */
export const unaskedCommit = (history: StreamHistory): Finding[] => firstOf(findings(history));

function* findings({ groups, sightings, commits }: StreamHistory): Generator<Finding> {
  const askedAt = groups.map(() => new Map([[1, 0]]));
  for (const { group, offset, startAt } of commits) {
    const at = askedAt[group];
    at?.set(offset, Math.min(at.get(offset) ?? Infinity, startAt));
  }
  for (const sighting of sightings) {
    const { group, committed, endAt } = sighting;
    if ((askedAt[group]?.get(committed) ?? Infinity) > endAt)
      yield { what: `${groups[group]?.name} had committed ${committed}, which nobody had asked for`, evidence: { sighting } };
  }
}
