import { expect, test, vi } from "vitest";
import { failedChecks, type CheckName } from "../history/checks";
import { run, type RunOptions } from "./run";
import { DeafSocket } from "./testing/deaf-socket";
import { liar, losesWrites, overwrites, readsThePast, remembersMembers, storesTwice, type Lie } from "./testing/liar";
import { inOwnFolder } from "./testing/own-folder";

vi.setConfig({ testTimeout: 120_000 });

/** The product over a database that tells this lie, for a few seconds. */
async function checksThatFailOver(lie: Lie, options: Pick<RunOptions, "WebSocket"> = {}): Promise<CheckName[]> {
  const size = { people: 5, servers: 1, channels: 2 };
  const talk = { messages: 200, talkAtLeastMs: 3_000, talkMs: 20_000, comeBackMs: 5_000 };
  const { verdict } = await inOwnFolder((place) =>
    run({ ...place, seed: 7, size, plan: undefined, between: liar(lie), ...talk, ...options }),
  );
  return failedChecks(verdict);
}

const honest: Lie = () => undefined;

test("over an honest database a run reports nothing", async () => {
  expect(await checksThatFailOver(honest)).toEqual([]);
});

test("a push that never comes is reported", async () => {
  expect(await checksThatFailOver(honest, { WebSocket: DeafSocket })).toContain("skipped_entry");
});

test("a message that is stored twice, under two nonces, is reported as a duplicate and nothing else", async () => {
  expect(await checksThatFailOver(storesTwice)).toEqual(["duplicate"]);
});

test.each<[string, Lie, CheckName[]]>([
  ["a write that is acknowledged and never made", losesWrites, ["lost_write"]],
  ["a message that takes the place of another one", overwrites, ["lost_write", "order_disagreement"]],
  ["a page from the past", readsThePast, ["read_your_writes"]],
  ["a membership that does not end", remembersMembers, ["frame_after_kick"]],
])("%s is reported", async (_, lie, names) => {
  expect(await checksThatFailOver(lie)).toEqual(expect.arrayContaining(names));
});
