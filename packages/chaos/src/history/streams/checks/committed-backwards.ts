import { firstOf, type Finding } from "../../finding";
import { goneBack, type StreamHistory } from "../stream-history";

/** What a group has committed never becomes less, and a commit that is answered has taken effect. */
export const committedBackwards = (history: StreamHistory): Finding[] => firstOf(findings(history));

function* findings({ groups, sightings, commits }: StreamHistory): Generator<Finding> {
  for (const [group, { name }] of groups.entries()) {
    const own = sightings.filter((sighting) => sighting.group === group);
    for (const { before, after } of goneBack(own, ({ committed }) => committed)) {
      yield { what: `${name} had committed ${before.committed}, and later ${after.committed}`, evidence: { before, after } };
    }
  }
  for (const commit of commits) {
    if (commit.answer && commit.answer.committed < commit.offset)
      yield {
        what: `a commit of ${commit.offset} to ${groups[commit.group]?.name} was answered with ${commit.answer.committed}`,
        evidence: { commit },
      };
  }
}
