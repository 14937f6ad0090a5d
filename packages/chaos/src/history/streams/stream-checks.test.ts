import { describe, expect, test } from "vitest";
import { failedChecks, judgeBy } from "../checks";
import { Entries } from "../entries";
import { digestOf, LENGTH, log, observer, read, seenAt } from "../testing/story";
import { streamChecks, type StreamCheckName } from "./stream-checks";
import type { StreamHistory } from "./stream-history";
import { COMMITTED, commit, HALF, LEASE_MS, poll, sighting, streamStory } from "./testing/stream-story";

type Change = (history: StreamHistory) => void;

const failed = (change: Change): StreamCheckName[] => {
  const history = streamStory();
  change(history);
  return failedChecks(judgeBy(streamChecks, history));
};

/** The log reads so in the end, both times. */
const logIs = (history: StreamHistory, entries: ReturnType<typeof log>) => {
  for (const final of history.finals) Object.assign(final, { head: entries.at(-1)?.seq ?? 0, entries: Entries.of(entries) });
};
test("a correct history passes every check", () => {
  expect(failed(() => undefined)).toEqual([]);
});

/** Each differs from the correct history by one thing. Those of logs have more of them in ../checks.test.ts. */
const planted: Record<StreamCheckName, Record<string, Change>> = {
  lost_write: { "an acknowledged message is never read again": (history) => logIs(history, log(LENGTH - 2)) },
  duplicate: { "a message stands at two offsets": (history) => logIs(history, [...log(), { ...seenAt(LENGTH), seq: LENGTH + 1 }]) },
  hole: {
    "an offset is missing": (history) => logIs(history, [...log(), { ...seenAt(LENGTH), seq: LENGTH + 2 }].toSpliced(LENGTH - 1, 1)),
    "a poller jumps over an offset": (history) => history.observers.push(observer("poller", { seqs: [1, 2, 4, 5] })),
    "a page begins behind what was asked for": (history) =>
      history.reads.push(read({ kind: "after", cursor: 2, entries: Entries.of([4, 5, 6].map(seenAt)) })),
  },
  order_disagreement: {
    "two values are read at one offset": (history) => {
      const other = observer("poller", { seqs: [1] });
      other.delivered.push({ ...seenAt(3), seq: 2 });
      history.observers.push(other);
    },
    "a poller is handed an offset after a later one": (history) => history.observers.push(observer("poller", { after: 3, seqs: [4, 2] })),
  },
  read_your_writes: {
    "a poll that began after an acknowledgement says that there is nothing yet": (history) =>
      history.reads.push(read({ kind: "after", cursor: LENGTH - 2, startAt: 200, head: LENGTH - 2, known: 0 })),
  },
  non_monotonic_read: {
    "a poller that has read an offset is told an earlier end": (history) =>
      history.reads.push(read({ kind: "after", cursor: 5, startAt: 0, head: 5, known: 6 })),
  },
  skipped_entry: {
    "a poller that waits at the end is not given the last message": (history) =>
      history.observers.push(observer("poller", { seqs: [1, 2, 3, 4, 5, 6], end: "caught_up" })),
  },
  unsent_entry: {
    "a message of another topic is read": (history) => {
      history.logs.push("other");
      const astray = history.sends.begin({ person: 0, log: 1, startAt: 0 });
      logIs(history, [...log(), { seq: LENGTH + 1, send: astray, digest: 0 }]);
    },
  },
  producer_order: {
    "what was sent later stands before what is acknowledged": (history) => {
      const late = history.sends.begin({ person: 1, log: 0, startAt: 300 });
      history.sends.describe(late, digestOf(late));
      // Two that were never acknowledged, so that nothing else is wrong: the last of the story and this one, and between them one that was.
      const between = history.sends.begin({ person: 1, log: 0, startAt: 290 });
      history.sends.describe(between, digestOf(between));
      const last = history.sends.begin({ person: 1, log: 0, startAt: 310 });
      history.sends.describe(last, digestOf(last));
      history.sends.acknowledge(between, { seq: LENGTH + 2, digest: digestOf(between), at: 311 });
      const seen = (send: number, seq: number) => ({ send, seq, digest: digestOf(send) });
      logIs(history, [...log(), seen(last, LENGTH + 1), seen(between, LENGTH + 2), seen(late, LENGTH + 3)]);
    },
  },
  unexpected_offset: {
    "a message stands elsewhere than it was to": (history) => history.conditionals.push({ send: 3, expected: 3, isRefused: false }),
    "a message stands there that was refused": (history) => history.conditionals.push({ send: 3, expected: 4, isRefused: true }),
  },
  committed_backwards: {
    "a later look finds less": (history) => history.sightings.push(sighting({ startAt: 1_500, committed: 1 })),
    "a poll begins before what was committed": (history) => history.sightings.push(sighting({ startAt: 250, committed: 1, by: "a poll" })),
    "a commit is answered with less": (history) =>
      history.commits.push(commit({ startAt: 160, offset: 4, answer: { endAt: 170, committed: 3 } })),
  },
  unasked_commit: {
    "an offset is committed that nobody named": (history) => history.sightings.push(sighting({ startAt: 1_405, committed: 6 })),
    "an offset is committed before somebody named it": (history) => history.sightings.push(sighting({ startAt: 120, committed: HALF })),
  },
  shared_lease: {
    "two members have the same generation": (history) => history.polls.push(poll({ member: "two", generation: 1, startAt: 205 })),
    "an older generation is given out later": (history) => history.polls.push(poll({ member: "one", generation: 1, startAt: 1_320 })),
    "a generation begins while the lease of another lasts": (history) =>
      history.polls.push(poll({ member: "two", generation: 2, startAt: 200 + LEASE_MS - 50 })),
    "a commit has renewed the lease, and another begins": (history) =>
      history.commits.push(commit({ startAt: 600, offset: 5, answer: { endAt: 610, committed: 5 } })),
  },
  undelivered: {
    "nobody was done with a message that is committed": (history) => history.groups[0]?.processed.delete(2),
    "nor with the last of them": (history) => history.groups[0]?.processed.delete(COMMITTED - 1),
  },
};

