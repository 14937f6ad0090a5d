import type { EventFrame } from "@agora/sdk";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NOTICE_MS, Notices } from "./notices.svelte";
import type { Notice } from "./notices.svelte";
import { conversation } from "./testing/community";
import { me, message } from "./testing/world";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function noticing({ lookedAt = "", isSeen = true } = {}) {
  let listener: (event: EventFrame) => void = () => undefined;
  const unseen: Notice[] = [];
  const known = [conversation("dm_1"), conversation("dm_2", ["usr_2", "usr_3"], { name: "Choir" })];
  const notices = new Notices({
    meId: me.id,
    realtime: {
      onevent: (heard) => {
        listener = heard;
        return () => (listener = () => undefined);
      },
    },
    conversations: { find: (id) => known.find((one) => one.id === id) },
    isLookedAt: (id) => id === lookedAt,
    isSeen: () => isSeen,
    onunseen: (notice) => unseen.push(notice),
  });
  const stop = notices.start();
  const say = (id: string, seq: number, fields: Parameters<typeof message>[1] = {}) =>
    listener({ type: "new_message", topic: `dm:${id}`, seq, message: message(seq, { log_id: `dm:${id}`, ...fields }) });
  return { notices, say, unseen, stop, hear: (event: EventFrame) => listener(event), texts: () => notices.shown.map(({ text }) => text) };
}

test("says who said what, in one line, and in a group where; names are shown, and what is long is cut", () => {
  const { notices, say } = noticing();
  say("dm_1", 1, { content: "hello\n\n  <@usr_2>" });
  say("dm_2", 1, { content: "x".repeat(500) });
  expect(notices.shown).toEqual([
    { key: "dm:dm_1#1", conversationId: "dm_1", href: "/dms/dm_1", title: "ilya", text: "hello @usr_2" },
    { key: "dm:dm_2#1", conversationId: "dm_2", href: "/dms/dm_2", title: "ilya in Choir", text: `${"x".repeat(140)}…` },
  ]);
});

test("is not shown of what is looked at, of what one says oneself, of other events, or twice", () => {
  const { say, hear, texts } = noticing({ lookedAt: "dm_2" });
  say("dm_2", 1);
  say("dm_1", 1, { author: { id: me.id, username: me.username, display_name: null, avatar_url: null } });
  hear({ type: "unread", topic: "channel:chn_1", head: 3 });
  say("dm_1", 2);
  say("dm_1", 2);
  expect(texts()).toEqual(["message 2"]);
});

test("the newest three are shown, each for a while; as long as somebody is with them, they stay", () => {
  const { notices, say, texts } = noticing();
  for (let seq = 1; seq <= 4; seq++) say("dm_1", seq);
  expect(texts()).toEqual(["message 2", "message 3", "message 4"]);
  notices.hold(true);
  vi.advanceTimersByTime(3 * NOTICE_MS);
  expect(texts().length).toBe(3);
  say("dm_1", 5);
  notices.hold(false);
  vi.advanceTimersByTime(NOTICE_MS - 1);
  expect(texts().length).toBe(3);
  vi.advanceTimersByTime(1);
  expect(texts()).toEqual([]);
});

test("goes when its conversation is opened, or left, or when it is dismissed", () => {
  const { notices, say, hear, texts } = noticing();
  say("dm_1", 1);
  say("dm_2", 2);
  say("dm_2", 3);
  notices.dismissAllOf("dm_1");
  expect(texts()).toEqual(["message 2", "message 3"]);
  notices.dismiss("dm:dm_2#2");
  expect(texts()).toEqual(["message 3"]);
  hear({ type: "conversation_left", topic: "user:usr_me", conversation_id: "dm_2" });
  expect(texts()).toEqual([]);
});

test("where nobody sees the page, the browser may tell it, and when it has stopped nobody does", () => {
  const { notices, say, unseen, stop } = noticing({ isSeen: false });
  say("dm_1", 1);
  expect([notices.shown, unseen.map(({ title }) => title)]).toEqual([[], ["ilya"]]);
  stop();
  say("dm_1", 2);
  expect(unseen.length).toBe(1);
});
