import fc from "fast-check";
import { expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError } from "./errors";
import type { FetchAfter } from "./log-reader";
import { createRealtime } from "./realtime";
import { FakeClock } from "./testing/fake-clock";
import { fakeSockets } from "./testing/fake-socket";
import type { FakeSocket } from "./testing/fake-socket";
import { message } from "./testing/message";

const TOPIC = "channel:chn_1";
const unavailable = new AgoraError("unavailable", "Busy.");

/** A server with one log, whose pushes are late, lost or doubled as the test says. */
class ModelServer {
  readonly log: Message[] = [];
  fetchFailures = 0;
  readonly #clock: FakeClock;
  readonly #listening = new Set<FakeSocket>();
  answerDelayMs = 0;
  entriesMax = 3;
  refusals = 0;
  forgets = 0;

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
      if (action === "unsubscribe") {
        this.#clock.setTimeout(() => {
          this.#listening.delete(socket);
          this.#clock.setTimeout(() => socket.receive({ type: "unsubscribed", id, topics }), this.answerDelayMs);
        }, this.answerDelayMs);
      }
      if (action !== "subscribe") return;
      if (this.forgets > 0) {
        this.forgets--;
        socket.receive({ type: "error", id, code: "auth.invalid", error: "This connection is closed." });
        return;
      }
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
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wake" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("hint" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("offer" as const), seq: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("roll over" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("break" as const),
      fetches: fc.nat(3),
      refusals: fc.nat(2),
      forgets: fc.nat(2),
      slowMs: fc.nat(600),
    }),
  },
);

test("whatever is late, doubled, lost, cut, refused or slept through: each listener gets the log from its start, in order, each entry once", async () => {
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
        if (step.kind === "sleep") realtime.sleep();
        if (step.kind === "wake") realtime.wake();
        if (step.kind === "hint") sockets.all.at(-1)?.receive({ type: "unread", topic: TOPIC, head: server.log.length });
        if (step.kind === "roll over") await clock.pass(60 * 60_000);
        if (step.kind === "offer") listeners[0]?.subscription.offer(server.log.slice(step.seq, step.seq + 1));
        if (step.kind === "break") {
          server.fetchFailures = step.fetches;
          server.refusals = step.refusals;
          server.forgets = step.forgets;
          server.answerDelayMs = step.slowMs;
        }
        checkOrder();
      }
      // A lost last push shows at the next sign of life of the log, such as a reconnect.
      server.cut();
      realtime.wake();
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
