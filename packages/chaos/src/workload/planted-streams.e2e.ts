import { expect, test, vi } from "vitest";
import { failedChecks } from "../history/checks";
import type { StreamCheckName } from "../history/streams/stream-checks";
import { runStreams } from "./streams/run";
import { forgetsCommits, forgetsLeases, liar, losesWrites, skipsEntries, storesTwice, type Lie } from "./testing/liar";
import { inOwnFolder } from "./testing/own-folder";

vi.setConfig({ testTimeout: 180_000 });

/** Streams over a database that tells this lie, for a few seconds. */
async function checksThatFailOver(lie: Lie): Promise<StreamCheckName[]> {
  const size = { topics: 1, producers: 2, appenders: 1, pollers: 2, groups: 1, members: 3 };
  const talk = { messages: Infinity, talkMs: 5_000, comeBackMs: 5_000 };
  const { verdict } = await inOwnFolder((place) => runStreams({ ...place, seed: 7, size, plan: undefined, between: liar(lie), ...talk }));
  return failedChecks(verdict);
}

test("over an honest database a run reports nothing", async () => {
  expect(await checksThatFailOver(() => undefined)).toEqual([]);
});

test.each<[string, Lie, StreamCheckName[]]>([
  ["a produce that is acknowledged before it is stored, and never is", losesWrites, ["lost_write", "hole"]],
  ["a batch that is stored twice", storesTwice, ["duplicate"]],
  ["a read that skips a batch", skipsEntries, ["hole", "undelivered"]],
  ["a lease that is given to two", forgetsLeases, ["shared_lease"]],
  ["a group that begins anew", forgetsCommits, ["committed_backwards"]],
])("%s is reported", async (_, lie, names) => {
  expect(await checksThatFailOver(lie)).toEqual(expect.arrayContaining(names));
});
