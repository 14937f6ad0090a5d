import { describe, expect, test } from "vitest";
import { settled } from "./testing/fake-clock";
import { message } from "./testing/message";
import { collect, MINUTE, push, SECOND, TOPIC, world } from "./testing/realtime-world";

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
    three.subscription.close();
    await clock.pass(0);
    expect(
      socket(0)
        .actions("unsubscribe")
        .map(({ topics }) => topics),
    ).toEqual([[TOPIC]]);
  });

  test("a second listener, which needs older entries, has the topic answered again from where it is", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const first = collect(realtime, TOPIC, 7);
    await clock.pass(0);
    const second = collect(realtime, TOPIC, 3);
    await clock.pass(0);
    expect(
      socket(0)
        .actions("subscribe")
        .map(({ topics }) => topics?.[0]?.after),
    ).toEqual([7, 3]);
    first.subscription.close();
    second.subscription.close();
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

  test("an unsubscribe waits for the answer to the subscribe before it", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const { subscription } = collect(realtime);
    await clock.pass(0);
    subscription.close();
    await clock.pass(0);
    expect(socket(0).actions("unsubscribe").length).toBe(0);
    socket(0).answerSubscribes();
    expect(socket(0).actions("unsubscribe").length).toBe(1);
  });

  test("a topic that is opened on a good connection does not take back that it is connected", async () => {
    const { clock, realtime, states } = world({}, { autoAnswer: false });
    realtime.connect();
    await clock.pass(0);
    collect(realtime);
    await clock.pass(SECOND);
    expect(states).toEqual(["connecting", "connected"]);
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

  test("of several topics for which there is no room together, each is asked for by itself, once, and only those end that find none", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    await clock.pass(0);
    const { onsend } = socket(0);
    let room = 1;
    socket(0).onsend = (frame) => {
      const { action, id, topics = [] } = frame;
      if (action !== "subscribe" || topics.length <= room) {
        if (action === "subscribe") room -= topics.length;
        onsend?.(frame);
      } else socket(0).receive({ type: "error", id, code: "limit.topics", error: "Too many." });
    };
    const all = [TOPIC, "server:srv_1", "server:srv_2"].map((topic) => collect(realtime, topic));
    await clock.pass(MINUTE);
    expect(all.map(({ errors }) => errors.map(({ code }) => code))).toEqual([[], ["limit.topics"], ["limit.topics"]]);
    expect(
      socket(0)
        .actions("subscribe")
        .map(({ topics }) => topics?.length),
    ).toEqual([3, 1, 1, 1]);
    socket(0).receive(push(1));
    expect([all[0]?.seqs, realtime.status.state]).toEqual([[1], "connected"]);
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
    collect(realtime, TOPIC, null);
    await clock.pass(0);
    expect([socket(1).actions("subscribe").length, channel.resumed()]).toEqual([2, 1]);
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
