import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { Guests, join, newRoom, say } from "../testing/guests";
import { startStack, type Frame, type SocketClient, type Stack } from "../testing/stack";

let stack: Stack;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

const guests = new Guests(() => stack, clients);
const guest = guests.come;

describe("two guests in a room", () => {
  test("see each other, what was said before, and what is said, in order", async () => {
    const room = newRoom();
    const [ann, bob] = [await guest(), await guest()];
    expect(await join(ann, room, { alias: "Ann" })).toMatchObject({
      type: "joined",
      room,
      alias: "Ann",
      count: 1,
      members: ["Ann"],
      messages: [],
      head: 0,
      has_more: false,
      expires_after_hours: 24,
    });
    const { message } = await say(ann, room, "hello", { nonce: "n1" });
    expect(message).toMatchObject({
      log_id: `room:${room}`,
      seq: 1,
      author: { id: null, username: "Ann", display_name: null, avatar_url: null },
      content: "hello",
      nonce: "n1",
    });
    expect(await join(bob, room, { alias: "Bob" })).toMatchObject({ count: 2, members: ["Ann", "Bob"], messages: [{ seq: 1 }] });
    await ann.next(({ type, count }) => type === "room_presence" && count === 2);
    await say(bob, room, "hello back", { reply_to: 1 });
    const pushed = await ann.next(({ type, seq }) => type === "new_message" && seq === 2);
    expect(pushed).toMatchObject({
      topic: `room:${room}`,
      message: { reply_to: { seq: 1, content: "hello", author: { username: "Ann" } } },
    });
    expect(JSON.stringify(pushed)).not.toContain("gst_");
  });

  test("one goes, by the word or by the socket, and the other is told; what is left behind is nothing", async () => {
    const room = newRoom();
    const [ann, bob, cyd] = [await guest(), await guest(), await guest()];
    await join(ann, room, { alias: "Ann" });
    await join(bob, room, { alias: "Bob" });
    await join(cyd, room, { alias: "Cyd" });
    await ann.next(({ type, count }) => type === "room_presence" && count === 3);
    expect(await bob.ask({ action: "leave", room })).toMatchObject({ type: "left", room });
    await ann.next(({ type, members }) => type === "room_presence" && String(members) === "Ann,Cyd");
    await cyd.close();
    await ann.next(({ type, members }) => type === "room_presence" && String(members) === "Ann");
    expect((await say(bob, room, "am I here?")).code).toBe("room.not_found");
    expect(await join(await guest(), room, { alias: "cyd" })).toMatchObject({ type: "joined", alias: "cyd" });
  });

  test("a repeat is one message, and two guests may use one nonce", async () => {
    const room = newRoom();
    const [ann, bob] = [await guest(), await guest()];
    await join(ann, room);
    await join(bob, room);
    const answers = await Promise.all(Array.from({ length: 10 }, () => say(ann, room, "once", { nonce: "same", after: 0 })));
    expect(new Set(answers.map(({ message }) => message.seq))).toEqual(new Set([1]));
    expect((await say(bob, room, "mine", { nonce: "same", after: 0 })).message).toMatchObject({ seq: 2, content: "mine" });
  });

  test("bad frames have a code, and the socket stays", async () => {
    const ann = await guest();
    for (const room of ["", " ", "a b", "Ünïcode", "-a", "x".repeat(65), "a/b"]) expect((await join(ann, room)).code).toBe("input.invalid");
    for (const alias of ["", " ", "\u200b", "x".repeat(33), "two\nlines"])
      expect((await join(ann, newRoom(), { alias })).code).toBe("input.invalid");
    expect((await join(ann, "Room-Of-Mine", { alias: "x" })).room).toBe("room-of-mine");
    expect((await say(ann, newRoom(), "x")).code).toBe("room.not_found");
    expect((await say(ann, "room-of-mine", "", {})).code).toBe("input.invalid");
    expect((await ann.ask({ action: "ping" })).type).toBe("pong");
  });
});

