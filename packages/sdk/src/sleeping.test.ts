import { describe, expect, test } from "vitest";
import { AgoraError } from "./errors";
import { message } from "./testing/message";
import { collect, MINUTE, onlineSignal, push, SECOND, TOPIC, world } from "./testing/realtime-world";

const SERVER = "server:srv_1";
const USER = "user:usr_1";

type World = ReturnType<typeof world>;

const asked = ({ socket }: World, action: string, index = -1) =>
  socket(index)
    .actions(action)
    .map(({ topics }) => topics);

/** A connected client that listens to a log, a server and its own topic. */
async function listening(...args: Parameters<typeof world>) {
  const here = world(...args);
  here.realtime.connect();
  const channel = collect(here.realtime);
  const server = collect(here.realtime, SERVER, null);
  const user = collect(here.realtime, USER, null);
  await here.clock.pass(0);
  return { ...here, channel, server, user };
}

/** Lets time pass on a connection that says something now and then. */
async function live({ clock, socket }: World, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5 * MINUTE) {
    socket(0).receive({ type: "hail" });
    await clock.pass(Math.min(5 * MINUTE, ms - passed));
  }
}

describe("asleep", () => {
  test("only the account's own topic stays; one frame says so, however often it is asked", async () => {
    const here = await listening();
    here.realtime.sleep();
    here.realtime.sleep();
    await here.clock.pass(MINUTE);
    expect(asked(here, "unsubscribe")).toEqual([[TOPIC, SERVER]]);
    here.socket(0).receive({ type: "read", topic: USER });
    expect([here.user.events.length, here.realtime.isAsleep, here.realtime.status.state]).toEqual([1, true, "connected"]);
  });

  test("nothing is fetched, also not what was being fetched", async () => {
    let pages = 0;
    let release: (() => void) | undefined;
    const fetchAfter = async (_: string, after: number) => {
      pages++;
      await new Promise<void>((resolve) => (release = resolve));
      return { messages: [message(after + 1)], head: 9 };
    };
    const { clock, realtime, socket, channel } = await listening({ fetchAfter });
    socket(0).receive(push(9));
    await clock.pass(SECOND);
    realtime.sleep();
    release?.();
    await clock.pass(MINUTE);
    socket(0).receive({ type: "unread", topic: TOPIC, head: 12 });
    await clock.pass(MINUTE);
    expect([pages, channel.seqs]).toEqual([1, [1]]);
  });

  test("a break is repaired with the account's own topic alone, and the rest at the end of the sleep", async () => {
    const here = await listening();
    here.realtime.sleep();
    await here.clock.pass(0);
    here.socket(0).close();
    await here.clock.pass(MINUTE);
    expect(asked(here, "subscribe")).toEqual([[{ topic: USER }]]);
    expect([here.realtime.status.state, here.user.resumed(), here.channel.resumed()]).toEqual(["connected", 1, 0]);
    here.realtime.wake();
    await here.clock.pass(0);
    expect(asked(here, "subscribe")[1]).toEqual([{ topic: TOPIC, after: 0 }, { topic: SERVER }]);
    expect([here.user.resumed(), here.channel.resumed(), here.server.resumed()]).toEqual([1, 1, 1]);
  });

  test("before the first connection is as good as later", async () => {
    const here = world();
    here.realtime.sleep();
    const channel = collect(here.realtime);
    collect(here.realtime, USER, null);
    here.realtime.connect();
    here.realtime.connect();
    await here.clock.pass(SECOND);
    expect(asked(here, "subscribe")).toEqual([[{ topic: USER }]]);
    expect(here.states).toEqual(["connecting", "catching_up", "connected"]);
    here.realtime.wake();
    await here.clock.pass(SECOND);
    expect(asked(here, "subscribe")[1]).toEqual([{ topic: TOPIC, after: 0 }]);
    expect([channel.subscription.seen, here.realtime.status.state]).toEqual([0, "connected"]);
  });

  test("while it connects, an answer that was on its way attaches nothing and is taken back", async () => {
    const here = await listening({}, { autoAnswer: false });
    here.realtime.sleep();
    await here.clock.pass(0);
    expect(asked(here, "unsubscribe")).toEqual([]);
    here.socket(0).answerSubscribes(3);
    await here.clock.pass(MINUTE);
    expect(asked(here, "unsubscribe", 0)).toEqual([[TOPIC, SERVER]]);
    expect(here.channel.subscription.head).toBe(0);
  });

  test("a topic that is listened to is asked for at the end of the sleep, and one that is closed is not", async () => {
    const here = await listening();
    here.realtime.sleep();
    await here.clock.pass(0);
    const other = collect(here.realtime, "channel:chn_2", 7);
    here.server.subscription.close();
    await here.clock.pass(MINUTE);
    expect(asked(here, "subscribe").length).toBe(1);
    here.realtime.wake();
    await here.clock.pass(0);
    expect(asked(here, "subscribe")[1]).toEqual([
      { topic: TOPIC, after: 0 },
      { topic: "channel:chn_2", after: 7 },
    ]);
    expect([other.subscription.seen, other.resumed()]).toEqual([7, 0]);
  });
});

