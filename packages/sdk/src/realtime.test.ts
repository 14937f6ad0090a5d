import { describe, expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError } from "./errors";
import type { OnlineSignal } from "./online";
import { createRealtime } from "./realtime";
import type { RealtimeOptions } from "./realtime";
import { FakeClock, settled } from "./testing/fake-clock";
import { fakeSockets } from "./testing/fake-socket";
import { message } from "./testing/message";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const TOPIC = "channel:chn_1";

function world(options: Partial<RealtimeOptions> = {}, { autoOpen = true, autoAnswer = true } = {}) {
  const clock = new FakeClock();
  const sockets = fakeSockets((socket) => {
    if (autoOpen) queueMicrotask(() => socket.open());
    if (!autoAnswer) return;
    socket.onsend = ({ action, id, topics = [] }) => {
      if (action === "subscribe")
        socket.receive({ type: "subscribed", id, topics: topics.map(({ topic, after = 0 }) => ({ topic, head: after })), denied: [] });
      if (action === "unsubscribe") socket.receive({ type: "unsubscribed", id, topics });
      if (action === "ping") socket.receive({ type: "pong", id });
    };
  });
  const states: string[] = [];
  let tickets = 0;
  const realtime = createRealtime({
    getTicket: () => Promise.resolve({ ticket: `t/${++tickets}`, url: "wss://agora.test/ws" }),
    fetchAfter: () => Promise.reject(new Error("not expected")),
    WebSocket: sockets.WebSocket,
    clock,
    random: () => 0.5,
    onlineSignal: { isOnline: () => true, subscribe: () => () => undefined },
    ...options,
  });
  realtime.onstate(({ state }) => states.push(state));
  const socket = (index: number) => {
    const found = sockets.all.at(index);
    if (!found) throw new Error("no such socket");
    return found;
  };
  return { clock, sockets, states, realtime, socket };
}

/** Listens and notes what comes. */
function collect(realtime: ReturnType<typeof createRealtime>, topic = TOPIC, after: number | null = 0) {
  const seqs: number[] = [];
  const events: unknown[] = [];
  const errors: AgoraError[] = [];
  const updates: Message[] = [];
  let resumed = 0;
  const subscription = realtime.listen(topic, {
    after: after ?? undefined,
    onentries: (messages) => seqs.push(...messages.map(({ seq }) => seq)),
    onupdates: (messages) => updates.push(...messages),
    onevent: (event) => events.push(event),
    onerror: (error) => errors.push(error),
    onresumed: () => resumed++,
  });
  return { subscription, seqs, events, errors, updates, resumed: () => resumed };
}

const push = (seq: number, fields: Partial<Message> = {}) => ({ type: "new_message", topic: TOPIC, seq, message: message(seq, fields) });

