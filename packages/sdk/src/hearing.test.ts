import { describe, expect, test } from "vitest";
import type { EventFrame } from "@agora/core/protocol/frames";
import { GRACE_MS } from "./log-reader";
import { message } from "./testing/message";
import { collect, MINUTE, push, SECOND, TOPIC, world } from "./testing/realtime-world";

const SERVER = "server:srv_1";
const USER = "user:usr_1";

describe("a listener that wants no entries", () => {
  test("needs no fetchAfter, and hears the head: the answer's, and whenever it rises", async () => {
    const { clock, realtime, socket } = world({ fetchAfter: () => Promise.reject(new Error("not expected")) }, { autoAnswer: false });
    const heads: number[] = [];
    const events: string[] = [];
    realtime.connect();
    const subscription = realtime.listen(TOPIC, { onhead: (head) => heads.push(head), onevent: ({ type }) => events.push(type) });
    await clock.pass(0);
    expect(socket(0).actions("subscribe")[0]?.topics).toEqual([{ topic: TOPIC }]);
    socket(0).answerSubscribes(4);
    for (const seq of [6, 5, 6]) socket(0).receive(push(seq));
    socket(0).receive({ type: "unread", topic: TOPIC, head: 9 });
    socket(0).receive({ type: "unread", topic: TOPIC, head: 8 });
    await clock.pass(MINUTE);
    expect([heads, subscription.head, subscription.seen]).toEqual([[4, 6, 9], 9, undefined]);
    expect(events).toEqual(["new_message", "new_message", "new_message", "unread", "unread"]);
  });

  test("that comes second asks for nothing and is told what is known; the first of all is told by the answer", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const { subscription, seqs, events } = collect(realtime);
    await clock.pass(0);
    const early: number[] = [];
    realtime.listen(TOPIC, { onhead: (head) => early.push(head) });
    socket(0).answerSubscribes(0);
    socket(0).receive(push(1));
    const late: number[] = [];
    realtime.listen(TOPIC, { onhead: (head) => late.push(head) });
    await clock.pass(0);
    expect([early, late, seqs, events]).toEqual([[0, 1], [1], [1], []]);
    expect(socket(0).actions("subscribe").length).toBe(1);
    subscription.offer([message(2)]);
    expect([early, late]).toEqual([
      [0, 1, 2],
      [1, 2],
    ]);
    socket(0).close();
    realtime.listen(TOPIC, { onhead: (head) => late.push(-head) });
    await clock.pass(0);
    expect(late).toEqual([1, 2]);
  });

  test("that comes back in the same tick is told the head again", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const first = realtime.listen(TOPIC, {});
    await clock.pass(0);
    first.close();
    const heads: number[] = [];
    realtime.listen(TOPIC, { onhead: (head) => heads.push(head) });
    await clock.pass(0);
    expect([heads, socket(0).actions("subscribe").length]).toEqual([[0], 2]);
  });

  test("one that does needs fetchAfter", () => {
    const { realtime } = world({});
    const without = world({ fetchAfter: undefined as never });
    expect(() => without.realtime.listen(TOPIC, { onentries: () => undefined })).toThrow(TypeError);
    expect(() => without.realtime.listen(TOPIC, { onupdates: () => undefined })).toThrow(TypeError);
    expect(() => realtime.listen(TOPIC, { onentries: () => undefined })).not.toThrow();
    expect(() => without.realtime.listen(TOPIC, { onevent: () => undefined })).not.toThrow();
  });
});

describe("an unread hint", () => {
  test("tells those who read the log that its last push was lost; it is fetched after the grace", async () => {
    const fetched: number[] = [];
    const fetchAfter = (_: string, after: number) => {
      fetched.push(after);
      return Promise.resolve({ messages: [message(after + 1)], head: after + 1 });
    };
    const { clock, realtime, socket } = world({ fetchAfter });
    realtime.connect();
    const { seqs } = collect(realtime);
    await clock.pass(0);
    socket(0).receive({ type: "unread", topic: TOPIC, head: 0 });
    socket(0).receive({ type: "unread", topic: TOPIC });
    await clock.pass(SECOND);
    socket(0).receive({ type: "unread", topic: TOPIC, head: 1 });
    await clock.pass(GRACE_MS - 1);
    expect(fetched).toEqual([]);
    await clock.pass(1);
    expect([fetched, seqs]).toEqual([[0], [1]]);
    socket(0).receive({ type: "unread", topic: TOPIC, head: 2 });
    socket(0).receive(push(2));
    await clock.pass(SECOND);
    expect([fetched.length, seqs]).toEqual([1, [1, 2]]);
  });
});

