import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError } from "./errors";
import { GRACE_MS, HELD_MAX, LogReader } from "./log-reader";
import type { FetchAfter } from "./log-reader";
import { createRealtime } from "./realtime";
import { FakeClock } from "./testing/fake-clock";
import { fakeSockets } from "./testing/fake-socket";
import type { FakeSocket } from "./testing/fake-socket";
import { message } from "./testing/message";

const TOPIC = "channel:chn_1";
const unavailable = new AgoraError("unavailable", "Busy.");

function reading(after: number | undefined, head: number, options: { fetchAfter?: FetchAfter } = {}) {
  const clock = new FakeClock();
  const log = Array.from({ length: head }, (_, index) => message(index + 1));
  const fetched: number[] = [];
  const seqs: number[] = [];
  const updates: Message[] = [];
  const refused: unknown[] = [];
  const reader = new LogReader({
    topic: TOPIC,
    after,
    clock,
    random: () => 0.5,
    fetchAfter: async (topic, from, limit) => {
      fetched.push(from);
      return options.fetchAfter ? options.fetchAfter(topic, from, limit) : { messages: log.slice(from, from + limit), head: log.length };
    },
    onentries: (messages) => seqs.push(...messages.map(({ seq }) => seq)),
    onupdates: (messages) => updates.push(...messages),
    onrefused: (error) => refused.push(error),
    onchange: () => undefined,
  });
  const upTo = (seq: number) => Array.from({ length: seq }, (_, index) => index + 1);
  return { clock, fetched, seqs, updates, refused, reader, upTo };
}

describe("pushed entries", () => {
  test("that overtook one another are put in order without a request", async () => {
    const { clock, fetched, seqs, reader } = reading(0, 3);
    reader.attach({ head: 0 });
    reader.offer([message(3)]);
    reader.offer([message(2)]);
    await clock.pass(GRACE_MS - 1);
    expect(seqs).toEqual([]);
    reader.offer([message(1)]);
    await clock.pass(1000);
    expect([seqs, fetched]).toEqual([[1, 2, 3], []]);
  });

  test("that leave a hole have it fetched after the grace, and not before", async () => {
    const { clock, fetched, seqs, reader } = reading(0, 3);
    reader.attach({ head: 0 });
    reader.offer([message(3)]);
    await clock.pass(GRACE_MS - 1);
    expect(fetched).toEqual([]);
    await clock.pass(1);
    expect([seqs, fetched]).toEqual([[1, 2, 3], [0]]);
  });

  test("that come again are dropped, unless they have changed", () => {
    const { seqs, updates, reader } = reading(0, 3);
    reader.attach({ head: 0 });
    reader.offer([message(1), message(1), message(2, { revision: 3 })]);
    reader.offer([message(2, { revision: 2 }), message(2, { revision: 3 }), message(1)]);
    expect([seqs, updates]).toEqual([[1, 2], []]);
    reader.offer([message(1, { revision: 2 }), message(2, { revision: 4 })]);
    reader.offer([message(1, { revision: 2 }), message(2, { revision: 4 })]);
    expect(updates.map(({ seq, revision }) => [seq, revision])).toEqual([
      [1, 2],
      [2, 4],
    ]);
  });

  test("from before the answer to the first subscribe wait for it, and begin behind its head", () => {
    const { seqs, reader } = reading(undefined, 9);
    reader.offer([message(8)]);
    reader.offer([message(7)]);
    expect([seqs, reader.seen]).toEqual([[], undefined]);
    reader.attach({ head: 7 });
    expect([seqs, reader.seen, reader.isCaughtUp]).toEqual([[8], 8, true]);
  });

  test("beyond the bound are dropped and fetched instead", async () => {
    const { clock, fetched, seqs, reader, upTo } = reading(0, HELD_MAX + 150);
    reader.attach({ head: 0 });
    for (let seq = 2; seq <= HELD_MAX + 150; seq++) reader.offer([message(seq)]);
    await clock.pass(GRACE_MS);
    expect(fetched).toEqual([0, HELD_MAX + 1, HELD_MAX + 101]);
    expect(seqs).toEqual(upTo(HELD_MAX + 150));
  });
});

describe("fetching", () => {
  test("that fails is repeated with backoff while attached, and not while detached", async () => {
    let failures = 2;
    const fetchAfter: FetchAfter = () =>
      failures-- > 0 ? Promise.reject(unavailable) : Promise.resolve({ messages: [message(1), message(2)], head: 2 });
    const { clock, fetched, seqs, reader } = reading(0, 2, { fetchAfter });
    reader.attach({ head: 2 });
    await clock.pass(249);
    expect(fetched.length).toBe(1);
    await clock.pass(1);
    expect(fetched.length).toBe(2);
    reader.detach();
    await clock.pass(60_000);
    expect(fetched.length).toBe(2);
    reader.attach({ head: 2 });
    await clock.pass(0);
    expect([fetched.length, seqs]).toEqual([3, [1, 2]]);
  });

  test("that is refused ends the reading", async () => {
    const { clock, fetched, refused, reader } = reading(0, 2, {
      fetchAfter: () => Promise.reject(new AgoraError("channel.not_found", "Gone.")),
    });
    reader.attach({ head: 2 });
    await clock.pass(60_000);
    expect([fetched.length, refused.length]).toEqual([1, 1]);
  });

  test("never delivers past a hole that the page has", async () => {
    let pages = 0;
    const fetchAfter: FetchAfter = () => Promise.resolve({ messages: ++pages === 1 ? [message(2)] : [message(1), message(2)], head: 2 });
    const { clock, seqs, reader } = reading(0, 2, { fetchAfter });
    reader.attach({ head: 2 });
    await clock.pass(0);
    expect(seqs).toEqual([]);
    await clock.pass(250);
    expect(seqs).toEqual([1, 2]);
  });
});