describe("awake again", () => {
  test("what was missed comes exactly, behind what was seen, and the state tells the way", async () => {
    const log = [1, 2, 3, 4].map((seq) => message(seq));
    const here = await listening({}, { autoAnswer: false });
    here.socket(0).answerSubscribes(1, { entries: log.slice(0, 1) });
    here.realtime.sleep();
    await here.clock.pass(0);
    here.socket(0).receive({ type: "unsubscribed", id: here.socket(0).sent.at(-1)?.id, topics: [TOPIC, SERVER] });
    here.states.length = 0;
    here.realtime.wake();
    here.realtime.wake();
    await here.clock.pass(0);
    expect([here.states, asked(here, "subscribe")[1]]).toEqual([["catching_up"], [{ topic: TOPIC, after: 1 }, { topic: SERVER }]]);
    here.socket(0).receive(push(4));
    const { id } = here.socket(0).sent.at(-1) ?? {};
    const topics = [
      { topic: TOPIC, head: 4, entries: log.slice(1, 3) },
      { topic: SERVER, head: 0 },
    ];
    here.socket(0).receive({ type: "subscribed", id, topics, denied: [] });
    await here.clock.pass(0);
    expect([here.channel.seqs, here.states]).toEqual([
      [1, 2, 3, 4],
      ["catching_up", "connected"],
    ]);
    expect([here.channel.resumed(), here.server.resumed(), here.user.resumed()]).toEqual([1, 1, 0]);
  });

  test("before the sleep was even told of, everything is asked for once more", async () => {
    const here = await listening();
    here.realtime.sleep();
    here.realtime.wake();
    await here.clock.pass(0);
    expect(asked(here, "unsubscribe")).toEqual([]);
    expect(asked(here, "subscribe")[1]).toEqual([{ topic: TOPIC, after: 0 }, { topic: SERVER }]);
    expect([here.channel.resumed(), here.realtime.status.state]).toEqual([1, "connected"]);
    here.socket(0).receive(push(2));
    await here.clock.pass(140);
    here.socket(0).receive(push(1));
    expect(here.channel.seqs).toEqual([1, 2]);
  });

  test("it is not connected before the answer, though the server was never told of the sleep", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    collect(realtime, SERVER, null);
    const other = collect(realtime, SERVER, null);
    await clock.pass(0);
    socket(0).answerSubscribes();
    realtime.sleep();
    realtime.wake();
    other.subscription.close();
    expect(realtime.status.state).toBe("catching_up");
    await clock.pass(SECOND);
    expect(realtime.status.state).toBe("catching_up");
    socket(0).receive({ type: "subscribed", id: socket(0).sent.at(-1)?.id, topics: [{ topic: SERVER, head: 0 }], denied: [] });
    expect(realtime.status.state).toBe("connected");
  });

  test("while the server still unsubscribes, the subscribe waits for its answer", async () => {
    const here = await listening({}, { autoAnswer: false });
    here.socket(0).answerSubscribes();
    here.realtime.sleep();
    await here.clock.pass(0);
    here.realtime.wake();
    await here.clock.pass(0);
    expect(asked(here, "subscribe").length).toBe(1);
    expect(here.realtime.status.state).toBe("catching_up");
    here.socket(0).receive({ type: "unsubscribed", id: here.socket(0).sent.at(-1)?.id, topics: [TOPIC, SERVER] });
    expect(asked(here, "subscribe")[1]).toEqual([{ topic: TOPIC, after: 0 }, { topic: SERVER }]);
  });

  test("it does not wait for the next try, and with nothing to catch up the state stays", async () => {
    const here = world({}, { autoOpen: false });
    collect(here.realtime, USER, null);
    here.realtime.connect();
    await here.clock.pass(0);
    here.socket(0).close();
    expect(here.realtime.status.state).toBe("waiting");
    here.realtime.wake();
    await here.clock.pass(0);
    here.socket(1).open();
    expect([here.sockets.all.length, here.realtime.status.state]).toEqual([2, "connected"]);
    here.states.length = 0;
    here.realtime.sleep();
    here.realtime.wake();
    await here.clock.pass(0);
    expect(here.states).toEqual([]);
  });

  test("after close nothing happens any more", async () => {
    const here = await listening();
    here.realtime.sleep();
    here.realtime.close();
    here.realtime.wake();
    here.realtime.sleep();
    await here.clock.pass(MINUTE);
    expect([here.sockets.all.length, here.realtime.status.state]).toEqual([1, "closed"]);
  });
});

