import { message } from "$lib/chat/testing/world";
import type { Message, OutboxItem, RoomSaying } from "@agora/sdk";
import { describe, expect, test } from "vitest";
import type { CrowdLine } from "./crowd";
import { heldUntil, rowsOf } from "./rows";

const dates = { dayKey: () => "a day" };
const said = (seq: number, alias: string, fields: Partial<Message> = {}) =>
  message(seq, { author: { id: null, username: alias, display_name: null, avatar_url: null }, ...fields });
const line = (key: number, after: number): CrowdLine => ({ key, after, at: 0, came: ["Cyd"], left: [], back: [], passed: [] });
const item = (fields: Partial<OutboxItem<RoomSaying>> = {}): OutboxItem<RoomSaying> => ({
  topic: "room:r",
  nonce: "n",
  body: { content: "mine" },
  state: "pending",
  error: null,
  createdAt: 5_000,
  retryAt: null,
  delayedBy: null,
  ...fields,
});

const keysOf = (rows: ReturnType<typeof rowsOf>) =>
  rows.map((row) => (row.line ? `c${row.line.key}` : `${row.item.key}${row.opens ? "!" : ""}`));

describe("the rows of a room", () => {
  test("are what was said, and behind it what is on its way", () => {
    const rows = rowsOf({ messages: [said(1, "Ann"), said(2, "Ann")], outgoing: [item()], alias: "Me" }, [], dates);
    expect(keysOf(rows)).toEqual(["s1!", "s2", "on!"]);
  });

  test("have who came and went where it happened, and after it a head again", () => {
    const messages = [said(1, "Ann"), said(2, "Ann"), said(3, "Ann")];
    expect(keysOf(rowsOf({ messages, outgoing: [], alias: "Me" }, [line(1, 0), line(2, 2), line(3, 3)], dates))).toEqual([
      "c1",
      "s1!",
      "s2",
      "c2",
      "s3!",
      "c3",
    ]);
  });

  test("keep what happened behind a message that is gone", () => {
    expect(keysOf(rowsOf({ messages: [said(7, "Ann")], outgoing: [], alias: "Me" }, [line(1, 3)], dates))).toEqual(["c1", "s7!"]);
    expect(keysOf(rowsOf({ messages: [], outgoing: [], alias: "Me" }, [line(1, 3)], dates))).toEqual(["c1"]);
  });

  test("of two messages that name themselves the same are two", () => {
    const rows = rowsOf(
      { messages: [said(1, "Ann", { nonce: "n" }), said(2, "Bob", { nonce: "n" })], outgoing: [item()], alias: "Me" },
      [],
      dates,
    );
    expect(new Set(keysOf(rows)).size).toBe(3);
  });

  test("show above an answer on its way what it answers, unless that is gone", () => {
    const answered = (messages: Message[]) =>
      rowsOf({ messages, outgoing: [item({ body: { content: "yes", reply_to: 1 } })], alias: "Me" }, [], dates).at(-1);
    expect(answered([said(1, "Ann")])).toMatchObject({ item: { reply_to: { seq: 1, author: { username: "Ann" }, content: "message 1" } } });
    expect(answered([])).toMatchObject({ item: { reply_to: null } });
  });
});

describe("what is held back", () => {
  test("goes out when the limit says", () => {
    expect(heldUntil([item({ delayedBy: "limit.room_messages", retryAt: 12_000 }), item({ nonce: "m" })])).toBe(12_000);
  });

  test("is nothing that waits for the network, is being sent, or has failed", () => {
    expect(heldUntil([])).toBeNull();
    expect(heldUntil([item({ delayedBy: "network", retryAt: 12_000 })])).toBeNull();
    expect(
      heldUntil([item({ state: "sending" }), item({ state: "failed", delayedBy: "limit.room_messages", retryAt: 12_000 })]),
    ).toBeNull();
  });
});