describe("aliases", () => {
  test("of twenty who want the same one at once exactly one has it, and the others are told", async () => {
    const room = newRoom();
    const all = await Promise.all(Array.from({ length: 20 }, () => guest()));
    const answers = await Promise.all(all.map((one, i) => join(one, room, { alias: i % 2 === 0 ? "Ann" : "ａＮＮ" })));
    expect(answers.filter(({ type }) => type === "joined")).toHaveLength(1);
    expect(answers.filter(({ code }) => code === "room.alias_taken")).toHaveLength(19);
    expect((await stack.api(`GET /rooms/${room}`)).body).toMatchObject({ count: 1 });
  });

  test("without one each gets a friendly one of their own", async () => {
    const room = newRoom();
    const all = await Promise.all(Array.from({ length: 10 }, () => guest()));
    const answers = await Promise.all(all.map((one) => join(one, room)));
    expect(new Set(answers.map(({ alias }) => alias)).size).toBe(10);
  });

  test("can be changed, and the old one is free then; a second tab of one guest is the same member", async () => {
    const room = newRoom();
    const ann = await guest();
    await join(ann, room, { alias: "Ann" });
    expect(await join(ann, room, { alias: "Anna" })).toMatchObject({ alias: "Anna", members: ["Anna"] });
    expect(await join(await guest(), room, { alias: "Ann" })).toMatchObject({ type: "joined" });
    const second = await guest(ann.guest);
    expect(await join(second, room, { alias: "Anna" })).toMatchObject({ type: "joined", count: 2, members: ["Ann", "Anna"] });
    await second.close();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await ann.ask({ action: "who", room })).toMatchObject({ count: 2, members: ["Ann", "Anna"] });
    expect((await join(await guest(), room, { alias: "anna" })).code).toBe("room.alias_taken");
  });
});

describe("presence", () => {
  test("of thirty who come at once is told in few frames, and the last one is right", async () => {
    const room = newRoom();
    const watcher = await guest();
    await join(watcher, room, { alias: "watcher" });
    const all = await Promise.all(Array.from({ length: 30 }, () => guest()));
    await Promise.all(all.map((one) => join(one, room)));
    await watcher.next(({ type, count }) => type === "room_presence" && count === 31);
    const frames = watcher.frames.filter(({ type }: Frame) => type === "room_presence");
    expect(frames.length).toBeLessThanOrEqual(6);
    await Promise.all(all.map((one) => one.close()));
    await watcher.next(({ type, count }) => type === "room_presence" && count === 1);
  });
});

