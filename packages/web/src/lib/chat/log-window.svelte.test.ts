import { describe, expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { message, messages, page, settled, world } from "./testing/world";
import type { LoadedPage } from "./log-window.svelte";

async function open(loaded: LoadedPage) {
  const { client, ...rest } = world();
  client.realtime.connect();
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, loaded);
  timeline.follow();
  await settled();
  rest.asked.splice(0);
  return { ...rest, client, timeline, log: timeline.log };
}
const newestFirst = (said: Message[], head: number, has_more = true) => ({
  messages: said.toReversed(),
  has_more,
  next_cursor: has_more ? (said[0]?.seq ?? null) : null,
  head,
});
const oldestFirst = (said: Message[], head: number) => ({
  messages: said,
  has_more: (said.at(-1)?.seq ?? head) < head,
  next_cursor: null,
  head,
});
const edges = ({ firstSeq, lastSeq, hasOlder, hasNewer }: { firstSeq: number; lastSeq: number; hasOlder: boolean; hasNewer: boolean }) => ({
  from: firstSeq,
  to: lastSeq,
  hasOlder,
  hasNewer,
});

describe("a window that grows", () => {
  test("upwards loses the newest; what is said then is counted and not shown", async () => {
    const { log, timeline, request, push } = await open(page(messages(301, 590), { hasOlder: true }));
    log.seen = { first: 301, last: 320 };
    const loading = log.loadOlder();
    await settled();
    request().answer(200, newestFirst(messages(251, 300), 590));
    await loading;
    expect(edges(log)).toEqual({ from: 251, to: 500, hasOlder: true, hasNewer: true });
    push(message(591), message(592));
    expect(edges(log)).toMatchObject({ to: 500, hasNewer: true });
    expect([timeline.countBehind(590), timeline.announcement?.content]).toEqual([2, "message 592"]);
  });

  test("downwards loses the oldest, and goes on live where the end is reached, without hole or double", async () => {
    const { log, request, push } = await open(page(messages(1, 290), { head: 330 }));
    log.seen = { first: 280, last: 290 };
    const loading = log.loadNewer();
    await settled();
    expect([request().query.get("after"), request().query.get("limit")]).toEqual(["290", "50"]);
    push(message(331)); // while the page is on its way
    request().answer(200, oldestFirst(messages(291, 330), 330));
    await loading;
    expect(edges(log)).toEqual({ from: 81, to: 330, hasOlder: true, hasNewer: true }); // the one that was passed over is not here
    const rest = log.loadNewer();
    await settled();
    request().answer(200, oldestFirst([message(331)], 331));
    await rest;
    expect(edges(log)).toMatchObject({ to: 331, hasNewer: false });
    push(message(332));
    expect(log.lastSeq).toBe(332);
  });

  test("by what is said live loses what the reader is far from", async () => {
    const { log, push } = await open(page(messages(1, 300)));
    log.seen = { first: 290, last: 300 };
    push(message(301));
    expect(edges(log)).toEqual({ from: 52, to: 301, hasOlder: true, hasNewer: false });
    log.seen = { first: 52, last: 70 };
    for (let seq = 302; seq <= 352; seq++) push(message(seq));
    expect(edges(log)).toEqual({ from: 52, to: 301, hasOlder: true, hasNewer: true });
  });

  test("asks once for each edge, and can be asked again when that failed", async () => {
    const { log, asked, request } = await open(page(messages(10, 20), { hasOlder: true, head: 40 }));
    const first = Promise.all([log.loadNewer(), log.loadNewer()]);
    await settled();
    expect(asked).toHaveLength(1);
    request().breakOff();
    await first;
    expect([log.newerFailed, log.hasNewer]).toEqual([true, true]);
    const second = log.loadNewer();
    expect(log.newerFailed).toBe(false);
    await settled();
    request().answer(200, oldestFirst(messages(21, 40), 40));
    await second;
    expect(edges(log)).toEqual({ from: 10, to: 40, hasOlder: true, hasNewer: false });
    await log.loadNewer();
    expect(asked).toHaveLength(2);
  });
});

