import fc from "fast-check";
import { expect, test } from "vitest";
import { createReadMarks } from "./read-marks";
import type { Look } from "./read-marks";
import { createRealtime } from "./realtime";
import { FakeClock, settled } from "./testing/fake-clock";
import { fakeSockets } from "./testing/fake-socket";
import type { FakeSocket } from "./testing/fake-socket";
import { message } from "./testing/message";

const TOPICS = ["channel:chn_a", "channel:chn_b"] as const;
const SERVER = "server:srv_1";
const USER = "user:usr_1";
const ROLE = "rol_1";
const BUCKET_MS = 60_000;

interface Channel {
  /** When each entry was made, by the server's clock. */
  madeAt: number[];
  mentions: Set<number>;
  lastRead: number;
}

/** A server that hints by the rule: a listener of the channel gets the entry, one of the server a hint, if the entry opens a bucket or mentions a role. */
class ModelServer {
  readonly channels = new Map<string, Channel>(TOPICS.map((topic) => [topic, { madeAt: [], mentions: new Set(), lastRead: 0 }]));
  readonly #sockets = new Map<FakeSocket, Set<string>>();
  readonly #clock: FakeClock;
  readonly #skewMs: number;
  readonly #delay: () => number;

  constructor(clock: FakeClock, skewMs: number, delay: () => number) {
    this.#clock = clock;
    this.#skewMs = skewMs;
    this.#delay = delay;
  }

  channel(topic: string): Channel {
    const channel = this.channels.get(topic);
    if (!channel) throw new Error(topic);
    return channel;
  }

  say(topic: string, mentions: boolean): void {
    const { madeAt, mentions: mentioned } = this.channel(topic);
    const now = this.#clock.now() + this.#skewMs;
    const before = madeAt.at(-1);
    const isFirst = before === undefined || Math.floor(now / BUCKET_MS) !== Math.floor(before / BUCKET_MS);
    const seq = madeAt.push(now);
    if (mentions) mentioned.add(seq);
    const roles = mentions ? [ROLE] : undefined;
    const entry = message(seq, { log_id: topic, ...(roles && { mentioned_role_ids: roles }) });
    this.#later(() => {
      for (const [socket, topics] of this.#sockets) {
        if (topics.has(topic)) this.#push(socket, { type: "new_message", topic, seq, message: entry });
        else if (topics.has(SERVER) && (isFirst || mentions))
          this.#push(socket, { type: "unread", topic, head: seq, ...(roles && { role_ids: roles }) });
      }
    }, 4_000);
  }

  mark(topic: string, seq: number): { last_read: number; mention_count: number } {
    const channel = this.channel(topic);
    const head = channel.madeAt.length;
    const wanted = Math.min(seq, head);
    if (wanted > channel.lastRead) {
      channel.lastRead = wanted;
      const mark = this.markOf(topic);
      for (const [socket, topics] of this.#sockets) if (topics.has(USER)) this.#push(socket, { type: "read", topic, head, ...mark });
    }
    return this.markOf(topic);
  }

  markOf(topic: string): { last_read: number; mention_count: number } {
    const { mentions, lastRead } = this.channel(topic);
    return { last_read: lastRead, mention_count: [...mentions].filter((seq) => seq > lastRead).length };
  }

  states(saysRecent: boolean) {
    return [...this.channels].map(([topic, { madeAt }]) => {
      const recent = this.#clock.now() + this.#skewMs - (madeAt.at(-1) ?? -Infinity) < 65_000;
      return { topic, head: madeAt.length, ...this.markOf(topic), ...(saysRecent && { recent }) };
    });
  }

  take(socket: FakeSocket): void {
    this.#later(() => socket.open(), 300);
    socket.onsend = ({ action, id, topics = [] }) => {
      if (action === "ping") this.#push(socket, { type: "pong", id });
      this.#later(() => {
        if (socket.isClosed) return;
        const listening = this.#sockets.get(socket) ?? new Set();
        this.#sockets.set(socket, listening);
        if (action === "unsubscribe") {
          for (const topic of topics as unknown as string[]) listening.delete(topic);
          this.#push(socket, { type: "unsubscribed", id, topics });
        }
        if (action === "subscribe") {
          for (const { topic } of topics) listening.add(topic);
          const answered = topics.map(({ topic }) => ({ topic, head: this.channels.get(topic)?.madeAt.length ?? 0 }));
          this.#push(socket, { type: "subscribed", id, topics: answered, denied: [] });
        }
      }, 2_000);
    };
  }

  cut(): void {
    for (const socket of this.#sockets.keys()) socket.close();
    this.#sockets.clear();
  }

  request<T>(answer: () => T): Promise<T> {
    return new Promise((resolve) =>
      this.#later(() => {
        const value = answer();
        this.#later(() => resolve(value), 1_000);
      }, 1_000),
    );
  }

  #push(socket: FakeSocket, frame: unknown): void {
    this.#later(() => socket.receive(frame), 1_000);
  }

  #later(callback: () => void, atMostMs: number): void {
    this.#clock.setTimeout(callback, Math.floor(this.#delay() * atMostMs));
  }
}

