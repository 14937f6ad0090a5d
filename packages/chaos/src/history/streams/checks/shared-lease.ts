import { firstOf, type Finding } from "../../finding";
import { goneBack, type Group, type Poll, type Span, type StreamHistory } from "../stream-history";

/** A generation belongs to one member, no older one is given out later, and none begins while the lease of another lasts and was not given back. */
export const sharedLease = (history: StreamHistory): Finding[] => firstOf(findings(history));

/** What is measured here and what the server wrote down are rounded. */
const ROUNDING_MS = 5;

function* findings(history: StreamHistory): Generator<Finding> {
  for (const [number, group] of history.groups.entries()) {
    const polls = history.polls.filter((poll) => poll.group === number);
    const holders = new Map<number, Poll>();
    for (const poll of polls) {
      const first = holders.get(poll.generation) ?? poll;
      if (first.member !== poll.member)
        yield {
          what: `${first.member} and ${poll.member} have both had generation ${poll.generation} of ${group.name}`,
          evidence: { first, poll },
        };
      holders.set(poll.generation, first);
    }
    for (const { before, after } of goneBack(polls, ({ generation }) => generation)) {
      yield {
        what: `${after.member} got generation ${after.generation} of ${group.name} after ${before.generation}`,
        evidence: { before, after },
      };
    }
    yield* takenTooEarly(history, number, group, polls);
  }
}

function* takenTooEarly(history: StreamHistory, number: number, { name, leaseMs }: Group, polls: readonly Poll[]): Generator<Finding> {
  const { renewals, releasedAt } = leasesOf(history, number, polls);
  /** Of all generations that are higher, what was the first to be had. */
  let first: Poll | undefined;
  for (const generation of [...new Set(polls.map((poll) => poll.generation))].sort((a, b) => b - a)) {
    const renewal = renewals.get(generation);
    if (first && renewal && first.endAt < renewal.startAt + leaseMs - ROUNDING_MS) {
      const { endAt } = first;
      const isReleased = (releasedAt.get(generation) ?? Infinity) <= endAt;
      const hasLeapt = history.leaps.some((at) => at >= renewal.startAt && at <= endAt);
      if (!isReleased && !hasLeapt)
        yield {
          what: `${first.member} got generation ${first.generation} of ${name} while the lease of ${generation} lasted`,
          evidence: { first, renewal, leaseMs },
        };
    }
    for (const poll of polls) if (poll.generation === generation && poll.endAt < (first?.endAt ?? Infinity)) first = poll;
  }
}

/** Of each generation, the last request that is known to have renewed its lease, and the first that gave it back. */
function leasesOf({ commits }: StreamHistory, group: number, polls: readonly Poll[]) {
  const renewals = new Map<number, Span>();
  const releasedAt = new Map<number, number>();
  const renewed = (generation: number, { startAt, endAt }: Span) => {
    if (startAt > (renewals.get(generation)?.startAt ?? -Infinity)) renewals.set(generation, { startAt, endAt });
  };
  for (const poll of polls) renewed(poll.generation, poll);
  for (const { group: to, generation, release, startAt, offset, answer } of commits) {
    if (to !== group) continue;
    if (release) releasedAt.set(generation, Math.min(startAt, releasedAt.get(generation) ?? Infinity));
    else if (answer?.committed === offset) renewed(generation, { startAt, endAt: answer.endAt }); // a lower one changes nothing
  }
  return { renewals, releasedAt };
}
