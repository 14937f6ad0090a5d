import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { append, Moved, readTail } from "./append";
import { identityOf, lastOf } from "./entry";
import type { LogEntry } from "./entry";
import type { LogStore } from "./store";
import { Writers } from "./writers";

/*
 * A model of the table: every call takes effect at a moment that fast-check chooses, and its answer arrives at another one. Reads that are not
 * consistent may miss the newest entries, or one in the middle. An answer of a put may be lost after the put took effect; the SDK then repeats it.
 */
class ModelTable {
  readonly entries = new Map<number, LogEntry>();
  readonly #scheduler: fc.Scheduler;
  readonly #faults: Iterator<number>;

  constructor(scheduler: fc.Scheduler, faults: Iterator<number>) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  get end(): number {
    return Math.max(0, ...[...this.entries.values()].map(lastOf));
  }

  store(): LogStore {
    return {
      read: async (_logId, { from = 1, to = Infinity, limit, newestFirst = false, consistent = false }) => {
        await this.#moment("read");
        let seen = [...this.entries.values()].sort((a, b) => a.seq - b.seq);
        if (!consistent) {
          const fault = this.#fault();
          if (fault === 1) seen = seen.slice(0, -1);
          if (fault === 2) seen = seen.slice(0, Math.floor(seen.length / 2));
          if (fault === 3) seen = seen.filter(({ seq }) => seq !== seen.length - 1);
        }
        const inRange = seen.filter(({ seq }) => seq >= from && seq <= to);
        const entries = newestFirst ? inRange.slice(-limit) : inRange.slice(0, limit);
        await this.#moment("read answered");
        return entries;
      },
      put: async (entry) => {
        const isAnswerLost = this.#fault() === 1;
        await this.#moment("put");
        const first = this.#putOnce(entry);
        if (!isAnswerLost) {
          await this.#moment("put answered");
          return first;
        }
        await this.#moment("put repeated");
        return this.#putOnce(entry);
      },
    };
  }

  #putOnce(entry: LogEntry): LogEntry | undefined {
    const there = this.entries.get(entry.seq);
    if (!there) this.entries.set(entry.seq, entry);
    return there;
  }

  #moment(label: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), label);
  }

  #fault(): number {
    return Number(this.#faults.next().value ?? 0);
  }
}

const LOG = "channel:model";

const BATCH_MAX = 4;

/**
 * One request: who says it, how many numbers it covers, whether it must get the next one, what its author has `missed` of what is there, how many copies
 * of it are under way, in which process each of them runs, and what it says of `after`.
 */