describe("going elsewhere", () => {
  test("to a message that is here asks nothing; to another it brings what is around it", async () => {
    const { log, asked, request } = await open(page(messages(401, 450), { hasOlder: true }));
    expect([await log.goTo(420), asked.length]).toEqual([true, 0]);
    const going = log.goTo(100);
    await settled();
    expect([request().query.get("around"), request().query.get("limit")]).toEqual(["100", "50"]);
    request().answer(200, newestFirst(messages(76, 125), 450));
    expect(await going).toBe(true);
    expect(edges(log)).toEqual({ from: 76, to: 125, hasOlder: true, hasNewer: true });
  });

  test("what was on its way for the place before is left out", async () => {
    const { log, request } = await open(page(messages(401, 450), { hasOlder: true }));
    const older = log.loadOlder();
    await settled();
    const pageBefore = request();
    const going = log.goTo(100);
    await settled();
    request().answer(200, newestFirst(messages(76, 125), 450));
    await going;
    pageBefore.answer(200, newestFirst(messages(351, 400), 450));
    await older;
    expect(edges(log)).toMatchObject({ from: 76, to: 125 });
  });

  test("of two wishes the later one counts, whichever answer comes first", async () => {
    const { log, request } = await open(page(messages(401, 450), { hasOlder: true }));
    const first = log.goTo(100);
    await settled();
    const around100 = request();
    const second = log.goTo(200);
    await settled();
    request().answer(200, newestFirst(messages(176, 225), 450));
    expect(await second).toBe(true);
    around100.answer(200, newestFirst(messages(76, 125), 450));
    expect(await first).toBe(false);
    expect(edges(log)).toMatchObject({ from: 176, to: 225 });
  });

  test("to one that is not there, or when nobody answers, stays where it is", async () => {
    const { log, request } = await open(page(messages(401, 450), { hasOlder: true }));
    const beyond = log.goTo(999);
    await settled();
    request().answer(200, newestFirst(messages(426, 450), 450));
    expect(await beyond).toBe(false);
    const broken = log.goTo(7);
    await settled();
    request().breakOff();
    expect(await broken).toBe(false);
    expect(edges(log)).toEqual({ from: 401, to: 450, hasOlder: true, hasNewer: false });
  });

  test("to the end reaches it, also when more is said on the way", async () => {
    const { log, request, push } = await open(page(messages(1, 50), { head: 400 }));
    const going = log.goToEnd();
    await settled();
    push(message(401));
    request().answer(200, newestFirst(messages(351, 400), 400));
    await settled();
    expect(request().query.get("after")).toBe("400");
    request().answer(200, oldestFirst([message(401)], 401));
    expect(await going).toBe(true);
    expect(edges(log)).toEqual({ from: 351, to: 401, hasOlder: true, hasNewer: false });
  });

  test("to the end says so when it failed", async () => {
    const { log, request } = await open(page(messages(1, 50), { head: 400 }));
    const going = log.goToEnd();
    await settled();
    request().breakOff();
    expect([await going, log.newerFailed, edges(log).to]).toEqual([false, true, 50]);
  });
});

describe("a page that is loaded anew", () => {
  test("is joined with what it overlaps, wherever the reader was when they left", async () => {
    const { log } = await open(page(messages(101, 390), { hasOlder: true }));
    log.seen = { first: 101, last: 120 };
    log.refresh(page(messages(371, 420), { hasOlder: true }));
    expect(edges(log)).toEqual({ from: 171, to: 420, hasOlder: true, hasNewer: false });
  });
});

describe("while it does not reach the end", () => {
  test("what is on its way from here waits for the end, and what is heard settles it all the same", async () => {
    const { log, timeline, request, stored, push } = await open(page(messages(1, 50), { head: 60 }));
    timeline.send("hello");
    await settled();
    expect(request().body).toMatchObject({ content: "hello", after: 60 });
    expect([timeline.rows.length, timeline.outgoingCount]).toEqual([50, 1]);
    push(stored(request(), 61));
    expect([timeline.rows.length, timeline.outgoingCount, log.hasNewer]).toEqual([50, 0, true]);
  });

  test("what is changed is changed in it", async () => {
    const { timeline, event } = await open(page(messages(1, 50), { head: 60 }));
    event({ type: "message_deleted", topic: "channel:chn_1", seq: 7, message: message(7, { revision: 2, content: null, deleted_at: 1 }) });
    expect(timeline.find(7)?.content).toBeNull();
  });

  test("a page may be faster than what is live, with an older state", async () => {
    const { timeline, log, request, push } = await open(page(messages(1, 50), { head: 51 }));
    const loading = log.loadNewer();
    await settled();
    request().answer(200, oldestFirst(messages(51, 53), 53));
    await loading;
    push(message(52, { revision: 2, content: null, deleted_at: 1 }), message(53), message(54));
    expect([timeline.find(52)?.content, log.lastSeq]).toEqual([null, 54]);
  });
});