/** A server with one log, whose pushes are late, lost or doubled as the test says. */
class ModelServer {
  readonly log: Message[] = [];
  fetchFailures = 0;
  readonly #clock: FakeClock;
  readonly #listening = new Set<FakeSocket>();
  answerDelayMs = 0;
  entriesMax = 3;
  refusals = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  say(delaysMs: readonly number[]): void {
    const entry = message(this.log.length + 1);
    this.log.push(entry);
    for (const socket of this.#listening) {
      for (const delayMs of delaysMs) {
        this.#clock.setTimeout(() => socket.receive({ type: "new_message", topic: TOPIC, seq: entry.seq, message: entry }), delayMs);
      }
    }
  }

  take(socket: FakeSocket): void {
    if (this.refusals > 0) {
      this.refusals--;
      this.#clock.setTimeout(() => socket.close(), 20);
      return;
    }
    this.#clock.setTimeout(() => socket.open(), 20);
    socket.onsend = ({ action, id, topics = [] }) => {
      if (action === "ping") socket.receive({ type: "pong", id });
      if (action !== "subscribe") return;
      this.#listening.add(socket);
      const answered = topics.map(({ topic, after }) => {
        const head = this.log.length;
        if (after === undefined) return { topic, head };
        const entries = this.log.slice(after);
        return entries.length > this.entriesMax ? { topic, head, gap: true } : { topic, head, entries };
      });
      this.#clock.setTimeout(() => socket.receive({ type: "subscribed", id, topics: answered, denied: [] }), this.answerDelayMs);
    };
  }

  cut(): void {
    for (const socket of this.#listening) socket.close();
    this.#listening.clear();
  }

  async fetchAfter(after: number, limit: number, delayMs: number): ReturnType<FetchAfter> {
    const page = { messages: this.log.slice(after, after + Math.min(limit, 7)), head: this.log.length };
    await new Promise<void>((resolve) => this.#clock.setTimeout(resolve, delayMs));
    if (this.fetchFailures-- > 0) throw unavailable;
    return page;
  }
}

const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("say" as const), delays: fc.array(fc.nat(400), { maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(1500) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("listen" as const), after: fc.option(fc.nat(5), { nil: undefined }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("offer" as const), seq: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("roll over" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("break" as const), fetches: fc.nat(3), refusals: fc.nat(2), slowMs: fc.nat(600) }),
  },
);

test("whatever is late, doubled, lost, cut or refused: each listener gets the log from its start, in order, each entry once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 60 }), fc.nat(600), async (actions, fetchMs) => {
      const clock = new FakeClock();
      const server = new ModelServer(clock);
      const sockets = fakeSockets((socket) => server.take(socket));
      const realtime = createRealtime({
        getTicket: () => Promise.resolve({ ticket: "t", url: "wss://agora.test" }),
        fetchAfter: (_, after, limit) => server.fetchAfter(after, limit, fetchMs),
        WebSocket: sockets.WebSocket,
        clock,
        random: () => 0.3,
        onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
      });
      const listeners: { after: number | undefined; seqs: number[]; subscription: ReturnType<typeof realtime.listen> }[] = [];
      const listen = (after: number | undefined) => {
        const seqs: number[] = [];
        const subscription = realtime.listen(TOPIC, { after, onentries: (messages) => seqs.push(...messages.map(({ seq }) => seq)) });
        listeners.push({ after, seqs, subscription });
      };
      const checkOrder = () => {
        for (const { after, seqs, subscription } of listeners) {
          const first = after ?? (seqs[0] ?? 1) - 1;
          expect(seqs).toEqual(seqs.map((_, index) => first + 1 + index));
          if (subscription.seen !== undefined && seqs.length > 0) expect(subscription.seen).toBe(seqs.at(-1));
        }
      };

      listen(0);
      realtime.connect();
      for (const step of actions) {
        if (step.kind === "say") server.say(step.delays);
        if (step.kind === "pass") await clock.pass(step.ms);
        if (step.kind === "cut") server.cut();
        if (step.kind === "listen") listen(step.after === undefined ? undefined : Math.min(step.after, server.log.length));
        if (step.kind === "leave" && listeners.length > 1) listeners.pop()?.subscription.close();
        if (step.kind === "roll over") await clock.pass(60 * 60_000);
        if (step.kind === "offer") listeners[0]?.subscription.offer(server.log.slice(step.seq, step.seq + 1));
        if (step.kind === "break") {
          server.fetchFailures = step.fetches;
          server.refusals = step.refusals;
          server.answerDelayMs = step.slowMs;
        }
        checkOrder();
      }
      // A lost last push shows at the next sign of life of the log, such as a reconnect.
      server.cut();
      await clock.pass(5 * 60_000);
      checkOrder();
      expect(realtime.status.state).toBe("connected");
      for (const { after, seqs, subscription } of listeners) {
        expect(subscription.seen).toBe(server.log.length);
        if (after !== undefined) expect(seqs.length).toBe(server.log.length - after);
      }
      realtime.close();
    }),
    { numRuns: Number(process.env["FC_RUNS"] ?? 300) },
  );
}, 60_000);