describe("thirty messages within a minute", () => {
  const flood = async (one: SocketClient, room: string, max: number) => {
    const answers: Frame[] = [];
    for (let i = 0; i < max; i++) answers.push(await say(one, room, `m${i}`));
    return answers;
  };
  const typesOf = (answers: Frame[]) => [
    answers.filter(({ type }) => type === "sent").length,
    answers.filter(({ type }) => type === "rate_limited").length,
  ];

  test("are said, the next is refused politely, and nothing of what was allowed is lost", async () => {
    const room = newRoom();
    const [ann, bob] = [await guest(), await guest()];
    await join(ann, room, { alias: "Ann" });
    await join(bob, room, { alias: "Bob" });
    const answers = await flood(ann, room, 33);
    expect(typesOf(answers)).toEqual([30, 3]);
    expect(answers.at(-1)).toMatchObject({ type: "rate_limited", topic: `room:${room}`, error: expect.any(String) as string });
    expect(answers.at(-1).retry_after_ms).toBeGreaterThan(1_000);
    expect(answers.at(-1).retry_after_ms).toBeLessThanOrEqual(60_000);
    await bob.next(({ type, seq }) => type === "new_message" && seq === 30);
    expect(bob.frames.filter(({ type }: Frame) => type === "new_message").map(({ seq }: Frame) => seq)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    expect((await say(bob, room, "I may still")).type).toBe("sent");
  });

  test("are said also when forty come at once on one socket", async () => {
    const room = newRoom();
    const ann = await guest();
    await join(ann, room);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => say(ann, room, `m${i}`)));
    expect(typesOf(answers)).toEqual([30, 10]);
  });

  test("those who come as somebody new again and again cannot take more of a room than an address may", async () => {
    const room = newRoom();
    const elsewhere = new Guests(() => stack, clients);
    const bob = await guest();
    await join(bob, room, { alias: "Bob" });
    let said = 0;
    for (let i = 0; i < 10; i++) {
      const somebody = await elsewhere.come();
      await join(somebody, room, { alias: `Somebody ${i}` });
      said += typesOf(await flood(somebody, room, 30))[0]!;
      await somebody.close();
    }
    expect(said).toBeGreaterThanOrEqual(120);
    expect(said).toBeLessThanOrEqual(240); // where two minutes met
    expect((await say(bob, room, "I may still")).type).toBe("sent");
  });

  test("a repeat of one that was allowed is answered", async () => {
    const room = newRoom();
    const ann = await guest();
    await join(ann, room);
    await say(ann, room, "first", { nonce: "first", after: 0 });
    await flood(ann, room, 30);
    expect((await say(ann, room, "first", { nonce: "first", after: 0 })).message).toMatchObject({ seq: 1 });
  });

  test("neither a reconnect, another alias, a second tab, another room nor ten sockets make more of them", async () => {
    const [room, other] = [newRoom(), newRoom()];
    const ann = await guest();
    await join(ann, room, { alias: "Ann" });
    expect(typesOf(await flood(ann, room, 31))).toEqual([30, 1]);
    await ann.close();
    const again = await guest(ann.guest);
    await join(again, room, { alias: "Someone else" });
    await join(again, other);
    expect(typesOf([...(await flood(again, room, 3)), ...(await flood(again, other, 3))])).toEqual([0, 6]);

    const bob = await guest();
    const ten = await Promise.all(Array.from({ length: 10 }, () => guest(bob.guest)));
    for (const one of ten) await join(one, room);
    const answers = await Promise.all(ten.map((one) => flood(one, room, 6)));
    expect(typesOf(answers.flat())).toEqual([30, 30]);
  });

  test("those who show nothing by which they are known again are one person of their address", async () => {
    const room = newRoom();
    const five = await Promise.all(Array.from({ length: 5 }, guests.stranger));
    for (const one of five) await join(one, room);
    const answers = await Promise.all(five.map((one) => flood(one, room, 12)));
    expect(typesOf(answers.flat())).toEqual([30, 30]);
  });
});

describe("a code", () => {
  test("is asked of whoever comes in, also when nobody is there any more", async () => {
    const room = newRoom();
    expect(await guests.api(`POST /rooms/${room}`, { code: "open sesame", ttl_hours: 1 })).toMatchObject({
      status: 201,
      body: { room, exists: true, has_code: true, expires_after_hours: 1 },
    });
    expect(await guests.api(`POST /rooms/${room}`, {})).toMatchObject({ status: 409, body: { code: "room.exists" } });
    const ann = await guest();
    expect((await join(ann, room)).code).toBe("room.code_required");
    expect((await join(ann, room, { code: "open sesam" })).code).toBe("room.code_wrong");
    expect(await join(ann, room, { code: "open sesame" })).toMatchObject({ type: "joined", expires_after_hours: 1 });
    await ann.ask({ action: "leave", room });
    expect((await join(await guest(), room)).code).toBe("room.code_required");
    expect((await stack.api(`GET /rooms/${room}`)).body).toMatchObject({ exists: true, has_code: true, count: 0 });
  });

  test("is not guessed: after twenty tries the right one is not taken either", async () => {
    const room = newRoom();
    await guests.api(`POST /rooms/${room}`, { code: "open sesame" });
    const ann = await guest();
    for (let i = 0; i < 20; i++) expect((await join(ann, room, { code: `guess ${i}` })).code).toBe("room.code_wrong");
    expect((await join(ann, room, { code: "open sesame" })).code).toBe("limit.join");
  });
});
