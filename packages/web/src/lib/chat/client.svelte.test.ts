import { expect, test } from "vitest";
import { fakeStorage, me, message, messages, page, settled, world } from "./testing/world";

/** Opens the channel and listens to it, as its page does. */
async function listen({ client }: ReturnType<typeof world>) {
  client.realtime.connect();
  const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 2)));
  timeline.follow();
  await settled();
  return timeline;
}

test("what a reload interrupted is shown and sent again, as the same message", async () => {
  const storage = fakeStorage();
  const before = world({ storage });
  (await listen(before)).send("hello");
  await settled();
  const { nonce } = before.request().body;

  const after = world({ storage });
  const stop = after.client.start();
  const timeline = await listen(after);
  expect(timeline.rows.map(({ content, outgoing }) => [content, outgoing?.state])).toContainEqual(["hello", "sending"]);
  await settled();
  expect(after.askedFor("/api/servers/srv_1/channels/chn_1/messages").body).toMatchObject({ content: "hello", nonce });
  stop();
});

test("what one account wrote is not sent by the next one in the same tab", async () => {
  const storage = fakeStorage();
  const before = world({ storage });
  (await listen(before)).send("hello");
  await settled();

  const other = world({ storage, account: { ...me, id: "usr_other" } });
  const stop = other.client.start();
  await settled();
  expect(other.asked).toEqual([]);
  stop();
});

test("what was sent is not kept", async () => {
  const { request, stored, storage, ...here } = world();
  const timeline = await listen({ request, stored, storage, ...here });
  timeline.send("hello");
  await settled();
  expect(storage.getItem("agora:outbox:usr_me")).toContain("hello");
  request().answer(201, stored(request(), 3));
  await settled();
  expect(storage.getItem("agora:outbox:usr_me")).toBeNull();
});

test("a storage that refuses does not keep anybody from writing", async () => {
  const refuse = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const { client, request } = world({ storage: { getItem: refuse, setItem: refuse, removeItem: refuse } });
  const stop = client.start();
  client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 2))).send("hello");
  await settled();
  expect(request().method).toBe("GET"); // The channel is not listened to, so its end is asked for first.
  stop();
});

test("each channel has its own draft and its own messages, and both are there when it is opened again", async () => {
  const { client } = world();
  const first = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 2)));
  first.draft = "half a thought";
  first.send("for the first");
  const second = client.open({ server_id: "srv_1", channel_id: "chn_2" }, page([message(7)]));
  expect(second.draft).toBe("");
  expect(second.rows.map(({ content }) => content)).toEqual(["message 7"]);
  const again = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 2)));
  expect(again.draft).toBe("half a thought");
  expect(again.rows.map(({ content }) => content)).toEqual(["message 1", "message 2", "for the first"]);
});

test("a stretch from further back is the same channel at another place: what is on its way is shown at the end alone", () => {
  const { client } = world();
  const live = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(8, 9), { hasOlder: true }));
  live.send("on its way");
  const back = client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(1, 2), { head: 9 }));
  expect(back).toBe(live);
  expect(back.rows.map(({ content }) => content)).toEqual(["message 1", "message 2"]);
  client.open({ server_id: "srv_1", channel_id: "chn_1" }, page(messages(8, 9), { hasOlder: true }));
  expect(live.rows.map(({ content }) => content)).toEqual(["message 8", "message 9", "on its way"]);
});

test("the state of the connection is followed from start to stop", async () => {
  const { client } = world();
  const stop = client.start();
  client.realtime.connect();
  expect(client.status.state).toBe("connecting");
  await settled();
  expect(client.status.state).toBe("connected");
  stop();
  expect(client.status.state).toBe("connected"); // Nobody looks any more.
});
