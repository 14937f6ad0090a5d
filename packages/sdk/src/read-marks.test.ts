import { describe, expect, test } from "vitest";
import { AgoraError } from "./errors";
import { createReadMarks } from "./read-marks";
import type { LogState, ReadMarksOptions } from "./read-marks";
import { message } from "./testing/message";
import { MINUTE, push, SECOND, TOPIC, world } from "./testing/realtime-world";

const SERVER = "server:srv_1";
const USER = "user:usr_1";
const ROLE = "rol_1";
const state = (fields: Partial<LogState> = {}): LogState => ({
  topic: TOPIC,
  head: 0,
  last_read: 0,
  mention_count: 0,
  recent: false,
  ...fields,
});
const unread = (head: number, roleIds?: string[]) => ({ type: "unread", topic: TOPIC, head, ...(roleIds && { role_ids: roleIds }) });
const read = (last_read: number, mention_count = 0, head = last_read) => ({ type: "read", topic: TOPIC, head, last_read, mention_count });

/** Marks on a connected client that hears hints; what is asked of the server is noted. */
async function marking(loaded: Partial<LogState> = {}, options: Partial<ReadMarksOptions> = {}) {
  const here = world();
  const sent: number[] = [];
  const changes: unknown[] = [];
  let stale = 0;
  const marks = createReadMarks({
    realtime: here.realtime,
    markRead: (_, seq) => {
      sent.push(seq);
      return Promise.resolve({ last_read: seq, mention_count: 0 });
    },
    onchange: (topic) => changes.push(marks.of(topic)),
    onstale: () => {
      stale++;
    },
    clock: here.clock,
    random: () => 0.5,
    ...options,
  });
  here.realtime.listen(SERVER, {});
  here.realtime.listen(USER, {});
  here.realtime.connect();
  await here.clock.pass(SECOND);
  marks.load([state(loaded)], [ROLE]);
  changes.length = 0;
  stale = 0;
  const receive = (frame: unknown) => here.socket(-1).receive(frame);
  const topicsOn = () => {
    const topics = new Set<unknown>();
    for (const { action, topics: named = [] } of here.socket(-1).sent) {
      for (const one of named) if (action === "subscribe") topics.add(one.topic);
      for (const one of named) if (action === "unsubscribe") topics.delete(one);
    }
    return topics;
  };
  const listened = () => topicsOn().has(TOPIC);
  return { ...here, marks, sent, changes, stale: () => stale, receive, listened, topicsOn, mark: () => marks.of(TOPIC) };
}

describe("a mark", () => {
  test("is what was loaded, and moves neither backwards nor its head", async () => {
    const { marks, mark } = await marking({ head: 9, last_read: 5, mention_count: 2 });
    expect(mark()).toEqual({ head: 9, last_read: 5, mention_count: 2, unread: true });
    marks.load([state({ head: 8, last_read: 4, mention_count: 7 })], [ROLE]);
    expect(mark()).toEqual({ head: 9, last_read: 5, mention_count: 2, unread: true });
    marks.load([state({ head: 10, last_read: 10 })], [ROLE]);
    expect(mark()).toEqual({ head: 10, last_read: 10, mention_count: 0, unread: false });
    expect(marks.of("channel:chn_2")).toBeUndefined();
  });

  test("is the same object until it changes, and every change is told once", async () => {
    const { changes, receive, mark } = await marking({ head: 5, last_read: 5 });
    const before = mark();
    receive(unread(5));
    expect([mark() === before, changes.length]).toEqual([true, 0]);
    receive(unread(6));
    receive(unread(6));
    expect(changes).toEqual([{ head: 6, last_read: 5, mention_count: 0, unread: true }]);
  });

  test("of a log that nothing was loaded of is made by a hint", async () => {
    const { marks, receive } = await marking();
    receive({ ...unread(3), topic: "channel:chn_2" });
    expect(marks.of("channel:chn_2")).toMatchObject({ head: 3, unread: true });
  });

  test("counts a mention of an own role once, and no other role, and none that is read", async () => {
    const { receive, mark } = await marking({ head: 5, last_read: 5 });
    receive(unread(5, [ROLE]));
    receive(unread(6, ["rol_2"]));
    expect(mark()?.mention_count).toBe(0);
    for (const head of [8, 7, 8, 7]) receive(unread(head, ["rol_2", ROLE]));
    expect(mark()).toMatchObject({ head: 8, mention_count: 2 });
  });

  test("takes the count of a read frame, and keeps what was mentioned behind it", async () => {
    const { receive, mark } = await marking({ head: 5, last_read: 5 });
    receive(unread(6, [ROLE]));
    receive(unread(8, [ROLE]));
    receive(read(5, 2, 7));
    expect(mark()).toEqual({ head: 8, last_read: 5, mention_count: 3, unread: true });
    receive(unread(7, [ROLE]));
    expect(mark()?.mention_count).toBe(3);
    receive(read(5, 1, 6));
    receive(read(4, 9, 9));
    expect(mark()).toMatchObject({ last_read: 5, mention_count: 3 });
    receive(read(9, 0, 9));
    expect(mark()).toEqual({ head: 9, last_read: 9, mention_count: 0, unread: false });
  });
});