describe("connecting", () => {
  test("nothing happens before connect; then the ticket is in the URL and the state tells the way", async () => {
    const { clock, sockets, states, realtime, socket } = world();
    collect(realtime);
    await clock.pass(MINUTE);
    expect(sockets.all.length).toBe(0);
    realtime.connect();
    realtime.connect();
    await clock.pass(0);
    expect(sockets.all.length).toBe(1);
    expect(socket(0).url).toBe("wss://agora.test/ws?ticket=t%2F1");
    expect(states).toEqual(["connecting", "catching_up", "connected"]);
  });

  test("a refused upgrade is tried again with a new ticket, later and later, and the status says when", async () => {
    const { clock, sockets, realtime, socket } = world({}, { autoOpen: false });
    realtime.connect();
    const delays: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      await settled();
      socket(-1).close();
      delays.push((realtime.status.retryAt ?? 0) - clock.now());
      expect(realtime.status.state).toBe("waiting");
      await clock.pass(delays.at(-1) ?? 0);
    }
    expect(delays).toEqual([250, 500, 1000, 2000]);
    expect(sockets.all.map(({ url }) => url.at(-1))).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("a connection that lived ten seconds starts the backoff over; one that did not goes on with it", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    await clock.pass(0);
    for (const [livedMs, delayMs] of [
      [1, 250],
      [1, 500],
      [11 * SECOND, 250],
    ] as const) {
      await clock.pass(livedMs);
      socket(-1).close();
      expect((realtime.status.retryAt ?? 0) - clock.now()).toBe(delayMs);
      await clock.pass(delayMs);
    }
  });

  test("a socket that does not open within 15 seconds is given up", async () => {
    const { clock, realtime } = world({}, { autoOpen: false });
    realtime.connect();
    await clock.pass(14 * SECOND);
    expect(realtime.status.state).toBe("connecting");
    await clock.pass(SECOND);
    expect(realtime.status.state).toBe("waiting");
  });

  test("without a session it stops and says so; connect tries again", async () => {
    let error: AgoraError | undefined = new AgoraError("auth.invalid", "No.");
    const getTicket = () => (error ? Promise.reject(error) : Promise.resolve({ ticket: "t", url: "wss://agora.test" }));
    const { clock, sockets, realtime } = world({ getTicket });
    realtime.connect();
    await clock.pass(10 * MINUTE);
    expect([realtime.status.state, sockets.all.length]).toEqual(["signed_out", 0]);
    error = undefined;
    realtime.connect();
    await clock.pass(0);
    expect(realtime.status.state).toBe("connected");
  });

  test("any other failure to get a ticket is waited out, as long as the server asks", async () => {
    const error = new AgoraError("limit.tickets", "Slowly.", { retryAfterMs: 20 * SECOND });
    let tries = 0;
    const getTicket = () => (++tries === 1 ? Promise.reject(error) : Promise.resolve({ ticket: "t", url: "wss://agora.test" }));
    const { clock, realtime } = world({ getTicket });
    realtime.connect();
    await clock.pass(19 * SECOND);
    expect(realtime.status.state).toBe("waiting");
    await clock.pass(SECOND);
    expect(realtime.status.state).toBe("connected");
  });

  test("close ends everything, also a ticket that is on its way", async () => {
    let give: ((ticket: { ticket: string; url: string }) => void) | undefined;
    const { clock, sockets, realtime } = world({ getTicket: () => new Promise((resolve) => (give = resolve)) });
    realtime.connect();
    realtime.close();
    give?.({ ticket: "t", url: "wss://agora.test" });
    await clock.pass(MINUTE);
    expect([realtime.status.state, sockets.all.length]).toEqual(["closed", 0]);
  });
});

