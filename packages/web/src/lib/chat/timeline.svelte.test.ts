import { describe, expect, test } from "vitest";
import type { Message } from "@agora/core/protocol/message";
import { message, messages, page, settled, world } from "./testing/world";
import type { LoadedPage } from "./log-window.svelte";
import type { Timeline } from "./timeline.svelte";

const textsOf = (timeline: Timeline) => timeline.rows.map((row) => `${row.content}${row.outgoing ? ` (${row.outgoing.state})` : ""}`);

/** A channel that is open, and every list of rows that a page would have painted. */
async function open(loaded: LoadedPage = page(messages(1, 2))) {
  const { client, ...rest } = world();
  client.realtime.connect();
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, loaded);
  const unfollow = timeline.follow();
  const painted: string[][] = [];
  const stop = $effect.root(() => {
    $effect(() => void painted.push(textsOf(timeline)));
  });
  await settled();
  return {
    ...rest,
    client,
    timeline,
    painted,
    close: () => {
      stop();
      unfollow();
    },
  };
}

describe("what others say", () => {
  test("comes behind what is there, in order, and each message once", async () => {
    const { timeline, push } = await open();
    push(message(4), message(3), message(3), message(2), message(4));
    expect(textsOf(timeline)).toEqual(["message 1", "message 2", "message 3", "message 4"]);
  });

  test("is announced: the last one and how many came with it, the own ones not at all", async () => {
    const { timeline, push, client, request, stored } = await open();
    push(message(3));
    expect(timeline.announcement).toEqual({ name: "ilya", content: "message 3", count: 1 });
    push(message(5), message(4));
    expect(timeline.announcement).toMatchObject({ name: "ilya", count: 2 });
    timeline.send("mine");
    await settled();
    request().answer(201, stored(request(), 6));
    await settled();
    expect(timeline.announcement).toMatchObject({ name: "ilya", count: 2 });
    client.realtime.close();
  });

  test("is counted behind the last one seen, without the own ones", async () => {
    const { timeline, push, request, stored } = await open();
    push(message(3));
    timeline.send("mine");
    await settled();
    request().answer(201, stored(request(), 4));
    await settled();
    push(message(5));
    expect(timeline.countBehind(2)).toBe(2);
    expect(timeline.countBehind(5)).toBe(0);
  });
});

describe("what is sent from here", () => {
  test("is shown at once, and is never missing or there twice when the answer comes", async () => {
    const { timeline, painted, request, stored, push } = await open();
    timeline.send("hello");
    expect(textsOf(timeline).at(-1)).toBe("hello (sending)");
    await settled();
    request().answer(201, stored(request(), 3));
    await settled();
    push(stored(request(), 3));
    await settled();
    expect(textsOf(timeline)).toEqual(["message 1", "message 2", "hello"]);
    for (const rows of painted.slice(1)) expect(rows.filter((text) => text.startsWith("hello"))).toHaveLength(1);
  });

  test("the same when the push overtakes the answer", async () => {
    const { timeline, painted, request, stored, push } = await open();
    timeline.send("hello");
    await settled();
    push(stored(request(), 3));
    await settled();
    expect(textsOf(timeline)).toEqual(["message 1", "message 2", "hello"]);
    request().answer(201, stored(request(), 3));
    await settled();
    expect(textsOf(timeline)).toEqual(["message 1", "message 2", "hello"]);
    for (const rows of painted.slice(1)) expect(rows.filter((text) => text.startsWith("hello"))).toHaveLength(1);
  });

  test("the same when somebody else was faster, and their message comes later", async () => {
    const { timeline, painted, request, stored, push } = await open();
    timeline.send("hello");
    await settled();
    request().answer(201, stored(request(), 4));
    await settled();
    expect(textsOf(timeline)).toEqual(["message 1", "message 2", "hello"]);
    push(message(3));
    await settled();
    expect(textsOf(timeline)).toEqual(["message 1", "message 2", "message 3", "hello"]);
    for (const rows of painted.slice(1)) expect(rows.filter((text) => text.startsWith("hello"))).toHaveLength(1);
  });

  test("goes out one after another, in the order written, behind what is seen", async () => {
    const { timeline, asked, request, stored } = await open();
    timeline.send("one");
    timeline.send("two");
    await settled();
    expect(asked.map(({ body }) => body)).toMatchObject([{ content: "one", after: 2 }]);
    request().answer(201, stored(request(), 3));
    await settled();
    expect(request().body).toMatchObject({ content: "two", after: 3 });
    expect(textsOf(timeline).slice(2)).toEqual(["one", "two (sending)"]);
  });

  test("waits when nobody answers", async () => {
    const { timeline, request } = await open();
    timeline.send("hello");
    await settled();
    request().breakOff();
    await settled();
    expect(textsOf(timeline).at(-1)).toBe("hello (waiting)");
  });

  test("stays with its reason when it is refused, goes out again as the same message, or is given up", async () => {
    const { timeline, asked, request, stored } = await open();
    timeline.send("first");
    timeline.send("second");
    await settled();
    const refusal = { code: "auth.denied", error: "You may not write here." };
    request().answer(403, refusal);
    await settled();
    request().answer(403, refusal);
    await settled();
    expect(timeline.rows.slice(2).map(({ outgoing }) => outgoing)).toEqual([
      { state: "failed", problem: "You may not write here.", files: [] },
      { state: "failed", problem: "You may not write here.", files: [] },
    ]);

    const [first, second] = timeline.rows.slice(2).map(({ key }) => key);
    timeline.discard(second!);
    expect(textsOf(timeline).slice(2)).toEqual(["first (failed)"]);
    timeline.retry(first!);
    await settled();
    expect(request().body).toEqual(asked[0]!.body);
    request().answer(201, stored(request(), 3));
    await settled();
    expect(textsOf(timeline).slice(2)).toEqual(["first"]);
  });
});

