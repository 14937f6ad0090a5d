import { expect, test } from "vitest";
import { TransactionFailed, transactWrite } from "../lib/dynamo";
import { randomText } from "../lib/id";
import { inThisProcess } from "../lib/in-this-process";
import * as log from "./index";
import type { LogEntry } from "./index";

interface Counted extends LogEntry {
  times?: number;
  revision?: number;
}

const newLog = () => `channel:${randomText(16)}`;
const append = (logId: string, nonce: string) =>
  log.append<Counted>(logId, { author: { id: "usr_a" }, nonce, created_at: 1 }, { after: 0 });

async function newLogOf(count: number): Promise<string> {
  const logId = newLog();
  for (let i = 1; i <= count; i++) await append(logId, String(i));
  return logId;
}

/** As other processes would be, which do not wait for each other. */
const forgetLines = () => inThisProcess("log.revisions", () => new Map()).clear();

test.each([
  ["in one process", () => undefined],
  ["in 60 processes", forgetLines],
])("60 revisions of one entry at once %s are all applied, each once, and its number, author and nonce stay", async (_, between) => {
  const logId = await newLogOf(2);
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => {
      const revision = log.revise<Counted>(logId, 1, ({ times = 0 }) => ({ times: times + 1, seq: 9, nonce: "other" }));
      between();
      return revision;
    }),
  );
  expect(answers.map((answer) => answer?.entry.times).sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(await log.find(logId, 1)).toEqual({
    log_id: logId,
    seq: 1,
    author: { id: "usr_a" },
    nonce: "1",
    created_at: 1,
    times: 60,
    revision: 61,
  });
  expect((await log.find<Counted>(logId, 2))?.revision).toBeUndefined();
});

test("an entry that is to stay as it is is not written, and one that is not there is not made", async () => {
  const logId = await newLogOf(1);
  expect(await log.revise<Counted>(logId, 1, () => undefined)).toMatchObject({ revised: false, entry: { seq: 1 } });
  expect((await log.find<Counted>(logId, 1))?.revision).toBeUndefined();
  for (const seq of [2, 0, -1, 1.5, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1]) {
    expect(await log.revise<Counted>(logId, seq, () => ({ times: 1 }))).toBeUndefined();
  }
  expect(await log.head(logId)).toBe(1);
});

test("a revision in a transaction fails if somebody was faster, and with it all that it was to happen with", async () => {
  const logId = await newLogOf(1);
  const before = await log.find<Counted>(logId, 1);
  const { write, entry } = log.reviseWrite(before!, { times: 1 });
  expect(entry.revision).toBe(2);
  await log.revise<Counted>(logId, 1, () => ({ times: 7 }));
  const other = newLog();
  const line = log.entryWrite(other, 1, { author: { id: "usr_a" } });
  await expect(transactWrite([write, line])).rejects.toThrow(TransactionFailed);
  expect([(await log.find<Counted>(logId, 1))?.times, await log.head(other)]).toEqual([7, 0]);
});

test("what is written with a revision is written with it or not at all, and is made anew with what others made of the entry", async () => {
  const logId = await newLogOf(1);
  const other = newLog();
  const counted = ({ times = 0 }: Counted) => ({ times: times + 1 });
  const also = ({ times = 0 }: Counted) => [log.entryWrite<Counted>(other, times, { author: { id: "usr_a" }, times })];
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => {
      const revision = log.revise<Counted>(logId, 1, counted, { also });
      forgetLines();
      return revision;
    }),
  );
  expect(answers.every((answer) => answer?.revised)).toBe(true);
  expect((await log.page(other, { limit: 20 })).entries).toHaveLength(10);
  expect(await log.revise<Counted>(logId, 1, () => undefined, { also })).toMatchObject({ revised: false, entry: { times: 10 } });
  expect(await log.head(other)).toBe(10);
});

test("what the caller has found is not read again, unless somebody has changed it since", async () => {
  const logId = await newLogOf(1);
  const found = await log.find<Counted>(logId, 1);
  const times = ({ times = 0 }: Counted) => ({ times: times + 1 });
  for (const expected of [1, 2]) expect((await log.revise<Counted>(logId, 1, times, { found }))?.entry.times).toBe(expected);
});

test("several are found at once, in their order, without those that are not there", async () => {
  const logId = await newLogOf(5);
  expect((await log.findMany(logId, [4, 99, 2])).map(({ seq }) => seq)).toEqual([2, 4]);
});

test("a log is walked from its end to its beginning, once", async () => {
  const logId = await newLogOf(3);
  const walked = [];
  for await (const { seq, author, created_at } of log.backwards(logId)) walked.push([seq, author.id, created_at]);
  expect(walked).toEqual([3, 2, 1].map((seq) => [seq, "usr_a", 1]));
  for await (const entry of log.backwards(newLog())) throw new Error(`an empty log has ${entry.seq}`);
});

test("a log is erased from its beginning, and goes on where the time was over", async () => {
  const logId = newLog();
  const count = 1_100;
  for (let from = 0; from < count; from += 50) {
    await transactWrite(Array.from({ length: 50 }, (_, i) => log.entryWrite<LogEntry>(logId, from + i + 1, { author: { id: "usr_a" } })));
  }
  expect(await log.erase(logId, Date.now() - 1)).toBe(false);
  const left = await log.page(logId, { after: 0, limit: 100 });
  expect(left.entries[0]?.seq).toBeGreaterThan(1);
  expect(left.head).toBe(count); // what is last goes last: the log never looks shorter than it is, and then it is gone
  expect(await log.erase(logId, Date.now() + 10_000)).toBe(true);
  expect(await log.head(logId)).toBe(0);
  expect(await log.erase(logId, Date.now() - 1)).toBe(true);
});