describe("subscribing", () => {
  test("what is asked for in one tick goes in one frame of at most 50 topics", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    await clock.pass(0);
    for (let index = 0; index < 60; index++) collect(realtime, `channel:chn_${index}`, index);
    await clock.pass(0);
    const frames = socket(0).actions("subscribe");
    expect(frames.map(({ topics }) => topics?.length)).toEqual([50, 10]);
    expect(frames[0]?.topics?.[7]).toEqual({ topic: "channel:chn_7", after: 7 });
  });

  test("a topic is unsubscribed when the last of its listeners has gone, and not when it comes back in the same tick", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const one = collect(realtime);
    const two = collect(realtime);
    await clock.pass(0);
    one.subscription.close();
    one.subscription.close();
    await clock.pass(0);
    expect(socket(0).actions("unsubscribe")).toEqual([]);
    two.subscription.close();
    const three = collect(realtime);
    await clock.pass(0);
    expect(socket(0).actions("unsubscribe")).toEqual([]);
    three.subscription.close();
    await clock.pass(0);
    expect(
      socket(0)
        .actions("unsubscribe")
        .map(({ topics }) => topics),
    ).toEqual([[TOPIC]]);
  });

  test("a subscribe waits for the answer to the unsubscribe before it", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const { subscription } = collect(realtime);
    await clock.pass(0);
    socket(0).answerSubscribes();
    subscription.close();
    await clock.pass(0);
    collect(realtime);
    await clock.pass(0);
    expect(socket(0).actions("subscribe").length).toBe(1);
    socket(0).receive({ type: "unsubscribed", id: socket(0).sent.at(-1)?.id, topics: [TOPIC] });
    expect(socket(0).actions("subscribe").length).toBe(2);
  });

  test("a denied topic ends its subscription with a code and leaves the others alone", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const denied = collect(realtime);
    const allowed = collect(realtime, "server:srv_1");
    await clock.pass(0);
    socket(0).receive({ type: "subscribed", id: 1, topics: [{ topic: "server:srv_1", head: 0 }], denied: [TOPIC] });
    expect(denied.errors).toMatchObject([{ code: "channel.not_found" }]);
    expect(allowed.errors).toEqual([]);
    socket(0).close();
    await clock.pass(MINUTE);
    expect(
      socket(-1)
        .actions("subscribe")
        .map(({ topics }) => topics)[0],
    ).toEqual([{ topic: "server:srv_1" }]);
  });

  test("a subscribe that fails for now is repeated; one that fails for good is an error", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const { errors, subscription } = collect(realtime);
    await clock.pass(0);
    socket(0).receive({ type: "error", id: 1, code: "unavailable", error: "Busy." });
    await clock.pass(SECOND);
    expect([errors.length, socket(0).actions("subscribe").length]).toEqual([0, 2]);
    socket(0).receive({ type: "error", id: 2, code: "limit.topics", error: "Too many." });
    await clock.pass(MINUTE);
    expect(errors).toMatchObject([{ code: "limit.topics" }]);
    expect(socket(0).actions("subscribe").length).toBe(2);
    expect(subscription.seen).toBe(0);
  });

  test("a connection that does not answer a subscribe within 15 seconds is replaced", async () => {
    const { clock, sockets, realtime } = world({}, { autoAnswer: false });
    realtime.connect();
    collect(realtime);
    await clock.pass(14 * SECOND);
    expect(sockets.all.length).toBe(1);
    await clock.pass(2 * SECOND);
    expect(sockets.all.length).toBe(2);
  });
});

describe("frames", () => {
  test("a batch is unpacked; what is unknown or garbage is ignored", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const { seqs, events } = collect(realtime);
    await clock.pass(0);
    for (const garbage of ["", "null", "[]", "7", "{}", '{"type":"batch"}', '{"type":"batch","frames":[null,7]}', '{"type":"hail"}'])
      socket(0).receive(garbage);
    socket(0).receive({ type: "new_message", topic: TOPIC, seq: 1 });
    socket(0).receive({ type: "batch", frames: [push(1), { type: "typing", topic: TOPIC }, push(2)] });
    expect(seqs).toEqual([1, 2]);
    expect(events).toEqual([{ type: "typing", topic: TOPIC }]);
  });

  test("frames go to the listeners of their topic, and one that throws does not disturb the others", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const thrown: unknown[] = [];
    const note = (error: unknown) => thrown.push(error);
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", note);
    realtime.listen("server:srv_1", {
      onevent: () => {
        throw new Error("a bug in the application");
      },
    });
    const server = collect(realtime, "server:srv_1");
    const user = collect(realtime, "user:usr_1");
    await clock.pass(0);
    socket(0).receive({ type: "member_joined", topic: "server:srv_1", member: {} });
    await settled();
    process.removeListener("uncaughtException", note);
    for (const other of others) process.on("uncaughtException", other);
    expect([server.events.length, user.events.length, thrown.length]).toEqual([1, 0, 1]);
  });
});