const which = fc.constantFrom(...TOPICS);
/** Much happens near the end of a bucket. */
const lately = fc.oneof(fc.nat(8_000), fc.integer({ min: 35_000, max: 70_000 }), fc.nat(90_000));
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("say" as const), topic: which, mentions: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: lately }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("read elsewhere" as const), topic: which, behind: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("look" as const), topic: which, isAtEnd: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("leave" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("glance" as const), topic: which, ms: fc.nat(5_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wake" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("roll over" as const) }) },
);

test("with one hint for a burst, whoever looks, leaves, reads elsewhere, sleeps or loses the connection misses no unread entry", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ topic: which, agoMs: lately, isRead: fc.boolean() }), { maxLength: 3 }),
      fc.array(action, { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      fc.nat(BUCKET_MS),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 7, maxLength: 7 }),
      async (before, actions, saysRecent, skewMs, delays) => {
        const clock = new FakeClock();
        let turn = 0;
        const server = new ModelServer(clock, skewMs, () => delays[turn++ % delays.length] ?? 0);
        const sockets = fakeSockets((socket) => server.take(socket));
        const realtime = createRealtime({
          getTicket: () => Promise.resolve({ ticket: "t", url: "wss://agora.test" }),
          WebSocket: sockets.WebSocket,
          clock,
          random: () => 0.3,
          onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
        });
        const marks = createReadMarks({
          realtime,
          markRead: (topic, seq) => server.request(() => server.mark(topic, seq)),
          onchange: () => undefined,
          onstale: () => void refetch(),
          clock,
          random: () => 0.3,
        });
        const refetch = async () => marks.load(await server.request(() => server.states(saysRecent)), [ROLE]);
        for (const { topic, agoMs, isRead } of before) {
          server.say(topic, false);
          if (isRead) server.mark(topic, server.channel(topic).madeAt.length);
          await clock.pass(agoMs);
        }
        realtime.listen(SERVER, {});
        realtime.listen(USER, {});
        marks.load(server.states(saysRecent), [ROLE]);
        realtime.connect();

        let looking: { look: Look; close: () => void } | undefined;
        const begin = (topic: string, isAtEnd: boolean) => {
          leave();
          const look = marks.look(topic);
          const subscription = realtime.listen(topic, { onhead: (head) => isAtEnd && look.shown(head) });
          looking = { look, close: () => subscription.close() };
        };
        const leave = () => {
          looking?.look.stop();
          looking?.close();
          looking = undefined;
        };
        for (const step of actions) {
          if (step.kind === "say") server.say(step.topic, step.mentions);
          if (step.kind === "pass") await clock.pass(step.ms);
          if (step.kind === "read elsewhere") server.mark(step.topic, server.channel(step.topic).madeAt.length - step.behind);
          if (step.kind === "leave") leave();
          if (step.kind === "look") begin(step.topic, step.isAtEnd);
          if (step.kind === "glance") {
            begin(step.topic, true);
            await clock.pass(step.ms);
            leave();
          }
          if (step.kind === "sleep") {
            marks.flush();
            realtime.sleep();
          }
          if (step.kind === "wake") realtime.wake();
          if (step.kind === "cut") server.cut();
          if (step.kind === "roll over") await clock.pass(55 * 60_000);
          await settled();
        }
        realtime.wake();
        // Until everything that is on its way has come, marks included. Without `recent` also until the states were asked for once more.
        await clock.pass(saysRecent ? 25_000 : 110_000);
        for (const topic of TOPICS) {
          const { lastRead, madeAt } = server.channel(topic);
          const { head, last_read, unread, mention_count } = marks.of(topic) ?? {};
          expect({ last_read, unread, mention_count }).toEqual({ ...server.markOf(topic), unread: madeAt.length > lastRead });
          if (!unread) expect(head).toBe(madeAt.length);
        }
        leave();
        await clock.pass(200_000);
        const asked = () => sockets.all.flatMap(({ sent }) => sent).filter((frame) => frame.action !== "ping").length;
        const askedBefore = asked();
        await clock.pass(200_000);
        expect(asked() - askedBefore).toBe(0);
        marks.close();
        realtime.close();
      },
    ),
    { numRuns: Number(process.env["FC_RUNS"] ?? 400) },
  );
}, 60_000);
