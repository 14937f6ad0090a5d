import { LENGTH, story } from "../../testing/story";
import { newStreams, type Commit, type Poll, type Sighting, type StreamHistory } from "../stream-history";

export const LEASE_MS = 1_000;
/** All that was acknowledged, and what was not, has been read by the group. */
export const COMMITTED = LENGTH + 1;
/** What was committed when the first member crashed. */
export const HALF = LENGTH / 2 + 1;

/**
 * A history in which all is well: that of the log, which two producers wrote by turns and read back twice, and a group of two. `one` has the first
 * generation, commits half, crashes; when its lease is over `two` gets what was not committed again, goes on to the end, and gives the lease back.
 * The third send was one with an expected offset. A test changes one thing in it.
 */
export function streamStory(): StreamHistory {
  const all = Array.from({ length: LENGTH }, (_, i) => i + 1);
  return {
    ...story(),
    ...newStreams(),
    groups: [{ name: "orders/g", log: 0, leaseMs: LEASE_MS, processed: new Set(all) }],
    conditionals: [{ send: 2, expected: 3, isRefused: false }],
    polls: [
      poll({ member: "one", generation: 1, startAt: 100 }),
      poll({ member: "one", generation: 1, startAt: 200 }),
      poll({ member: "two", generation: 2, startAt: 1_300 }),
    ],
    commits: [
      commit({ startAt: 150, offset: HALF }),
      commit({ member: "two", generation: 2, startAt: 1_400, offset: COMMITTED, release: true }),
    ],
    sightings: [
      sighting({ startAt: 100, committed: 1 }),
      sighting({ startAt: 150, committed: HALF }),
      sighting({ startAt: 200, committed: HALF }),
      sighting({ startAt: 1_300, committed: HALF }),
      sighting({ startAt: 1_400, committed: COMMITTED }),
    ],
  };
}

export const poll = (changes: Partial<Poll> & { startAt: number }): Poll => ({
  group: 0,
  member: "one",
  generation: 1,
  endAt: changes.startAt + 10,
  ...changes,
});

export const sighting = (changes: Partial<Sighting> & { startAt: number }): Sighting => ({
  group: 0,
  by: "one",
  committed: 1,
  endAt: changes.startAt + 10,
  ...changes,
});

export const commit = (changes: Partial<Commit> & { startAt: number; offset: number }): Commit => ({
  group: 0,
  member: "one",
  generation: 1,
  release: false,
  answer: { endAt: changes.startAt + 10, committed: changes.offset },
  ...changes,
});
