import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { append, readTail } from "./append";
import { identityOf } from "./entry";
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
    return this.entries.size === 0 ? 0 : Math.max(...this.entries.keys());
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

/** One request: who says it, how many copies of it are under way, in which process each of them runs, and what it says of `after`. */
const request = fc.record({
  author: fc.constantFrom("usr_a", "usr_b"),
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
          const answers: Promise<{ nonce: string; seq: number }>[] = [];

          for (const [i, { author, copies }] of requests.entries()) {
            const nonce = `n${i}`;
            const identity = identityOf({ author: { id: author }, nonce });
            const start = scheduler.schedule(Promise.resolve(), `request ${i}`).then(() => {
              // What an honest client says: everything up to here it has seen, and this message is not among it.
              const after = table.end;
              return Promise.all(
                copies.map(async ({ process, raise, looksAhead }, copy) => {
                  if (copy > 0) await scheduler.schedule(Promise.resolve(), `copy ${copy} of ${i}`);
                  const seen = [...table.entries.values()];
                  const mayRaise = raise && !seen.some((entry) => identityOf(entry) === identity);
                  const writers = processes[process] as Writers;
                  const since = mayRaise ? table.end : after;
                  const ahead = looksAhead ? writers.lookAhead(LOG, since, true) : undefined;
                  if (looksAhead) await scheduler.schedule(Promise.resolve(), "rights were checked");
                  const { entry } = await writers.append<LogEntry>(LOG, { author: { id: author }, nonce }, { after: since }, ahead);
                  return { nonce, seq: entry.seq };
                }),
              );
            });
            answers.push(...copies.map((_, copy) => start.then((all) => all[copy] as { nonce: string; seq: number })));
          }
          const settled = Promise.all(answers);
          await scheduler.waitFor(settled);

          const numbers = [...table.entries.keys()].sort((a, b) => a - b);
          expect(numbers).toEqual(Array.from({ length: requests.length }, (_, i) => i + 1));
          for (const { nonce, seq } of await settled) expect(table.entries.get(seq)?.nonce).toBe(nonce);
        },
      ),
      { numRuns: 300 },
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

  test("a twin is found behind an end that is remembered from long before", async () => {
    const { store } = tableWith(700);
    const view = await readTail(store, LOG, 0, true);
    expect(await append(store, LOG, { author: { id: "usr_a" }, nonce: "3" }, { after: 0 }, view)).toMatchObject({
      repeated: true,
      entry: { seq: 3 },
    });
  });
});