describe("after a break", () => {
  test("each topic resumes behind what it has seen, and is told that events may be missing", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const channel = collect(realtime, TOPIC, null);
    const server = collect(realtime, "server:srv_1", null);
    await clock.pass(0);
    expect(socket(0).actions("subscribe")[0]?.topics).toEqual([{ topic: TOPIC }, { topic: "server:srv_1" }]);
    socket(0).receive(push(1));
    socket(0).receive(push(2));
    expect([channel.resumed(), server.resumed()]).toEqual([0, 0]);
    socket(0).close();
    await clock.pass(SECOND);
    expect(socket(1).actions("subscribe")[0]?.topics).toEqual([{ topic: TOPIC, after: 2 }, { topic: "server:srv_1" }]);
    expect([channel.resumed(), server.resumed()]).toEqual([1, 1]);
    expect(channel.seqs).toEqual([1, 2]);
  });

  test("entries of the answer are delivered; with a gap they are paged in, and `catching_up` lasts until then", async () => {
    const log = Array.from({ length: 250 }, (_, index) => message(index + 1));
    const asked: unknown[] = [];
    let release: (() => void) | undefined;
    const { clock, realtime, socket } = world(
      {
        fetchAfter: async (topic, after, limit) => {
          asked.push([topic, after, limit]);
          if (after === 202) await new Promise<void>((resolve) => (release = resolve));
          return { messages: log.slice(after, after + limit), head: 250 };
        },
      },
      { autoAnswer: false },
    );
    realtime.connect();
    const { seqs } = collect(realtime);
    await clock.pass(0);
    socket(0).receive({ type: "subscribed", id: 1, topics: [{ topic: TOPIC, head: 2, entries: log.slice(0, 2) }], denied: [] });
    expect([seqs, realtime.status.state]).toEqual([[1, 2], "connected"]);
    socket(0).close();
    await clock.pass(SECOND);
    socket(1).receive({ type: "subscribed", id: 1, topics: [{ topic: TOPIC, head: 250, gap: true }], denied: [] });
    await clock.pass(0);
    expect([seqs.length, realtime.status.state]).toEqual([202, "catching_up"]);
    release?.();
    await clock.pass(0);
    expect(asked).toEqual([2, 102, 202].map((after) => [TOPIC, after, 100]));
    expect([seqs, realtime.status.state]).toEqual([log.map(({ seq }) => seq), "connected"]);
  });
});

describe("liveness", () => {
  test("a ping is sent after 8 minutes of silence and not while frames come", async () => {
    const { clock, realtime, socket, sockets } = world();
    realtime.connect();
    await clock.pass(5 * MINUTE);
    socket(0).receive({ type: "hail" });
    await clock.pass(7.9 * MINUTE);
    expect(socket(0).actions("ping").length).toBe(0);
    await clock.pass(0.2 * MINUTE);
    expect(socket(0).actions("ping").length).toBe(1);
    await clock.pass(8.1 * MINUTE);
    expect([socket(0).actions("ping").length, sockets.all.length]).toEqual([2, 1]);
  });

  test("without a sign of life within 10 seconds the connection is replaced", async () => {
    const { clock, realtime, sockets } = world({}, { autoAnswer: false });
    realtime.connect();
    await clock.pass(8 * MINUTE + 9 * SECOND);
    expect(sockets.all.length).toBe(1);
    await clock.pass(2 * SECOND);
    expect([sockets.all.length, sockets.all[0]?.isClosed]).toEqual([2, true]);
  });

  test("when the network comes back or somebody looks again it is checked at once, within 5 seconds", async () => {
    const { signal, emit } = onlineSignal();
    const { clock, realtime, socket, sockets } = world({ onlineSignal: signal }, { autoAnswer: false });
    realtime.connect();
    await clock.pass(SECOND);
    emit("visible");
    expect(socket(0).actions("ping").length).toBe(1);
    socket(0).receive({ type: "pong", id: socket(0).sent.at(-1)?.id });
    await clock.pass(6 * SECOND);
    expect(sockets.all.length).toBe(1);
    emit("online");
    await clock.pass(6 * SECOND);
    expect(sockets.all.length).toBe(2);
  });

  test("while there is no network it waits for it and does not burn tries", async () => {
    const { signal, emit } = onlineSignal();
    const { clock, realtime, socket, sockets } = world({ onlineSignal: signal }, { autoOpen: false });
    realtime.connect();
    await settled();
    signal.online = false;
    socket(0).close();
    expect(realtime.status).toEqual({ state: "offline", retryAt: clock.now() + 30 * SECOND });
    await clock.pass(29 * SECOND);
    expect(sockets.all.length).toBe(1);
    emit("online");
    await settled();
    expect([sockets.all.length, realtime.status.state]).toEqual([2, "connecting"]);
  });
});