const request = fc.record({
  author: fc.constantFrom("usr_a", "usr_b"),
  count: fc.oneof(fc.constant(undefined), fc.integer({ min: 1, max: BATCH_MAX })),
  isExpected: fc.boolean(),
  missed: fc.nat({ max: 3 }),
  copies: fc.array(fc.record({ process: fc.nat({ max: 2 }), raise: fc.boolean(), looksAhead: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  }),
});

describe("any interleaving of writers, with stale reads and lost answers", () => {
  test("leaves no hole, stores each message once, and answers every copy with its number", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(request, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat({ max: 8 })),
        async (scheduler, requests, faults) => {
          const table = new ModelTable(scheduler, faults);
          const processes = [0, 1, 2].map(() => new Writers(table.store()));
          const answers: Promise<{ nonce: string; seq: number | undefined; expected: number | undefined }>[] = [];

          for (const [i, { author, copies, count, isExpected, missed }] of requests.entries()) {
            const nonce = `n${i}`;
            const identity = identityOf({ author: { id: author }, nonce });
            const start = scheduler.schedule(Promise.resolve(), `request ${i}`).then(() => {
              // What an honest client says: everything up to here it has seen, and this message is not among it.
              const after = Math.max(0, table.end - missed);
              const expected = isExpected ? table.end + 1 : undefined;
              return Promise.all(
                copies.map(async ({ process, raise, looksAhead }, copy) => {
                  if (copy > 0) await scheduler.schedule(Promise.resolve(), `copy ${copy} of ${i}`);
                  const seen = [...table.entries.values()];
                  const mayRaise = raise && !seen.some((entry) => identityOf(entry) === identity);
                  const writers = processes[process] as Writers;
                  const since = mayRaise ? table.end : after;
                  const ahead = looksAhead ? writers.lookAhead(LOG, since, true) : undefined;
                  if (looksAhead) await scheduler.schedule(Promise.resolve(), "rights were checked");
                  const draft = { author: { id: author }, nonce, ...(count === undefined ? {} : { count }) };
                  const appending = { after: since, batchMax: BATCH_MAX, expected };
                  const appended = await writers.append<LogEntry>(LOG, draft, appending, ahead).catch((error: unknown) => {
                    if (!(error instanceof Moved)) throw error;
                    expect(error.next).toBeGreaterThan(expected ?? Infinity); // nothing is taken away from the end
                    return undefined;
                  });
                  return { nonce, seq: appended?.entry.seq, expected };
                }),
              );
            });
            answers.push(...copies.map((_, copy) => start.then((all) => all[copy] as Awaited<(typeof answers)[number]>)));
          }
          const settled = Promise.all(answers);
          await scheduler.waitFor(settled);

          const entries = [...table.entries.values()].sort((a, b) => a.seq - b.seq);
          let next = 1;
          for (const entry of entries) {
            expect(entry.seq).toBe(next);
            next = lastOf(entry) + 1;
          }
          const stored = entries.map(({ nonce }) => nonce);
          expect(new Set(stored).size).toBe(stored.length);
          for (const { nonce, seq, expected } of await settled) {
            if (seq === undefined) {
              expect(stored).not.toContain(nonce);
              continue;
            }
            expect(table.entries.get(seq)?.nonce).toBe(nonce);
            if (expected !== undefined) expect(seq).toBe(expected);
          }
          const moved = requests.filter(({ isExpected }) => isExpected).length;
          expect(stored.length).toBeGreaterThanOrEqual(requests.length - moved);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("an invented `after` makes no hole either", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.option(fc.nat({ max: 20 }), { nil: undefined }), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat({ max: 8 })),
        async (scheduler, afters, faults) => {
          const table = new ModelTable(scheduler, faults);
          const processes = [new Writers(table.store()), new Writers(table.store())];
          const all = Promise.all(
            afters.map((after, i) =>
              (processes[i % 2] as Writers).append<LogEntry>(LOG, { author: { id: "usr_a" }, nonce: `n${i}` }, { after }),
            ),
          );
          await scheduler.waitFor(all);
          expect([...table.entries.keys()].sort((a, b) => a - b)).toEqual(afters.map((_, i) => i + 1));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("the end of the log", () => {
  const tableWith = (count: number) => {
    const reads: object[] = [];
    const all = Array.from({ length: count }, (_, i): LogEntry => ({
      log_id: LOG,
      seq: i + 1,
      author: { id: "usr_a" },
      nonce: String(i + 1),
    }));
    const store: LogStore = {
      read: (_logId, range) => {
        reads.push(range);
        const inRange = all.filter(({ seq }) => seq >= (range.from ?? 1) && seq <= (range.to ?? Infinity));
        return Promise.resolve(range.newestFirst ? inRange.slice(-range.limit) : inRange.slice(0, range.limit));
      },
      put: () => Promise.reject(new Error("nothing is written here")),
    };
    return { store, reads };
  };

  test("is one small read for a client that is up to date", async () => {
    const { store, reads } = tableWith(1_000);
    expect((await readTail(store, LOG, 1_000, true)).end).toBe(1_000);
    expect(reads).toEqual([{ from: 1_000, limit: 50, newestFirst: true }]);
  });

  test("is looked up again, consistently, for a client that claims to be ahead of it", async () => {
    const { store, reads } = tableWith(10);
    expect((await readTail(store, LOG, 11, true)).end).toBe(10);
    expect(reads).toHaveLength(2);
    expect(reads[1]).toMatchObject({ consistent: true });
  });

  test("a number inside of a batch is as good as one between two", async () => {
    const all = Array.from({ length: 700 }, (_, i): LogEntry => ({
      log_id: LOG,
      seq: 3 * i + 1,
      count: 3,
      author: { id: "usr_a" },
      nonce: String(i),
    }));
    const store: LogStore = {
      read: (_logId, { from = 1, to = Infinity, limit, newestFirst }) => {
        const inRange = all.filter(({ seq }) => seq >= from && seq <= to);
        return Promise.resolve(newestFirst ? inRange.slice(-limit) : inRange.slice(0, limit));
      },
      put: () => Promise.resolve(undefined),
    };
    const say = async (nonce: string) =>
      append(store, LOG, { author: { id: "usr_a" }, nonce }, { after: 5, batchMax: 3 }, await readTail(store, LOG, 5, true));
    expect(await say("2")).toMatchObject({ repeated: true, entry: { seq: 7 } });
    expect(await say("new")).toMatchObject({ repeated: false, entry: { seq: 2_101 } });
  });

  test("a twin is found behind an end that is remembered from long before", async () => {
    const { store } = tableWith(700);
    const view = await readTail(store, LOG, 0, true);
    expect(await append(store, LOG, { author: { id: "usr_a" }, nonce: "3" }, { after: 0 }, view)).toMatchObject({
      repeated: true,
      entry: { seq: 3 },
    });
  });
});