describe("what is older", () => {
  test("comes before what is there, oldest first, and once however often it is asked for", async () => {
    const { timeline, asked, request } = await open(page(messages(4, 5), { hasOlder: true }));
    const loading = [timeline.log.loadOlder(), timeline.log.loadOlder()];
    await settled();
    expect(asked).toHaveLength(1);
    expect(request().query.get("before")).toBe("4");
    request().answer(200, { messages: messages(1, 4).toReversed(), has_more: false, next_cursor: null, head: 5 });
    await Promise.all(loading);
    expect(textsOf(timeline)).toEqual([1, 2, 3, 4, 5].map((seq) => `message ${seq}`));
    expect(timeline.log.hasOlder).toBe(false);
    await timeline.log.loadOlder();
    expect(asked).toHaveLength(1);
  });

  test("can be asked for again when it did not come", async () => {
    const { timeline, request } = await open(page(messages(2, 2), { hasOlder: true }));
    const failed = timeline.log.loadOlder();
    await settled();
    request().breakOff();
    await failed;
    expect([timeline.log.olderFailed, timeline.log.hasOlder]).toEqual([true, true]);
    const again = timeline.log.loadOlder();
    expect(timeline.log.olderFailed).toBe(false);
    await settled();
    request().answer(200, { messages: [message(1)], has_more: false, next_cursor: null, head: 2 });
    await again;
    expect(textsOf(timeline)).toEqual(["message 1", "message 2"]);
  });

  test("is loaded back to a place, and no further", async () => {
    const { timeline, asked, request } = await open(page(messages(9, 9), { hasOlder: true }));
    const back = timeline.log.loadBackTo(5);
    await settled();
    request().answer(200, { messages: messages(6, 8).toReversed(), has_more: true, next_cursor: 6, head: 9 });
    await settled();
    request().answer(200, { messages: messages(3, 5).toReversed(), has_more: true, next_cursor: 3, head: 9 });
    await back;
    expect([timeline.log.firstSeq, asked.length]).toEqual([3, 2]);
  });
});

describe("a channel that is loaded again", () => {
  test("goes on where it was, if nothing is missing between", async () => {
    const { timeline, client } = await open(page(messages(1, 3)));
    expect(client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(3, 5), { hasOlder: true }))).toBe(timeline);
    expect(textsOf(timeline)).toEqual([1, 2, 3, 4, 5].map((seq) => `message ${seq}`));
    expect(timeline.log.hasOlder).toBe(false);
  });

  test("starts over, if something is missing between", async () => {
    const { timeline, client } = await open(page(messages(1, 3)));
    client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(5, 6), { hasOlder: true }));
    expect(textsOf(timeline)).toEqual(["message 5", "message 6"]);
    expect(timeline.log.hasOlder).toBe(true);
  });
});