describe.each(Object.keys(planted) as StreamCheckName[])("%s", (name) => {
  test.each(Object.entries(planted[name]))("fails alone if %s", (_, plant) => {
    expect(failed(plant)).toEqual([name]);
  });
});

describe("what is not certain is not claimed", () => {
  const harmless: Record<string, Change> = {
    "a message that was not acknowledged stands behind those that were sent later": (history) => {
      const [lost, later] = [300, 310].map((startAt) => history.sends.begin({ person: 1, log: 0, startAt })) as [number, number];
      for (const send of [lost, later]) history.sends.describe(send, digestOf(send));
      history.sends.acknowledge(later, { seq: LENGTH + 1, digest: digestOf(later), at: 311 });
      const seen = (send: number, seq: number) => ({ send, seq, digest: digestOf(send) });
      logIs(history, [...log(), seen(later, LENGTH + 1), seen(lost, LENGTH + 2)]);
    },
    "a look at a group that was under way when more was committed": (history) =>
      history.sightings.push(sighting({ startAt: 1_405, endAt: 1_500, committed: 5 })),
    "a commit without an answer has taken effect": (history) => {
      history.commits.push(commit({ startAt: 155, offset: 6, answer: undefined }));
      history.sightings.push(sighting({ startAt: 1_350, committed: 6 }));
    },
    "a message that is refused is not there": (history) => {
      const send = history.sends.begin({ person: 0, log: 0, startAt: 300 });
      history.conditionals.push({ send, expected: 4, isRefused: true });
    },
    "a lease that was given back is taken at once": (history) => {
      history.polls.push(poll({ member: "three", generation: 3, startAt: 1_420 }));
    },
    "a lease ended as the server's clock was put forward": (history) => {
      history.polls.push(poll({ member: "two", generation: 2, startAt: 900 }));
      history.leaps = [800];
    },
    "a commit of what is committed already renews nothing": (history) =>
      history.commits.push(commit({ startAt: 1_000, offset: 2, answer: { endAt: 1_010, committed: 5 } })),
    "a member was done with what is not committed yet": (history) => history.groups[0]?.processed.add(COMMITTED),
  };
  test.each(Object.entries(harmless))("%s", (_, change) => {
    expect(failed(change)).toEqual([]);
  });
});