describe("a look", () => {
  test("counts as read at once what it shows, and no more", async () => {
    const { marks, receive, mark, clock } = await marking({ head: 5, last_read: 3, mention_count: 1 });
    const look = marks.look(TOPIC);
    expect(mark()?.unread).toBe(true);
    look.shown(4);
    expect(mark()).toEqual({ head: 5, last_read: 4, mention_count: 1, unread: true });
    look.shown(5);
    look.shown(2);
    expect(mark()).toEqual({ head: 5, last_read: 5, mention_count: 0, unread: false });
    await clock.pass(0);
    receive({ ...push(6), message: message(6, { mentioned_role_ids: [ROLE] }) });
    expect(mark()).toEqual({ head: 6, last_read: 5, mention_count: 1, unread: true });
    look.stop();
    look.shown(6);
    expect(mark()?.last_read).toBe(5);
  });

  test("marks after one second, then at most every 15, the newest, and never twice", async () => {
    const { marks, sent, clock } = await marking({ head: 5 });
    const { shown } = marks.look(TOPIC);
    shown(1);
    await clock.pass(900);
    shown(2);
    expect(sent).toEqual([]);
    await clock.pass(100);
    expect(sent).toEqual([2]);
    shown(2);
    await clock.pass(5 * SECOND);
    shown(3);
    await clock.pass(10 * SECOND - 1);
    shown(4);
    expect(sent).toEqual([2]);
    await clock.pass(1);
    expect(sent).toEqual([2, 4]);
    await clock.pass(MINUTE);
    shown(5);
    await clock.pass(SECOND);
    expect(sent).toEqual([2, 4, 5]);
  });

  test("that ends marks at once, as does a page that is hidden or closed; with nothing to mark nothing is sent", async () => {
    const { marks, sent, clock } = await marking({ head: 5 });
    marks.look(TOPIC).stop();
    marks.flush();
    expect(sent).toEqual([]);
    const first = marks.look(TOPIC);
    first.shown(1);
    first.stop();
    first.stop();
    expect(sent).toEqual([1]);
    const second = marks.look(TOPIC);
    second.shown(2);
    marks.flush();
    marks.flush();
    expect(sent).toEqual([1, 2]);
    second.shown(3);
    marks.close();
    expect(sent).toEqual([1, 2, 3]);
    await clock.pass(MINUTE);
    expect(sent.length).toBe(3);
  });

  test("does not mark what another device has marked already", async () => {
    const { marks, sent, receive, clock } = await marking({ head: 5 });
    const { shown } = marks.look(TOPIC);
    shown(4);
    receive(read(4, 0, 5));
    await clock.pass(MINUTE);
    expect(sent).toEqual([]);
    shown(5);
    await clock.pass(SECOND);
    expect(sent).toEqual([5]);
  });

  test("a mark that fails for now is sent again, as slowly as the server asks; one that is refused is given up", async () => {
    const errors = [
      new AgoraError("network", "No."),
      new AgoraError("unavailable", "Busy.", { retryAfterMs: 20 * SECOND }),
      new AgoraError("channel.not_found", "Gone."),
    ];
    const sent: number[] = [];
    const markRead = (_: string, seq: number) => {
      sent.push(seq);
      const error = errors.shift();
      return error ? Promise.reject(error) : Promise.resolve({ last_read: seq, mention_count: 0 });
    };
    const { marks, clock, mark } = await marking({ head: 5 }, { markRead });
    const { shown } = marks.look(TOPIC);
    shown(1);
    await clock.pass(SECOND + 249);
    expect(sent).toEqual([1]);
    await clock.pass(1);
    expect(sent).toEqual([1, 1]);
    await clock.pass(20 * SECOND - 1);
    expect(sent).toEqual([1, 1]);
    await clock.pass(1);
    expect(sent).toEqual([1, 1, 1]);
    await clock.pass(10 * MINUTE);
    expect([sent.length, mark()?.last_read]).toEqual([3, 1]);
    shown(2);
    await clock.pass(15 * SECOND);
    expect(sent).toEqual([1, 1, 1, 2]);
  });

  test("an older mark that fails after a newer one was sent is not sent again, nor any when all is over", async () => {
    const rejects: (() => void)[] = [];
    const sent: number[] = [];
    const markRead = (_: string, seq: number) => {
      sent.push(seq);
      return new Promise<never>((_resolve, reject) => rejects.push(() => reject(new AgoraError("network", "No."))));
    };
    const { marks, clock } = await marking({ head: 5 }, { markRead });
    const look = marks.look(TOPIC);
    look.shown(1);
    marks.flush();
    look.shown(2);
    marks.flush();
    rejects[0]?.();
    await clock.pass(MINUTE);
    expect(sent).toEqual([1, 2]);
    marks.close();
    rejects[1]?.();
    await clock.pass(MINUTE);
    expect(sent).toEqual([1, 2]);
  });
});