describe("a message that is deleted", () => {
  const deleted = (seq: number, revision = 2, content: string | null = null) => ({
    type: "message_deleted",
    topic: TOPIC,
    seq,
    message: message(seq, { content, deleted_at: 1, revision }),
  });

  test("is an update for those who read the log, an event for those who do not, and the higher revision stays", async () => {
    const { clock, realtime, socket } = world();
    const others: EventFrame[] = [];
    realtime.connect();
    const { seqs, updates, events } = collect(realtime);
    realtime.listen(TOPIC, { onevent: (event) => others.push(event) });
    await clock.pass(0);
    for (const frame of [push(1), push(2), deleted(1), deleted(1), push(1), deleted(2, 3), deleted(2, 2)]) socket(0).receive(frame);
    expect([seqs, updates.map(({ seq, revision }) => [seq, revision]), events]).toEqual([
      [1, 2],
      [
        [1, 2],
        [2, 3],
      ],
      [],
    ]);
    expect(others.filter(({ type }) => type === "message_deleted")).toHaveLength(4);
  });

  test("before it was delivered comes in its place, as it is then", async () => {
    const { clock, realtime, socket } = world();
    const delivered: unknown[] = [];
    realtime.connect();
    const heads: number[] = [];
    realtime.listen(TOPIC, {
      after: 0,
      onentries: (messages) => delivered.push(...messages.map(({ seq, content }) => [seq, content])),
      onhead: (head) => heads.push(head),
    });
    await clock.pass(0);
    socket(0).receive(deleted(2));
    expect(heads).toEqual([0, 2]);
    for (const frame of [push(2), push(1)]) socket(0).receive(frame);
    expect(delivered).toEqual([
      [1, "message 1"],
      [2, null],
    ]);
  });

  test("from before the beginning is told all the same: the page may show it", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const { seqs, updates } = collect(realtime, TOPIC, 7);
    await clock.pass(0);
    socket(0).receive(deleted(3));
    expect([seqs, updates.map(({ seq }) => seq)]).toEqual([[], [3]]);
  });

  test("of a frame without one is nothing", async () => {
    const { clock, realtime, socket } = world();
    realtime.connect();
    const { seqs, updates, events } = collect(realtime);
    await clock.pass(0);
    socket(0).receive({ type: "message_deleted", topic: TOPIC, seq: 1 });
    expect([seqs, updates, events]).toEqual([[], [], []]);
  });
});

describe("a message that is changed", () => {
  const updated = (seq: number, revision: number, reaction?: object) => ({
    type: "message_updated",
    topic: TOPIC,
    seq,
    message: message(seq, { content: `revision ${revision}`, revision }),
    ...(reaction ? { reaction } : {}),
  });

  test("is an update with what was pushed, an event for those who do not read the log, and an older revision is none", async () => {
    const { clock, realtime, socket } = world();
    const updates: unknown[] = [];
    const events: EventFrame[] = [];
    realtime.connect();
    realtime.listen(TOPIC, { after: 0, onupdates: (messages, pushed) => updates.push([messages.map(({ revision }) => revision), pushed]) });
    realtime.listen(TOPIC, { onevent: (event) => events.push(event) });
    await clock.pass(0);
    const reaction = { user_id: "usr_1", emoji: "👍", added: true };
    for (const frame of [push(1), updated(1, 2), updated(1, 4, reaction), updated(1, 3), updated(1, 4, reaction)]) socket(0).receive(frame);
    expect(updates).toEqual([
      [[2], { reaction: undefined }],
      [[4], { reaction }],
    ]);
    expect(events.filter(({ type }) => type === "message_updated")).toHaveLength(4);
  });

  test("and is learned from an answer, is as its reader sees it", async () => {
    const { clock, realtime, socket } = world();
    const updates: unknown[] = [];
    realtime.connect();
    const subscription = realtime.listen(TOPIC, { after: 0, onupdates: (...update) => updates.push(update) });
    await clock.pass(0);
    socket(0).receive(push(1));
    subscription.offer([message(1, { revision: 2 })]);
    expect(updates).toEqual([[[message(1, { revision: 2 })], undefined]]);
  });
});

describe("what changed before anybody listened", () => {
  test("is asked for with the last known entries, and told as updates; nothing is delivered twice", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const entries: number[] = [];
    const updates: unknown[] = [];
    realtime.listen(TOPIC, {
      after: 30,
      again: 25,
      onentries: (messages) => entries.push(...messages.map(({ seq }) => seq)),
      onupdates: (...update) => updates.push(update),
    });
    await clock.pass(0);
    const asked = socket(0).actions("subscribe").at(-1);
    expect(asked?.topics).toEqual([{ topic: TOPIC, after: 5 }]);
    const edited = message(29, { revision: 2 });
    const known = [...Array.from({ length: 23 }, (_, i) => message(i + 6)), edited, message(30)];
    socket(0).receive({
      type: "subscribed",
      id: asked?.id,
      topics: [{ topic: TOPIC, head: 31, entries: [...known, message(31)] }],
      denied: [],
    });
    expect([entries, updates]).toEqual([[31], [[[edited], undefined]]]);
  });
});