describe("before the gateway closes the connection", () => {
  test("asleep, the next one takes over with the account's own topic alone", async () => {
    const here = await listening();
    here.realtime.sleep();
    await live(here, 110 * MINUTE + SECOND);
    expect([here.sockets.all.length, here.socket(0).isClosed, here.user.resumed()]).toEqual([2, true, 0]);
    expect(asked(here, "subscribe")).toEqual([[{ topic: USER }]]);
    here.realtime.wake();
    await here.clock.pass(0);
    expect(asked(here, "subscribe")[1]).toEqual([{ topic: TOPIC, after: 0 }, { topic: SERVER }]);
  });

  test("asleep with nothing to listen to, the next one takes over too", async () => {
    const here = world();
    here.realtime.connect();
    here.realtime.sleep();
    await here.clock.pass(112 * MINUTE);
    expect([here.sockets.all.length, here.socket(0).isClosed, here.realtime.status.state]).toEqual([2, true, "connected"]);
  });

  test("who falls asleep and wakes while the next one subscribes misses nothing on either", async () => {
    const here = await listening({}, { autoAnswer: false });
    here.socket(0).answerSubscribes();
    await live(here, 110 * MINUTE + SECOND);
    here.realtime.sleep();
    await here.clock.pass(0);
    here.realtime.wake();
    await here.clock.pass(0);
    here.socket(1).answerSubscribes(1, { entries: [message(1)] });
    await here.clock.pass(0);
    for (const frame of here.socket(1).actions("subscribe").slice(1))
      here
        .socket(1)
        .receive({ type: "subscribed", id: frame.id, topics: frame.topics?.map(({ topic }) => ({ topic, head: 1 })), denied: [] });
    expect([here.channel.seqs, here.socket(0).isClosed, here.realtime.status.state]).toEqual([[1], true, "connected"]);
    here.socket(1).receive(push(2));
    expect(here.channel.seqs).toEqual([1, 2]);
  });

  test("while it still catches up, nothing is delivered twice and nothing left out", async () => {
    const log = Array.from({ length: 30 }, (_, index) => message(index + 1));
    let release: (() => void) | undefined;
    const fetchAfter = async (_: string, after: number) => {
      await new Promise<void>((resolve) => (release = resolve));
      return { messages: log.slice(after, after + 10), head: 30 };
    };
    const here = await listening({ fetchAfter }, { autoAnswer: false });
    here.socket(0).answerSubscribes(30, { gap: true });
    await live(here, 110 * MINUTE + SECOND);
    expect(here.realtime.status.state).toBe("catching_up");
    here.socket(1).answerSubscribes(30, { gap: true });
    for (let page = 0; page < 3; page++) {
      release?.();
      await here.clock.pass(0);
    }
    expect([here.channel.seqs, here.realtime.status.state]).toEqual([log.map(({ seq }) => seq), "connected"]);
    expect([here.socket(0).isClosed, here.channel.resumed()]).toEqual([true, 0]);
  });

  test("a refused ticket leaves the old one in use until it is closed; only then is it a sign-out", async () => {
    let tickets = 0;
    const getTicket = () =>
      ++tickets > 1 ? Promise.reject(new AgoraError("auth.invalid", "No.")) : Promise.resolve({ ticket: "t", url: "wss://agora.test" });
    const here = await listening({ getTicket });
    await live(here, 112 * MINUTE);
    expect([tickets > 2, here.socket(0).isClosed, here.realtime.status.state]).toEqual([true, false, "connected"]);
    here.socket(0).receive(push(1));
    expect(here.channel.seqs).toEqual([1]);
    here.socket(0).close();
    await here.clock.pass(MINUTE);
    expect([here.realtime.status.state, here.sockets.all.length]).toEqual(["signed_out", 1]);
  });
});