describe("a log that was read is listened to", () => {
  test("for 65 seconds after its last entry was heard of, if that was looked at", async () => {
    const { marks, listened, receive, clock, mark } = await marking({ head: 5 });
    const look = marks.look(TOPIC);
    await clock.pass(0);
    receive(push(6));
    look.shown(6);
    await clock.pass(30 * SECOND);
    look.stop();
    await clock.pass(35 * SECOND - 1);
    expect(listened()).toBe(true);
    await clock.pass(1);
    expect(listened()).toBe(false);
    receive(push(7)); // the server had not heard of it yet
    expect(mark()).toMatchObject({ head: 7, unread: true });
  });

  test("no longer than it is looked at, if its last entry is older, and not at all if it is not read", async () => {
    const { marks, listened, receive, clock } = await marking({ head: 5, last_read: 5 });
    const look = marks.look(TOPIC);
    await clock.pass(66 * SECOND);
    expect(listened()).toBe(true);
    look.stop();
    await clock.pass(0);
    expect(listened()).toBe(false);
    const again = marks.look(TOPIC);
    await clock.pass(0);
    receive(push(6));
    again.stop();
    await clock.pass(0);
    expect(listened()).toBe(false);
  });

  test("by two who look, until both have gone", async () => {
    const { marks, listened, clock } = await marking({ head: 5, last_read: 5 });
    const one = marks.look(TOPIC);
    const two = marks.look(TOPIC);
    await clock.pass(MINUTE * 2);
    one.stop();
    one.stop();
    await clock.pass(0);
    expect(listened()).toBe(true);
    two.stop();
    await clock.pass(0);
    expect(listened()).toBe(false);
  });

  test("at least until the server has said where it ends, which shows what the hints left out", async () => {
    const { marks, realtime, clock, socket, mark } = await marking({ head: 5, last_read: 4 });
    socket(-1).onsend = undefined;
    const look = marks.look(TOPIC);
    look.shown(5);
    look.stop();
    await clock.pass(10);
    expect(mark()?.unread).toBe(false);
    socket(-1).receive({ type: "subscribed", id: socket(-1).sent.at(-1)?.id, topics: [{ topic: TOPIC, head: 7 }], denied: [] });
    expect([mark(), realtime.status.state]).toEqual([{ head: 7, last_read: 5, mention_count: 0, unread: true }, "connected"]);
  });

  test("when another device has read it, and no more when an entry made it unread", async () => {
    const { listened, receive, clock, mark } = await marking({ head: 4, last_read: 4 });
    receive(unread(5));
    await clock.pass(MINUTE);
    expect(listened()).toBe(false);
    receive(read(5));
    await clock.pass(0);
    expect([listened(), mark()?.unread]).toEqual([true, false]);
    receive(push(6));
    await clock.pass(0);
    expect([listened(), mark()?.unread]).toEqual([false, true]);
    receive(read(6));
    await clock.pass(65 * SECOND - 1);
    expect(listened()).toBe(true);
    await clock.pass(1);
    expect(listened()).toBe(false);
  });

  test("not when another device has read it and its last entry is old", async () => {
    const { listened, receive, clock, mark, socket } = await marking({ head: 4, last_read: 4 });
    receive(unread(5));
    await clock.pass(80 * SECOND);
    const before = socket(-1).sent.length;
    receive(read(5));
    await clock.pass(0);
    expect([socket(-1).sent.length - before, mark()?.unread]).toEqual([0, false]);
    receive(unread(6));
    receive(read(7));
    await clock.pass(0);
    expect([listened(), mark()?.unread]).toEqual([true, false]);
  });

  test("not when a read frame changes nothing, or leaves it unread", async () => {
    const { listened, receive, clock } = await marking({ head: 5, last_read: 5 });
    receive(read(5));
    receive(read(5, 1, 6));
    receive(read(5, 0, 6));
    await clock.pass(0);
    expect(listened()).toBe(false);
  });
});