describe("a refusal by the socket", () => {
  test("says how long to wait, and is waited for where it passes", async () => {
    const { clock, realtime, socket } = world({}, { autoAnswer: false });
    realtime.connect();
    const { errors } = collect(realtime);
    await clock.pass(0);
    const refuse = (code: string, retry_after_ms: number) => {
      const asked = socket(0).actions("subscribe");
      socket(0).receive({ type: "error", id: asked.at(-1)?.id, code, error: "No.", retry_after_ms });
      return asked.length;
    };
    expect(refuse("unavailable", 20 * SECOND)).toBe(1);
    await clock.pass(20 * SECOND - 1);
    expect(socket(0).actions("subscribe")).toHaveLength(1);
    await clock.pass(1);
    expect(refuse("limit.topics", 5 * SECOND)).toBe(2);
    expect(errors.map(({ code, status, retryAfterMs }) => [code, status, retryAfterMs])).toEqual([["limit.topics", 429, 5 * SECOND]]);
  });
});

describe("every event", () => {
  test("of any topic is told, listened to or not; entries are not, unless nobody listens to their log any more", async () => {
    const { clock, realtime, socket } = world();
    const events: EventFrame[] = [];
    const stop = realtime.onevent((event) => events.push(event));
    realtime.connect();
    collect(realtime);
    await clock.pass(0);
    const hint = { type: "unread", topic: "channel:chn_2", head: 3 };
    const read = { type: "read", topic: TOPIC, head: 3, last_read: 3, mention_count: 0 };
    socket(0).receive({ type: "batch", frames: [hint, push(1), read] });
    socket(0).receive({ type: "sent", message: message(2) });
    const left = { type: "new_message", topic: "channel:chn_2", seq: 4 };
    socket(0).receive({ ...left, message: message(4) });
    socket(0).receive({ ...left, seq: 5, message: message(5, { mentioned_role_ids: ["rol_1"] }) });
    socket(0).receive({ ...left, seq: 6 });
    expect(events).toEqual([hint, read, { ...hint, head: 4 }, { ...hint, head: 5, role_ids: ["rol_1"] }]);
    stop();
    socket(0).receive(hint);
    expect(events.length).toBe(4);
  });

  test("said in a conversation is told as it is, listened to or not: somebody may be notified of it", async () => {
    const { clock, realtime, socket } = world();
    const events: EventFrame[] = [];
    realtime.onevent((event) => events.push(event));
    realtime.connect();
    const { seqs } = collect(realtime, "dm:dm_1");
    await clock.pass(0);
    const said = (topic: string, seq: number) => ({ type: "new_message", topic, seq, message: message(seq, { log_id: topic }) });
    const [heard, elsewhere] = [said("dm:dm_1", 1), said("dm:dm_2", 7)];
    socket(0).receive({ type: "batch", frames: [heard, elsewhere] });
    socket(0).receive({ type: "new_message", topic: "dm:dm_2", seq: 8 }); // no entry
    expect(events).toEqual([heard, elsewhere]);
    expect(seqs).toEqual([1]);
  });

  test("that a topic is live is told at its first subscribe and after a break, and not at a roll-over or for one more listener", async () => {
    const { clock, realtime, socket } = world();
    const live: string[] = [];
    const stop = realtime.onlive((topic) => live.push(topic));
    realtime.connect();
    collect(realtime, SERVER, null);
    await clock.pass(0);
    collect(realtime, SERVER, null);
    collect(realtime, USER, null);
    await clock.pass(112 * MINUTE);
    expect(live).toEqual([SERVER, USER]);
    socket(-1).close();
    await clock.pass(SECOND);
    expect(live).toEqual([SERVER, USER, SERVER, USER]);
    stop();
    socket(-1).close();
    await clock.pass(SECOND);
    expect(live.length).toBe(4);
  });
});

describe("typing", () => {
  test("is sent at most every 8 seconds for each log, without an id, and not without a connection", async () => {
    const { clock, realtime, socket } = world();
    realtime.typing(TOPIC);
    realtime.connect();
    realtime.typing(TOPIC);
    await clock.pass(0);
    const typed = () =>
      socket(-1)
        .actions("typing")
        .map(({ action: _, ...frame }) => frame);
    realtime.typing(TOPIC);
    realtime.typing("channel:chn_2");
    await clock.pass(7_999);
    realtime.typing(TOPIC);
    expect(typed()).toEqual([{ topic: TOPIC }, { topic: "channel:chn_2" }]);
    await clock.pass(1);
    realtime.typing(TOPIC);
    expect(typed().length).toBe(3);
    socket(0).receive({ type: "error", code: "channel.not_found", error: "No." });
    socket(0).close();
    await clock.pass(7_999);
    realtime.typing(TOPIC);
    expect(typed().length).toBe(0);
    await clock.pass(1);
    realtime.typing(TOPIC);
    expect(typed().length).toBe(1);
  });
});

