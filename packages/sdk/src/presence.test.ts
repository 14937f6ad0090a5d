import { expect, test } from "vitest";
import { collect, MINUTE, SECOND, world } from "./testing/realtime-world";

const TOPIC = "presence:srv_1";

/** A client that looks at who is online; the server always knows of one more. */
async function looking() {
  const here = world({}, { autoAnswer: false });
  here.realtime.connect();
  const all: unknown[] = [];
  here.realtime.onevent((event) => all.push(event));
  await here.clock.pass(0);
  let online = 0;
  const answer = (index: number) => {
    const socket = here.socket(index);
    socket.onsend = ({ action, id, topics = [] }) => {
      if (action === "ping") socket.receive({ type: "pong", id });
      if (action === "unsubscribe") socket.receive({ type: "unsubscribed", id, topics });
      if (action === "subscribe")
        socket.receive({
          type: "subscribed",
          id,
          topics: topics.map(({ topic }) => ({ topic, head: 0, online: [`usr_${++online}`] })),
          denied: [],
        });
    };
  };
  answer(0);
  const list = collect(here.realtime, TOPIC, null);
  await here.clock.pass(0);
  return { ...here, ...list, all, answer, asked: () => here.socket(-1).actions("subscribe").length };
}

test("who is online comes with the answer to the subscribe, as a presence frame", async () => {
  const { events, all } = await looking();
  expect(events).toEqual([{ type: "presence", topic: TOPIC, online: ["usr_1"] }]);
  expect(all).toEqual(events);
});

test("a second one who looks gets an answer too", async () => {
  const { realtime, clock } = await looking();
  const { events } = collect(realtime, TOPIC, null);
  await clock.pass(0);
  expect(events).toEqual([{ type: "presence", topic: TOPIC, online: ["usr_2"] }]);
});

test("it is asked for again every 3 minutes while somebody looks", async () => {
  const { clock, asked, events, subscription } = await looking();
  await clock.pass(3 * MINUTE - SECOND);
  expect(asked()).toBe(1);
  await clock.pass(SECOND + 1);
  expect([asked(), events.length]).toEqual([2, 2]);
  await clock.pass(3 * MINUTE);
  expect(asked()).toBe(3);
  subscription.close();
  await clock.pass(10 * MINUTE);
  expect(asked()).toBe(3);
});

test("and once when the server asks for it, at the earliest of the times that it names", async () => {
  const { clock, asked, socket } = await looking();
  const frame = { type: "presence", topic: TOPIC, online: [] };
  socket(0).receive({ ...frame, recheck_ms: 9_000 });
  socket(0).receive({ ...frame, recheck_ms: 2_000 });
  socket(0).receive({ ...frame, recheck_ms: 5_000 });
  await clock.pass(1_999);
  expect(asked()).toBe(1);
  await clock.pass(2);
  expect(asked()).toBe(2);
  await clock.pass(2 * MINUTE);
  expect(asked()).toBe(2);
});

test("a request of the server that comes before the answer is kept: it may be younger", async () => {
  const { clock, asked, socket, realtime } = await looking();
  socket(0).onsend = undefined;
  collect(realtime, TOPIC, null);
  await clock.pass(0);
  socket(0).receive({ type: "presence", topic: TOPIC, online: [], recheck_ms: 2_000 });
  socket(0).receive({
    type: "subscribed",
    id: socket(0).sent.at(-1)?.id,
    topics: [{ topic: TOPIC, head: 0, online: ["usr_2"] }],
    denied: [],
  });
  socket(0).receive({ type: "presence", topic: TOPIC, online: ["usr_3"] });
  await clock.pass(1_999);
  expect(asked()).toBe(2);
  await clock.pass(2);
  expect(asked()).toBe(3);
});

test("an answer that had no room for the list is no list, and it is asked for again all the same", async () => {
  const { clock, realtime, socket } = world();
  realtime.connect();
  const { events } = collect(realtime, TOPIC, null);
  await clock.pass(0);
  expect(events).toEqual([]);
  socket(0).receive({ type: "presence", topic: TOPIC, online: ["usr_1"] });
  expect(events).toEqual([{ type: "presence", topic: TOPIC, online: ["usr_1"] }]);
  await clock.pass(3 * MINUTE);
  expect([events.length, socket(0).actions("subscribe").length]).toEqual([1, 2]);
});

test("but neither asleep nor without a connection, and again afterwards", async () => {
  const { realtime, clock, asked, answer, socket, sockets } = await looking();
  realtime.sleep();
  await clock.pass(10 * MINUTE);
  expect(asked()).toBe(1);
  realtime.wake();
  await clock.pass(0);
  expect(asked()).toBe(2);
  await clock.pass(3 * MINUTE);
  expect(asked()).toBe(3);
  socket(0).close();
  await clock.pass(250);
  answer(1);
  await clock.pass(1);
  expect([sockets.all.length, asked()]).toEqual([2, 1]);
});

test("an answer that was on its way when the sleep began is no news, and a client that is closed leaves no timer behind", async () => {
  const { clock, realtime, socket } = world({}, { autoAnswer: false });
  realtime.connect();
  const { events } = collect(realtime, TOPIC, null);
  await clock.pass(0);
  realtime.sleep();
  socket(0).answerSubscribes(0, { online: ["usr_1"] });
  expect(events).toEqual([]);
  await clock.pass(0);
  realtime.wake();
  socket(0).receive({ type: "unsubscribed", id: socket(0).sent.at(-1)?.id, topics: [TOPIC] });
  const { id } = socket(0).sent.at(-1) ?? {};
  socket(0).receive({ type: "subscribed", id, topics: [{ topic: TOPIC, head: 0, online: ["usr_2"] }], denied: [] });
  expect(events.length).toBe(1);
  realtime.close();
  expect(clock.pending).toBe(0);
});
