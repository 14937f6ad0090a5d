import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientOf, enginesToTest, startEngineOwner, temporaryFolder } from "../testing/engine-world";
import { answersIn, journalCommitsOf } from "../testing/strace/journal";
import { answerViolations, nameViolations, writesIn } from "../testing/strace/durability";
import { isSync, parseTrace, straceCommand, whyNoStrace, type Call } from "../testing/strace/trace";
import { checkpointViolations, walOf } from "../testing/strace/wal";
import { createTracedTable, writeOneOfEach, WRITES_OF_EACH } from "../testing/strace/workload";

const CLIENTS = 6;
/** Enough for the log to be full and begun anew, which SQLite does at a thousand pages. */
const ROUNDS = 12;
const TRACED_RUN_MS = 120_000;

const reason = whyNoStrace();
if (reason && process.env["CI"]) throw new Error(`The order of system calls must be looked at on CI: ${reason}`);
if (reason) console.warn(`Skipped, the order of system calls cannot be seen: ${reason}.`);

/** The engine's system calls from its first start to its end, while clients write. */
async function trace(scratch: string, folder: string, write: (endpoint: string) => Promise<void>): Promise<Call[]> {
  const file = path.join(scratch, "trace.txt");
  const owner = await startEngineOwner(folder, scratch, straceCommand(file));
  await write(owner.endpoint);
  process.kill(owner.pid, "SIGTERM");
  await once(owner.process, "exit");
  return parseTrace(readFileSync(file, "utf8"));
}

describe.skipIf(reason)("what dynoxide answers", () => {
  const scratch = temporaryFolder();
  const folder = path.join(scratch.path, "new", "dynamodb");
  const database = path.join(folder, "dynamodb.sqlite");
  const wal = `${database}-wal`;
  let calls: Call[];

  beforeAll(async () => {
    calls = await trace(scratch.path, folder, async (endpoint) => {
      const clients = Array.from({ length: CLIENTS }, () => clientOf(endpoint));
      if (clients[0]) await createTracedTable(clients[0]);
      const work = clients.map(async (client, i) => {
        for (let round = 0; round < ROUNDS; round++) await writeOneOfEach(client, `p${i}`, round);
      });
      await Promise.all(work);
      for (const client of clients) client.destroy();
    });
  }, TRACED_RUN_MS);
  afterAll(scratch.remove);

  /** The same run, had the calls in question come after `at`, or not at all. */
  const doctored = (isLate: (call: Call) => boolean, at = Infinity): Call[] =>
    calls
      .map((call) => (isLate(call) ? { ...call, begin: at, end: at, result: at === Infinity ? -1 : call.result } : call))
      .sort((a, b) => a.begin - b.begin);

  it("was seen: every write of every client, and the log begun anew at least once", () => {
    expect(writesIn(calls)).toHaveLength(CLIENTS * ROUNDS * WRITES_OF_EACH);
    expect(walOf(calls, database).length).toBeGreaterThan(1);
  });

  it("is on the disk before the answer leaves, whatever kind of write it was and however many there are", () => {
    expect(answerViolations(calls, database)).toEqual([]);
  });

  it("is synced by itself: commits are not grouped", () => {
    const transactions = walOf(calls, database).flatMap((generation) => generation.transactions);
    const syncs = new Set(transactions.map(({ durableAt }) => durableAt));
    expect(syncs.size).toBe(transactions.length);
  });

  it("is safe in the database before the log that holds it is overwritten or removed", () => {
    expect(checkpointViolations(calls, database)).toEqual([]);
  });

  it("is in files and folders whose names are safe before the first answer", () => {
    expect(nameViolations(calls, path.join(scratch.path, "new"), [database, wal])).toEqual([]);
  });

  describe("would be found wanting", () => {
    const answered = () => writesIn(calls)[100]?.answeredAt ?? 0;
    const syncBefore = (at: number) => calls.findLast((call) => call.path === wal && isSync(call) && call.end < at);

    it("if the log were never synced", () => {
      const never = doctored((call) => call.path === wal && isSync(call));
      expect(answerViolations(never, database).length).toBeGreaterThanOrEqual(CLIENTS * ROUNDS * WRITES_OF_EACH);
    });

    it("if one sync began after its answer", () => {
      const late = syncBefore(answered());
      expect(
        answerViolations(
          doctored((call) => call === late, answered() + 0.5),
          database,
        ),
      ).not.toEqual([]);
    });

    it("if one sync had begun before the last byte of its write", () => {
      const early = syncBefore(answered());
      const write = calls.findLast((call) => call.path === wal && call.name === "pwrite64" && call.end < (early?.begin ?? 0));
      expect(
        answerViolations(
          doctored((call) => call === early, write?.begin),
          database,
        ),
      ).not.toEqual([]);
    });

    it("if the database were not synced at a checkpoint", () => {
      expect(
        checkpointViolations(
          doctored((call) => call.path === database && isSync(call)),
          database,
        ),
      ).not.toEqual([]);
    });

    it("if a page were left out of a checkpoint", () => {
      const page = calls.findLast((call) => call.path === database && call.name === "pwrite64" && call.offset > 0);
      expect(
        checkpointViolations(
          doctored((call) => call === page),
          database,
        ),
      ).toHaveLength(1);
    });

    it.each(["new", "new/dynamodb", "."])("if the names in %s were not synced", (name) => {
      const unsynced = doctored((call) => call.path === path.join(scratch.path, name) && isSync(call));
      expect(nameViolations(unsynced, path.join(scratch.path, "new"), [database, wal])).not.toEqual([]);
    });
  });
});

const local = enginesToTest().find(({ name }) => name === "dynamodb-local");

describe.skipIf(reason ?? local?.skipReason)("what DynamoDB Local answers", () => {
  const scratch = temporaryFolder();
  const folder = path.join(scratch.path, "dynamodb-local");
  const database = path.join(folder, "shared-local-instance.db");
  let calls: Call[];

  beforeAll(async () => {
    mkdirSync(folder); // as if there were data of this engine: by that it is chosen
    calls = await trace(scratch.path, scratch.path, async (endpoint) => {
      const client = clientOf(endpoint);
      await createTracedTable(client);
      await writeOneOfEach(client, "p", 0);
      client.destroy();
    });
  }, TRACED_RUN_MS);
  afterAll(scratch.remove);

  it("is synced into the database before", () => {
    const commits = journalCommitsOf(calls, folder, database);
    expect(commits.length).toBeGreaterThanOrEqual(WRITES_OF_EACH);
    expect(commits.every(({ isDatabaseSafe }) => isDatabaseSafe)).toBe(true);
  });

  // Should this fail, DynamoDB Local has become better: docs/operate.md says that it is so.
  it("can be undone by a power cut at that moment, since the removal of its journal is not synced", () => {
    const commits = journalCommitsOf(calls, folder, database);
    const answers = answersIn(calls);
    const early = commits.filter(({ removedAt, durableAt }) => answers.some((at) => at > removedAt && at < durableAt));
    expect(early.length).toBeGreaterThanOrEqual(WRITES_OF_EACH);
  });
});