describe("states may be out of date", () => {
  test("at the first subscribe and after every break or sleep, once for all topics, and not at a roll-over", async () => {
    const { stale, clock, socket, realtime } = await marking({ head: 5, last_read: 5 });
    realtime.listen("server:srv_2", {});
    await clock.pass(SECOND);
    expect(stale()).toBe(1);
    socket(-1).close();
    await clock.pass(SECOND);
    expect(stale()).toBe(2);
    realtime.sleep();
    await clock.pass(MINUTE);
    realtime.wake();
    await clock.pass(SECOND);
    expect(stale()).toBe(3);
    await clock.pass(112 * MINUTE);
    expect(stale()).toBe(3);
  });

  test("once more 80 seconds after a load that does not say how young a read log is", async () => {
    const { stale, marks, clock, listened, realtime } = await marking({ head: 5, last_read: 5, recent: undefined });
    await clock.pass(80 * SECOND - 1);
    expect(stale()).toBe(0);
    await clock.pass(1);
    expect(stale()).toBe(1);
    marks.load([state({ head: 5, last_read: 5, recent: undefined })], [ROLE]);
    await clock.pass(10 * MINUTE);
    expect([stale(), listened()]).toEqual([1, false]);
    marks.load([state({ head: 7, last_read: 6, recent: undefined })], [ROLE]);
    await clock.pass(10 * MINUTE);
    expect(stale()).toBe(1);
    marks.load([state({ head: 8, last_read: 8, recent: undefined })], [ROLE]);
    realtime.sleep();
    await clock.pass(10 * MINUTE);
    expect(stale()).toBe(1);
  });

  test("never for one that is said to be old, and a young one is listened to instead", async () => {
    const old = await marking({ head: 5, last_read: 5, recent: false });
    const young = await marking({ head: 5, last_read: 5, recent: true });
    await Promise.all([old.clock.pass(SECOND), young.clock.pass(SECOND)]);
    expect([old.listened(), young.listened()]).toEqual([false, true]);
    await Promise.all([old.clock.pass(10 * MINUTE), young.clock.pass(10 * MINUTE)]);
    expect([old.stale(), young.stale(), young.listened()]).toEqual([0, 0, false]);
  });

  test("until they have been loaded: a call that rejects is repeated with backoff, not before the server's time, and told so", async () => {
    const errors = [new AgoraError("network", "No."), new AgoraError("unavailable", "Busy.", { retryAfterMs: 20 * SECOND })];
    const calls: boolean[] = [];
    const onstale = (isRepeat: boolean) => {
      calls.push(isRepeat);
      const error = errors.shift();
      return error ? Promise.reject(error) : Promise.resolve();
    };
    const { clock } = await marking({}, { onstale });
    expect(calls).toEqual([false, true]); // in the first second
    await clock.pass(19 * SECOND);
    expect(calls.length).toBe(2);
    await clock.pass(SECOND);
    expect(calls).toEqual([false, true, true]);
    await clock.pass(10 * MINUTE);
    expect(calls.length).toBe(3);
  });

  /** The first load fails, and what follows may not be loaded before a minute. */
  async function failing() {
    const calls: ((error?: AgoraError) => void)[] = [];
    const fail = (index: number) => calls.at(index)?.(new AgoraError("unavailable", "Busy.", { retryAfterMs: MINUTE }));
    const onstale = () => new Promise<void>((resolve, reject) => calls.push((error) => (error ? reject(error) : resolve())));
    return { ...(await marking({}, { onstale })), calls, fail };
  }

  test("a newer call takes the place of a repeat that waits, and of one that is still on its way", async () => {
    const { calls, fail, socket, clock } = await failing();
    fail(0);
    socket(-1).close();
    await clock.pass(SECOND);
    expect(calls.length).toBe(2);
    await clock.pass(5 * MINUTE);
    expect(calls.length).toBe(2);
    socket(-1).close();
    await clock.pass(SECOND);
    fail(1);
    calls[2]?.();
    await clock.pass(5 * MINUTE);
    expect(calls.length).toBe(3);
  });

  test("a sleep, a break or the end ends what waits", async () => {
    const { calls, fail, realtime, clock, marks, socket } = await failing();
    fail(0);
    realtime.sleep();
    await clock.pass(10 * MINUTE);
    expect(calls.length).toBe(1);
    realtime.wake();
    await clock.pass(0);
    expect(calls.length).toBe(2);
    fail(1);
    socket(-1).close();
    socket(-1).onsend = undefined;
    await clock.pass(0);
    expect(calls.length).toBe(2);
    await clock.pass(SECOND);
    socket(-1).answerSubscribes();
    await clock.pass(0);
    expect(calls.length).toBe(3);
    fail(2);
    await clock.pass(0);
    marks.close();
    await clock.pass(10 * MINUTE);
    expect(calls.length).toBe(3);
  });

  test("when more than 30 logs are listened to without being looked at: the first one makes room, and the one looked at stays", async () => {
    const { marks, stale, clock, topicsOn } = await marking();
    const names = Array.from({ length: 33 }, (_, index) => `channel:chn_${index + 10}`);
    const load = (topics: string[]) =>
      marks.load(
        topics.map((topic) => state({ topic, head: 5, last_read: 5, recent: true })),
        [ROLE],
      );
    load(names.slice(0, 31).reverse());
    marks.look(names[0]!);
    await clock.pass(0);
    expect([topicsOn().has(names[30]!), [...topicsOn()].filter((topic) => names.includes(String(topic))).length]).toEqual([false, 30]);
    load(names.slice(31));
    await clock.pass(0);
    const kept = [...topicsOn()].filter((topic) => names.includes(String(topic)));
    expect([new Set(kept), stale()]).toEqual([new Set([...names.slice(0, 29), ...names.slice(31)]), 0]);
    await clock.pass(80 * SECOND);
    expect([stale(), topicsOn().has(names[0]), topicsOn().size]).toEqual([1, true, 3]);
    await clock.pass(10 * MINUTE);
    expect(stale()).toBe(1);
  });

  test("when there is no room to listen to what was read, and not when it may not be heard", async () => {
    for (const [code, count] of [
      ["limit.topics", 1],
      ["channel.not_found", 0],
    ] as const) {
      const { receive, stale, clock, socket } = await marking({ head: 4, last_read: 4 });
      receive(unread(5));
      socket(-1).onsend = ({ action, id }) => {
        if (action === "subscribe") socket(-1).receive({ type: "error", id, code, error: "No." });
      };
      receive(read(5));
      await clock.pass(2 * MINUTE);
      expect(stale()).toBe(count);
    }
  });
});

describe("a log that is forgotten", () => {
  test("is neither known, listened to, nor marked any more, also by who still looks at it; the others are", async () => {
    const { marks, sent, changes, listened, receive, clock } = await marking({ head: 5, last_read: 4 });
    marks.load([state({ topic: "channel:chn_2", head: 3 })], [ROLE]);
    const look = marks.look(TOPIC);
    look.shown(5);
    await clock.pass(0);
    changes.length = 0;
    marks.forget((topic) => topic === TOPIC);
    look.shown(6);
    look.stop();
    marks.flush();
    await clock.pass(MINUTE);
    expect([marks.of(TOPIC), listened(), sent, changes]).toEqual([undefined, false, [], []]);
    expect(marks.of("channel:chn_2")).toMatchObject({ unread: true });
    receive(unread(9));
    expect(marks.of(TOPIC)).toMatchObject({ head: 9, last_read: 0 });
  });

  test("leaves no timer behind, whatever it waited for", async () => {
    const { marks, realtime, clock } = await marking({ head: 5, last_read: 5, recent: true });
    await clock.pass(0);
    const other = marks.look("channel:chn_2");
    other.shown(1);
    marks.forget(() => true);
    marks.close();
    realtime.close();
    expect(clock.pending).toBe(0);
  });
});
