import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { Guests, join, newRoom, say, type GuestClient } from "../testing/guests";
import { startStack, type Frame, type Stack } from "../testing/stack";

const HOUR_MS = 60 * 60 * 1000;

let stack: Stack;
const clients = new Clients(() => stack);
const guests = new Guests(() => stack, clients);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const seqsOf = ({ messages }: Frame) => (messages as Frame[]).map(({ seq }) => seq as number);

/** What the table's own expiry does, in whatever order it pleases. */
async function expire(room: string, ...seqs: number[]) {
  const { deleteItem } = await import("../../../core/src/lib/dynamo");
  await Promise.all(seqs.map((seq) => deleteItem("Messages", { log_id: `room:${room}`, seq })));
}

/** A room that keeps messages for an hour, and one person who said three things in it. */
async function anHour(): Promise<{ room: string; ann: GuestClient }> {
  const room = newRoom();
  await guests.api(`POST /rooms/${room}`, { ttl_hours: 1 });
  const ann = await guests.come();
  await join(ann, room, { alias: "Ann" });
  for (const content of ["one", "two", "three"]) await say(ann, room, content);
  return { room, ann };
}

describe("what was said", () => {
  test("is there for as long as the room says, and not a moment longer, though the table still has it", async () => {
    const { room, ann } = await anHour();
    pass(HOUR_MS - 60_000);
    await say(ann, room, "four");
    expect(seqsOf(await join(await guests.come(), room))).toEqual([1, 2, 3, 4]);
    pass(61_000);
    const joined = await join(await guests.come(), room);
    expect([seqsOf(joined), joined.has_more]).toEqual([[4], false]);
    expect(seqsOf(await ann.ask({ action: "messages", room, before: 5 }))).toEqual([4]);
    expect(seqsOf(await ann.ask({ action: "messages", room, after: 0 }))).toEqual([4]);
    expect((await say(ann, room, "an answer", { reply_to: 3 })).code).toBe("input.invalid");
    expect((await say(ann, room, "an answer", { reply_to: 4 })).type).toBe("sent");
  });

  test("is not quoted any more by its answers, though the table still has it", async () => {
    const { room, ann } = await anHour();
    pass(HOUR_MS - 60_000);
    await say(ann, room, "an answer", { reply_to: 3 });
    const answerOf = ({ messages }: Frame) => (messages as Frame[]).at(-1);
    expect(answerOf(await join(await guests.come(), room)).reply_to).toMatchObject({ seq: 3, content: "three" });
    pass(61_000);
    expect(answerOf(await join(await guests.come(), room))).toMatchObject({ content: "an answer", reply_to: null });
    expect(answerOf(await ann.ask({ action: "messages", room, after: 0 }))).toMatchObject({ content: "an answer", reply_to: null });
  });

  test("may have gone when its answer is repeated: that is no new answer, and is not refused", async () => {
    const { room, ann } = await anHour();
    pass(HOUR_MS - 60_000);
    const answer = { reply_to: 3, nonce: "answer-nonce-1", after: 3 };
    const first = await say(ann, room, "an answer", answer);
    expect(first).toMatchObject({ type: "sent", message: { reply_to: { content: "three" } } });
    pass(61_000);
    expect(await say(ann, room, "an answer", answer)).toMatchObject({
      type: "sent",
      message: { seq: first.message.seq as number, reply_to: null },
    });
    expect((await say(ann, room, "an answer", { ...answer, nonce: "answer-nonce-2" })).code).toBe("input.invalid");
  });

  test("leaves the table with its time of expiry", async () => {
    const { room } = await anHour();
    const { getItem } = await import("../../../core/src/lib/dynamo");
    const item = await getItem("Messages", { log_id: `room:${room}`, seq: 1 });
    expect(item?.["expires_on"]).toBe(Math.ceil(((item?.["created_at"] as number) + HOUR_MS) / 1000));
  });
});