describe("more sockets than an account may have", () => {
  const evict = ({ socket }: World) => {
    socket(-1).receive({ type: "error", code: "limit.sockets", error: "You have Agora open too often." });
    socket(-1).close();
  };

  test("one that is looked at waits one to two minutes, by chance, for the place that a roll-over took", async () => {
    for (const [random, seconds] of [
      [0, 60],
      [0.5, 90],
    ] as const) {
      const here = await listening({ random: () => random });
      evict(here);
      expect(here.realtime.status).toEqual({ state: "waiting", retryAt: here.clock.now() + seconds * SECOND });
      await here.clock.pass(seconds * SECOND);
      expect([here.sockets.all.length, here.realtime.status.state, here.channel.resumed()]).toEqual([2, "connected", 1]);
    }
  });

  test("one that nobody looks at waits ten minutes", async () => {
    const here = await listening();
    here.realtime.sleep();
    evict(here);
    expect(here.realtime.status).toEqual({ state: "waiting", retryAt: here.clock.now() + 10 * MINUTE });
    await here.clock.pass(10 * MINUTE - SECOND);
    expect(here.sockets.all.length).toBe(1);
    await here.clock.pass(2 * SECOND);
    expect([here.sockets.all.length, here.realtime.status.state, here.user.resumed()]).toEqual([2, "connected", 1]);
    here.socket(-1).close();
    expect((here.realtime.status.retryAt ?? 0) - here.clock.now()).toBeLessThan(SECOND);
  });

  test.each(["visible", "wake", "connect"] as const)("or until somebody looks: %s", async (how) => {
    const { signal, emit } = onlineSignal();
    const here = await listening({ onlineSignal: signal });
    evict(here);
    emit("offline");
    emit("online");
    emit("online");
    await here.clock.pass(MINUTE);
    expect([here.sockets.all.length, here.realtime.status.state]).toEqual([1, "waiting"]);
    if (how === "visible") emit("visible");
    else here.realtime[how]();
    await here.clock.pass(0);
    expect([here.sockets.all.length, here.realtime.status.state]).toEqual([2, "connected"]);
    here.socket(1).close();
    emit("online");
    await here.clock.pass(0);
    expect(here.sockets.all.length).toBe(3);
  });

  test("connect does not cut an ordinary wait short", async () => {
    const here = await listening();
    here.socket(0).close();
    here.realtime.connect();
    await here.clock.pass(249);
    expect(here.sockets.all.length).toBe(1);
  });

  test("the next connection of a roll-over that is sent away leaves the old one in use", async () => {
    const here = await listening({}, { autoAnswer: false });
    here.socket(0).answerSubscribes();
    await live(here, 110 * MINUTE + SECOND);
    evict(here);
    await live(here, MINUTE);
    expect([here.sockets.all.length, here.socket(0).isClosed, here.realtime.status.state]).toEqual([2, false, "connected"]);
    here.socket(0).close();
    expect((here.realtime.status.retryAt ?? 0) - here.clock.now()).toBeLessThan(SECOND);
  });
});
