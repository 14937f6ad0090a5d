import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test, vi } from "vitest";
import { failedChecks, type CheckName } from "../history/checks";
import { run } from "./run";
import { forgetsAListener, liar, losesWrites, overwrites, readsThePast, remembersMembers, storesTwice, type Lie } from "./testing/liar";

vi.setConfig({ testTimeout: 120_000 });

const root = path.resolve(import.meta.dirname, "../../../..");

/** The product over a database that tells this lie, for a few seconds. */
async function checksThatFailOver(lie: Lie): Promise<CheckName[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "agora-chaos-"));
  try {
    const size = { people: 5, servers: 1, channels: 2 };
    const talk = { messages: 200, talkAtLeastMs: 3_000, talkMs: 20_000, comeBackMs: 5_000 };
    const { verdict } = await run({ root, dataDir, seed: 7, size, plan: undefined, between: liar(lie), ...talk });
    return failedChecks(verdict);
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

test("over an honest database a run reports nothing", async () => {
  expect(await checksThatFailOver(() => undefined)).toEqual([]);
});

test("a message that is stored twice, under two nonces, is reported as a duplicate and nothing else", async () => {
  expect(await checksThatFailOver(storesTwice)).toEqual(["duplicate"]);
});

test.each<[string, Lie, CheckName[]]>([
  ["a write that is acknowledged and never made", losesWrites, ["lost_write"]],
  ["a message that takes the place of another one", overwrites, ["lost_write", "order_disagreement"]],
  ["a page from the past", readsThePast, ["read_your_writes"]],
  ["a push that never comes", forgetsAListener, ["skipped_entry"]],
  ["a membership that does not end", remembersMembers, ["frame_after_kick"]],
])("%s is reported", async (_, lie, names) => {
  expect(await checksThatFailOver(lie)).toEqual(expect.arrayContaining(names));
});
