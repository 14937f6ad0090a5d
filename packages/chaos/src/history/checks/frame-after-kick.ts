import { firstOf, type Check, type Finding } from "../finding";
import type { History } from "../history";

/** Longer than any stall or delay that a run puts between server and client: what comes later was not on its way when the kick was acknowledged. */
export const ON_ITS_WAY_MS = 10_000;

/**
 * Who was removed hears nothing more of the server: no frame and no answer to what began after the acknowledgement, and nothing at all once what
 * may have been on the wire by then has arrived.
 */
export const frameAfterKick: Check = (history) => firstOf(findings(history));

function* findings(history: History): Generator<Finding> {
  for (const heard of history.heardAfterKick) {
    const kick = history.kicks[heard.kick];
    if (!kick || heard.at >= kick.rejoinAt) continue;
    const beganAfter = heard.causeAt !== undefined && heard.causeAt > kick.ackAt;
    if (!beganAfter && heard.at <= kick.ackAt + ON_ITS_WAY_MS) continue;
    yield {
      what: `${history.people[kick.person]} was removed and ${Math.round(heard.at - kick.ackAt)} ms later heard: ${heard.what}`,
      evidence: { kick, heard },
    };
  }
}