describe("a connection that the server has forgotten", () => {
  test.each(["subscribe", "unsubscribe", "ping"] as const)(
    "is replaced when it answers auth.invalid to %s, and topics go on",
    async (action) => {
      const { clock, realtime, socket, sockets } = world({}, { autoAnswer: false });
      realtime.connect();
      const { errors, resumed, subscription } = collect(realtime);
      const server = collect(realtime, SERVER, null);
      await clock.pass(0);
      if (action !== "subscribe") socket(0).answerSubscribes();
      if (action === "unsubscribe") server.subscription.close();
      await clock.pass(action === "ping" ? 8 * MINUTE : 0);
      const { id } = socket(0).actions(action)[0] ?? {};
      expect(id).toBeDefined();
      socket(0).receive({ type: "error", id, code: "auth.invalid", error: "This connection is closed." });
      expect([socket(0).isClosed, realtime.status.state]).toEqual([true, "waiting"]);
      await clock.pass(500);
      socket(1).answerSubscribes();
      expect([sockets.all.length, errors, subscription.seen, realtime.status.state]).toEqual([2, [], 0, "connected"]);
      expect(resumed()).toBe(1);
    },
  );

  test("is replaced later and later while that does not help", async () => {
    const { clock, realtime, sockets } = world({}, { autoAnswer: false });
    realtime.connect();
    const { errors } = collect(realtime);
    const delays: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      await clock.pass(0);
      sockets.all.at(-1)?.receive({ type: "error", id: 1, code: "auth.invalid", error: "No." });
      delays.push((realtime.status.retryAt ?? 0) - clock.now());
      await clock.pass(delays.at(-1) ?? 0);
    }
    expect([delays, errors]).toEqual([[250, 500, 1000, 2000], []]);
  });

  test("as the next one of a roll-over leaves the old one in use", async () => {
    const { clock, realtime, socket, sockets } = world({}, { autoAnswer: false });
    realtime.connect();
    const { seqs } = collect(realtime);
    await clock.pass(0);
    socket(0).answerSubscribes();
    for (let minute = 0; minute < 110; minute += 5) {
      socket(0).receive({ type: "hail" });
      await clock.pass(5 * MINUTE);
    }
    socket(1).receive({ type: "error", id: 1, code: "auth.invalid", error: "No." });
    expect([socket(0).isClosed, socket(1).isClosed]).toEqual([false, true]);
    socket(0).receive(push(1));
    await clock.pass(SECOND);
    socket(2).answerSubscribes(1);
    expect([seqs, sockets.all.length, socket(0).isClosed, realtime.status.state]).toEqual([[1], 3, true, "connected"]);
  });
});

test("who is removed from a server is told, loses its topics once, and resumes the others exactly", async () => {
  const { clock, realtime, socket, sockets, states } = world({}, { autoAnswer: false });
  realtime.connect();
  const gone = collect(realtime, TOPIC, 7);
  const goneServer = collect(realtime, SERVER, null);
  const kept = collect(realtime, "channel:chn_9", 3);
  const user = collect(realtime, USER, null);
  await clock.pass(0);
  const answer = (index: number, denied: string[]) => {
    const { id, topics = [] } = socket(index).actions("subscribe")[0] ?? {};
    const heads = topics.filter(({ topic }) => !denied.includes(topic)).map(({ topic, after = 0 }) => ({ topic, head: after }));
    socket(index).receive({ type: "subscribed", id, topics: heads, denied });
  };
  answer(0, []);
  await clock.pass(MINUTE);
  const kicked = { type: "kicked", topic: USER, server_id: "srv_1", reason: "kick" };
  socket(0).receive(kicked);
  socket(0).close();
  await clock.pass(SECOND);
  expect(socket(1).actions("subscribe")[0]?.topics).toEqual([
    { topic: TOPIC, after: 7 },
    { topic: SERVER },
    { topic: "channel:chn_9", after: 3 },
    { topic: USER },
  ]);
  answer(1, [TOPIC, SERVER]);
  await clock.pass(5 * MINUTE);
  expect([gone.errors, goneServer.errors].map((errors) => errors.map(({ code }) => code))).toEqual([
    ["channel.not_found"],
    ["server.not_found"],
  ]);
  expect([kept.errors, user.errors, user.events]).toEqual([[], [], [kicked]]);
  expect([kept.resumed(), user.resumed(), gone.resumed()]).toEqual([1, 1, 0]);
  expect([sockets.all.length, socket(1).sent.length]).toEqual([2, 1]);
  expect(states).toEqual(["connecting", "catching_up", "connected", "waiting", "connecting", "catching_up", "connected"]);
});
