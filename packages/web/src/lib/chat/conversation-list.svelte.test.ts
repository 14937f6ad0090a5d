import type { Message } from "@agora/core/protocol/message";
import { expect, onTestFinished, test } from "vitest";
import { unreadIn } from "./conversation-list.svelte";
import type { Listed } from "./conversation-list.svelte";
import { conversationName } from "./conversation-names";
import { conversation } from "./testing/community";
import { me, message, settled, world } from "./testing/world";

/** The conversations of `me`, followed live. */
async function following(...conversations: Listed["conversations"]) {
  const listed: Listed = { conversations, next_cursor: null };
  const here = world({ conversations: () => listed });
  const { client } = here;
  onTestFinished(client.start());
  const list = client.inbox.conversations;
  list.learn(conversations);
  client.realtime.connect();
  await settled();
  here.askedFor("/api/servers").answer(200, { servers: [], has_more: false, next_cursor: null });
  here.askedFor("/api/dms").answer(200, { conversations, has_more: false, next_cursor: null });
  await settled();
  const said = (id: string, seq: number, fields: Partial<Message> = {}) =>
    here.event({ type: "new_message", topic: `dm:${id}`, seq, message: message(seq, { log_id: `dm:${id}`, ...fields }) });
  return { ...here, list, said, order: () => list.all.map(({ id }) => id) };
}
const mine = { author: { id: me.id, username: me.username, display_name: null, avatar_url: null } };

test("the one in which something is said comes to the top, and each unread message counts, in the total too", async () => {
  const { list, said, order, client } = await following(
    conversation("dm_1", ["usr_2"], { last_activity_at: 20 }),
    conversation("dm_2", ["usr_3"], { last_activity_at: 10, head: 4, last_read: 4 }),
  );
  expect([order(), client.inbox.total]).toEqual([["dm_1", "dm_2"], { unread: false, mention_count: 0 }]);
  said("dm_2", 5, { created_at: 30 });
  said("dm_2", 6, { created_at: 40 });
  said("dm_2", 6, { created_at: 40 }); // by another connection
  expect([order(), unreadIn(list.find("dm_2")!)]).toEqual([["dm_2", "dm_1"], 2]);
  expect([client.inbox.total, list.elsewhere("dm_2")]).toEqual([
    { unread: true, mention_count: 2 },
    { unread: false, mention_count: 0 },
  ]);
});

test("what one says oneself is read, unless there is something before it that is not", async () => {
  const { list, said, askedFor, asked } = await following(conversation("dm_1", ["usr_2"], { head: 1, last_read: 1 }));
  said("dm_1", 2, mine);
  await settled();
  expect([unreadIn(list.find("dm_1")!), askedFor("/api/dms/dm_1/read").body]).toEqual([0, { seq: 2 }]);
  said("dm_1", 3);
  said("dm_1", 4, mine);
  await settled();
  expect([unreadIn(list.find("dm_1")!), asked.filter(({ path }) => path.endsWith("/read")).length]).toEqual([2, 1]);
});

test("one that was closed, or is new, is asked about once and comes in; one that is gone meanwhile does not", async () => {
  const { said, askedFor, asked, order } = await following(conversation("dm_1"));
  said("dm_9", 1);
  said("dm_9", 2);
  await settled();
  expect(asked.filter(({ path }) => path === "/api/dms/dm_9").length).toBe(1);
  askedFor("/api/dms/dm_9").answer(200, conversation("dm_9", ["usr_4"], { head: 2, last_activity_at: 99 }));
  await settled();
  expect(order()).toEqual(["dm_9", "dm_1"]);
  said("dm_8", 1);
  await settled();
  askedFor("/api/dms/dm_8").answer(404, { error: "gone", code: "conversation.not_found", request_id: "r" });
  await settled();
  expect(order()).toEqual(["dm_9", "dm_1"]);
});

test("a group that is named is called so; one that is left goes with all that was not sent there, and says goodbye", async () => {
  const { client, event, list, order } = await following(conversation("dm_1", ["usr_2", "usr_3"]), conversation("dm_2"));
  expect(conversationName(list.find("dm_1")!, me.id)).toBe("usr_2, usr_3");
  const {
    head: _,
    last_read: __,
    mention_count: ___,
    last_activity_at: ____,
    blocked: _____,
    ...named
  } = conversation("dm_1", ["usr_2", "usr_3"]);
  event({ type: "conversation_updated", topic: "user:usr_me", conversation: { ...named, name: "Choir" } });
  expect(conversationName(list.find("dm_1")!, me.id)).toBe("Choir");
  const timeline = client.open({ dm_id: "dm_1" }, { messages: [], hasOlder: false, head: 0 });
  timeline.send("too late");
  event({ type: "conversation_left", topic: "user:usr_me", conversation_id: "dm_1" });
  expect([order(), timeline.isGone]).toEqual([["dm_2"], true]);
  expect(client.farewells).toEqual([{ id: "dm_1", name: "Choir", reason: "out", unsent: ["too late"] }]);
  event({ type: "conversation_left", topic: "user:usr_me", conversation_id: "dm_2" }); // closed on another device
  expect([order(), client.farewells.length]).toEqual([[], 1]);
});

test("is called after the others, or what is left of them", () => {
  const name = (...others: string[]) => conversationName(conversation("dm_1", others), me.id);
  expect([name("usr_2"), name("usr_2", "usr_3")]).toEqual(["usr_2", "usr_2, usr_3"]);
  const alone = { ...conversation("dm_1"), users: conversation("dm_1").users.slice(0, 1) };
  expect([conversationName(alone, me.id), conversationName({ ...alone, kind: "group" }, me.id)]).toEqual(["Deleted account", "Only you"]);
});