describe("numbers never begin again", () => {
  test.each([
    ["the table still has all of it", []],
    ["all of it is gone", [1, 2, 3]],
    ["the newest of it is gone, and not the oldest", [2, 3]],
  ])("after everything has expired, where %s", async (_, gone) => {
    const { room, ann } = await anHour();
    pass(HOUR_MS + 60_000);
    await expire(room, ...gone);
    const seqOf = async (content: string, more = {}) => (await say(ann, room, content, more)).message.seq as number;
    const later = await seqOf("later", { nonce: "later", after: 3 });
    expect(later).toBeGreaterThan(3);
    expect(await seqOf("later", { nonce: "later", after: 3 })).toBe(later);
    expect(await seqOf("and on")).toBe(later + 1);
    const joined = await join(await guests.come(), room);
    expect([seqsOf(joined), joined.head]).toEqual([[later, later + 1], later + 1]);
  });

  test("for those who speak first at the same moment there is one line of them", async () => {
    const { room } = await anHour();
    pass(3 * HOUR_MS);
    await expire(room, 1, 2, 3);
    const ten = await Promise.all(Array.from({ length: 10 }, () => guests.come()));
    for (const one of ten) await join(one, room);
    const answers = await Promise.all(ten.map((one) => say(one, room, "me first")));
    const seqs = answers.map(({ message }) => message.seq as number).sort((a, b) => a - b);
    const [first = 0] = seqs;
    expect(first).toBeGreaterThan(3);
    expect(seqs).toEqual(Array.from({ length: 10 }, (_, i) => first + i));
  });

  test("of a room that ended and is made again, by its first join or by a request", async () => {
    const { room, ann } = await anHour();
    await ann.close();
    pass(2 * HOUR_MS);
    await expire(room, 1, 2, 3);
    const bob = await guests.come();
    expect(await join(bob, room)).toMatchObject({ messages: [], expires_after_hours: 24 });
    const { message } = await say(bob, room, "a new room");
    expect(message.seq).toBeGreaterThan(3);
    await bob.close();
    pass(30 * 24 * HOUR_MS);
    expect((await guests.api(`POST /rooms/${room}`, { ttl_hours: 2 })).status).toBe(201);
    await expire(room, message.seq);
    const cyd = await guests.come();
    await join(cyd, room);
    expect((await say(cyd, room, "another one")).message.seq).toBeGreaterThan(message.seq);
  });

  test("when a thousand of them are used up", async () => {
    const { room, ann } = await anHour();
    const { updateItem } = await import("../../../core/src/lib/dynamo");
    await updateItem("Rooms", { room }, "SET reserved = :low", { values: { ":low": 503 } });
    await say(ann, room, "four"); // the 504th to the last of what is reserved
    const { getItem } = await import("../../../core/src/lib/dynamo");
    expect((await getItem("Rooms", { room }))?.["reserved"]).toBe(1_503);
  });
});

describe("a room", () => {
  test("lives as long as somebody speaks or sits in it, and keeps its code and its hours", async () => {
    const room = newRoom();
    await guests.api(`POST /rooms/${room}`, { ttl_hours: 1, code: "open sesame" });
    const ann = await guests.come();
    await join(ann, room, { code: "open sesame" });
    for (let i = 0; i < 5; i++) {
      pass(0.15 * HOUR_MS);
      await say(ann, room, `still here ${i}`);
    }
    pass(1.2 * HOUR_MS); // and now in silence
    expect((await join(await guests.come(), room)).code).toBe("room.code_required");
    expect((await guests.api(`POST /rooms/${room}`, {})).body.code).toBe("room.exists");
  });

  test("ends when nobody is in it and all that was said is gone: then it is another room", async () => {
    const room = newRoom();
    await guests.api(`POST /rooms/${room}`, { ttl_hours: 1, code: "open sesame" });
    pass(0.9 * HOUR_MS);
    expect((await join(await guests.come(), room)).code).toBe("room.code_required");
    pass(0.5 * HOUR_MS);
    expect((await stack.api(`GET /rooms/${room}`)).body).toMatchObject({ exists: false, has_code: false });
    expect(await join(await guests.come(), room)).toMatchObject({ type: "joined", expires_after_hours: 24 });
  });

  test("is not made with more hours than a day, or none", async () => {
    for (const ttl_hours of [0, -1, 24.5, "1", null])
      expect((await guests.api(`POST /rooms/${newRoom()}`, { ttl_hours })).body.code).toBe("input.invalid");
    expect((await guests.api(`POST /rooms/${newRoom()}`, { ttl_hours: 1e-300 })).status).toBe(201);
    for (const code of ["", "abc", "x".repeat(129), 7])
      expect((await guests.api(`POST /rooms/${newRoom()}`, { code })).body.code).toBe("input.invalid");
    expect((await guests.api("POST /rooms/no%20name", {})).body.code).toBe("room.not_found");
  });

  test("can be made by one of many who make it at once", async () => {
    const room = newRoom();
    const made = await Promise.all(Array.from({ length: 8 }, () => guests.api(`POST /rooms/${room}`, {})));
    expect(made.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(409)]);
  });
});
