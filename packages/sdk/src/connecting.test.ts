import { describe, expect, test } from "vitest";
import { AgoraError } from "./errors";
import { settled } from "./testing/fake-clock";
import { message } from "./testing/message";
import { collect, MINUTE, onlineSignal, push, SECOND, TOPIC, world } from "./testing/realtime-world";

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
    const error = new AgoraError("limit.login", "Slowly.", { retryAfterMs: 20 * SECOND });
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

  test("only what the next one does not carry yet has had a break", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const channels = Array.from({ length: 51 }, (_, index) => collect(realtime, index === 0 ? TOPIC : `server:srv_${index}`));
    await clock.pass(0);
    socket(0).answerSubscribes();
    for (let minute = 0; minute < 110; minute += 5) {
      socket(0).receive({ type: "hail" });
      await clock.pass(5 * MINUTE);
    }
    const [first, second] = socket(1).actions("subscribe");
    const answer = (frame: typeof first) =>
      socket(1).receive({ type: "subscribed", id: frame?.id, topics: frame?.topics?.map(({ topic }) => ({ topic, head: 0 })), denied: [] });
    answer(first);
    socket(0).close();
    answer(second);
    expect([channels[0]?.resumed(), channels[50]?.resumed()]).toEqual([0, 1]);
    expect(realtime.status.state).toBe("connected");
  });
});
