import { describe, expect, test } from "vitest";
import { inRoom, said } from "./testing/room-world";
import { MINUTE } from "./testing/realtime-world";

const HOUR = 60 * MINUTE;

describe("what was said in a room", () => {
  test("leaves the view when it has expired, each message in its time", async () => {
    const messages = [said(1), said(2, { created_at: 1_000_000 + HOUR / 2 })];
    const { room, clock, socket, seqs } = await inRoom({ messages, head: 2, expires_after_hours: 1 });
    socket().onsend = ({ action, id }) => action === "ping" && socket().receive({ type: "pong", id });
    await clock.pass(HOUR - 1);
    expect(seqs()).toEqual([1, 2]);
    await clock.pass(1);
    expect(seqs()).toEqual([2]);
    await clock.pass(HOUR / 2);
    expect(room.view.messages).toEqual([]);
  });

  test("is not quoted by its answers any more when it has expired", async () => {
    const original = said(1);
    const reply_to = { seq: 1, author: original.author, content: original.content };
    const messages = [original, said(2, { created_at: 1_000_000 + HOUR / 2, reply_to })];
    const { room, clock, socket } = await inRoom({ messages, head: 2, expires_after_hours: 1 });
    socket().onsend = ({ action, id }) => action === "ping" && socket().receive({ type: "pong", id });
    await clock.pass(HOUR - 1);
    expect(room.view.messages[1]?.reply_to).toEqual(reply_to);
    await clock.pass(1);
    expect(room.view.messages).toMatchObject([{ seq: 2, reply_to: null }]);
  });

  test("is not looked for before what has expired", async () => {
    const { room, clock } = await inRoom({ messages: [said(7)], head: 7, has_more: true, expires_after_hours: 1 });
    expect(room.view.hasMore).toBe(true);
    await clock.pass(HOUR);
    expect(room.view).toMatchObject({ messages: [], hasMore: false });
  });

  test.each([-5 * HOUR, 5 * HOUR])("stays as long where the clock is wrong by %i ms", async (wrongMs) => {
    const at = 1_000_000 - wrongMs;
    const messages = [said(1, { created_at: at - HOUR / 2 })];
    const { clock, socket, push, seqs } = await inRoom({ messages, head: 1, expires_after_hours: 1 });
    socket().onsend = ({ action, id }) => action === "ping" && socket().receive({ type: "pong", id });
    expect(seqs()).toEqual([1]);
    push(said(2, { created_at: at }));
    expect(seqs()).toEqual([1, 2]);
    await clock.pass(HOUR / 2);
    expect(seqs()).toEqual([2]);
    await clock.pass(HOUR / 2);
    expect(seqs()).toEqual([]);
  });

  test("is asked for where a number is missing, once, and stands in its place", async () => {
    const { clock, socket, answer, push, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    push(said(4));
    push(said(5));
    await clock.pass(0);
    expect(socket().actions("messages")).toMatchObject([{ room: "den", after: 1 }]);
    expect(seqs()).toEqual([1, 4, 5]);
    answer("messages", { type: "messages", room: "den", messages: [said(2), said(3), said(4)], has_more: true });
    await clock.pass(0);
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(socket().actions("messages")).toHaveLength(1);
  });

  test("is not asked for where it has expired: the numbers go on behind a gap", async () => {
    const { clock, socket, answer, push, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    push(said(1_000));
    await clock.pass(0);
    answer("messages", { type: "messages", room: "den", messages: [said(1_000)], has_more: false });
    push(said(1_001));
    await clock.pass(MINUTE);
    expect(seqs()).toEqual([1, 1_000, 1_001]);
    expect(socket().actions("messages")).toHaveLength(1);
  });

  test("is the same whether a message comes once or twice", async () => {
    const { push, seqs } = await inRoom({ messages: [said(1)], head: 1 });
    push(said(2));
    push(said(2));
    push(said(1));
    expect(seqs()).toEqual([1, 2]);
  });

  test("before what is here is loaded behind the oldest, until there is no more", async () => {
    const { room, clock, socket, asked, answer, seqs } = await inRoom({ messages: [said(5)], head: 5, has_more: true });
    const loaded = room.loadOlder();
    expect(asked("messages")).toMatchObject({ room: "den", before: 5 });
    answer("messages", { type: "messages", room: "den", messages: [said(3), said(4)], has_more: false });
    await loaded;
    expect([seqs(), room.view.hasMore]).toEqual([[3, 4, 5], false]);
    await room.loadOlder();
    await clock.pass(0);
    expect(socket().actions("messages")).toHaveLength(1);
  });

  test("before what is here cannot be loaded without a connection, and is then still there to be loaded", async () => {
    const { room, socket } = await inRoom({ messages: [said(5)], head: 5, has_more: true });
    const loaded = room.loadOlder();
    socket().close();
    await expect(loaded).rejects.toMatchObject({ code: "network" });
    expect(room.view.hasMore).toBe(true);
  });
});