describe("before the gateway closes the connection", () => {
  test("the next one takes over without a break, a hole or a repeat", async () => {
    const { clock, realtime, socket, sockets, states } = world({}, { autoAnswer: false });
    realtime.connect();
    const { seqs, resumed } = collect(realtime);
    await clock.pass(0);
    socket(0).answerSubscribes();
    socket(0).receive(push(1));
    const keepAlive = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 5 * MINUTE) {
        socket(0).receive({ type: "hail" });
        await clock.pass(Math.min(5 * MINUTE, ms - passed));
      }
    };
    await keepAlive(110 * MINUTE - SECOND);
    expect(sockets.all.length).toBe(1);
    await clock.pass(2 * SECOND);
    expect([sockets.all.length, socket(0).isClosed]).toEqual([2, false]);
    expect(socket(1).actions("subscribe")[0]?.topics).toEqual([{ topic: TOPIC, after: 1 }]);
    socket(0).receive(push(2));
    socket(1).receive(push(2));
    socket(1).receive(push(3));
    socket(0).receive(push(3));
    socket(1).answerSubscribes(3);
    expect([socket(0).isClosed, socket(1).isClosed]).toEqual([true, false]);
    socket(1).receive(push(4));
    expect([seqs, resumed(), realtime.status.state]).toEqual([[1, 2, 3, 4], 0, "connected"]);
    expect(states).toEqual(["connecting", "catching_up", "connected"]);
  });

  test("the time is random between 105 and 115 minutes", async () => {
    for (const [random, minutes] of [
      [0, 105],
      [0.999999, 115],
    ] as const) {
      const { clock, realtime, sockets } = world({ random: () => random });
      realtime.connect();
      await clock.pass(minutes * MINUTE - SECOND);
      expect(sockets.all.length).toBe(1);
      await clock.pass(2 * SECOND);
      expect(sockets.all.length).toBe(2);
    }
  });

  test("if the next one fails the old one stays in use, and it is tried again", async () => {
    let tickets = 0;
    const getTicket = () =>
      ++tickets === 2 ? Promise.reject(new AgoraError("unavailable", "Busy.")) : Promise.resolve({ ticket: "t", url: "wss://agora.test" });
    const { clock, realtime, sockets, states } = world({ getTicket });
    realtime.connect();
    collect(realtime);
    await clock.pass(111 * MINUTE);
    expect([tickets, sockets.all.length, sockets.all[0]?.isClosed]).toEqual([3, 2, true]);
    expect(states).toEqual(["connecting", "catching_up", "connected"]);
  });

  test("if the old one closes while the next one subscribes, the next one goes on", async () => {
    const { clock, realtime, socket, sockets } = world({}, { autoAnswer: false });
    realtime.connect();
    const { seqs } = collect(realtime, TOPIC, 0);
    await clock.pass(0);
    socket(0).answerSubscribes();
    const roll = async () => {
      for (let minute = 0; minute < 110; minute += 5) {
        socket(0).receive({ type: "hail" });
        await clock.pass(5 * MINUTE);
      }
    };
    await roll();
    socket(0).close();
    expect(realtime.status.state).toBe("catching_up");
    socket(1).answerSubscribes(2, { entries: [message(1), message(2)] });
    expect([seqs, realtime.status.state, sockets.all.length]).toEqual([[1, 2], "connected", 2]);
  });
});

function onlineSignal() {
  let listener: Parameters<OnlineSignal["subscribe"]>[0] | undefined;
  const signal = {
    online: true,
    isOnline: () => signal.online,
    subscribe: (given: typeof listener) => {
      listener = given;
      return () => (listener = undefined);
    },
  };
  return {
    signal,
    emit: (kind: "online" | "offline" | "visible") => {
      signal.online = kind !== "offline";
      listener?.(kind);
    },
  };
}