describe("a message that is deleted", () => {
  const gone = (seq: number, revision = 2) => message(seq, { revision, content: null, deleted_at: 9000 });
  const deleted = (seq: number) => ({ type: "message_deleted", topic: "channel:chn_1", seq, message: gone(seq) });
  const answer = (seqs: Message[]) => ({ messages: seqs.toReversed(), has_more: false, next_cursor: null, head: 0 });

  test("is so for everybody who looks, in its place, and does not come back by an older state", async () => {
    const { timeline, event, push } = await open(page(messages(1, 3)));
    event(deleted(2));
    push(message(2));
    expect(timeline.rows.map(({ content }) => content)).toEqual(["message 1", null, "message 3"]);
    event(deleted(9)); // it is not here
    expect(timeline.rows).toHaveLength(3);
  });

  test("before it came is not announced", async () => {
    const { timeline, event, push } = await open();
    event(deleted(3));
    expect([timeline.announcement, textsOf(timeline)[2]]).toEqual([null, "null"]);
    push(message(4));
    expect(timeline.announcement).toMatchObject({ content: "message 4", count: 1 });
  });

  test("in a break is found out afterwards, by pages, among the last 300", async () => {
    const { timeline, asked, request, client } = await open(page(messages(1, 450), { hasOlder: true }));
    asked.splice(0);
    client.realtime.sleep();
    await settled();
    client.realtime.wake();
    await settled();
    const looked = () =>
      asked.filter(({ path }) => path.endsWith("/messages")).map(({ query }) => [query.get("before"), query.get("limit")]);
    expect(looked()).toEqual([["451", "100"]]);
    request().answer(200, answer([gone(351), ...messages(352, 450)]));
    await settled();
    request().answer(200, answer([...messages(251, 349), gone(350)]));
    await settled();
    request().answer(200, answer([gone(151), ...messages(152, 250)]));
    await settled();
    expect(looked()).toEqual([
      ["451", "100"],
      ["351", "100"],
      ["251", "100"],
    ]);
    expect(timeline.rows.filter(({ content }) => content === null).map(({ seq }) => seq)).toEqual([151, 350, 351]);
  });

  test("while the channel was not open is found out when it is opened again", async () => {
    const { timeline, client, close, asked, request } = await open(page(messages(1, 60)));
    close();
    client.open({ server_id: "srv_1", channel_id: "chn_1" }, page([...messages(11, 59), gone(60)], { hasOlder: true }));
    expect(timeline.rows.at(-1)?.content).toBeNull();
    asked.splice(0);
    timeline.follow();
    await settled();
    expect([request().query.get("before"), request().query.get("limit")]).toEqual(["61", "60"]);
    request().answer(200, answer([gone(1), ...messages(2, 60)]));
    await settled();
    expect(timeline.rows.filter(({ content }) => content === null).map(({ seq }) => seq)).toEqual([1, 60]);
  });

  test("is not looked for above the first page", async () => {
    const { asked } = await open(page(messages(1, 50), { hasOlder: true }));
    expect(asked).toEqual([]);
  });
});

test("what slow mode holds back says until when, and nothing else does", async () => {
  const { timeline, request } = await open();
  timeline.send("hello");
  await settled();
  expect(timeline.slowUntil).toBeNull();
  const before = Date.now();
  request().answer(429, { code: "limit.slow_mode", error: "Slowly." }, { "retry-after": "30" });
  await settled();
  expect(textsOf(timeline).at(-1)).toBe("hello (waiting)");
  expect(timeline.slowUntil).toBeGreaterThanOrEqual(before + 30_000);
  timeline.discard(timeline.rows.at(-1)!.key);
  expect(timeline.slowUntil).toBeNull();
  timeline.send("again");
  await settled();
  request().breakOff();
  await settled();
  expect(timeline.slowUntil).toBeNull();
});

test("a message that changed stands where it stood", async () => {
  const { timeline, push } = await open(page(messages(1, 3)));
  push(message(2, { revision: 2, content: null, deleted_at: 9000 }));
  expect(timeline.rows.map(({ content }) => content)).toEqual(["message 1", null, "message 3"]);
});

test("a row keeps its key while older and newer ones come, so that nothing on the page is made anew", async () => {
  const { timeline, push, request } = await open(page(messages(2, 2), { hasOlder: true }));
  const [row] = timeline.rows;
  push(message(3));
  const older = timeline.log.loadOlder();
  await settled();
  request().answer(200, { messages: [message(1)], has_more: false, next_cursor: null, head: 3 });
  await older;
  expect(timeline.rows.map(({ key }) => key)).toEqual(["#1", row?.key, "#3"]);
});

test("after it is left nothing comes in, and nothing is shown twice when it is opened again", async () => {
  const { timeline, client, push, close } = await open();
  close();
  push(message(3));
  expect(textsOf(timeline)).toEqual(["message 1", "message 2"]);
  client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 3)));
  expect(textsOf(timeline)).toEqual(["message 1", "message 2", "message 3"]);
});
