import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Meter } from "../meter/meter";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Stack } from "../testing/stack";
import { answerOf, forgetAnnouncements, talkIn, type Talk } from "../testing/talk";

const meter = new Meter();
let stack: Stack;
let world: Community;
let talk: Talk;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
  meter.start({ engine: "dynoxide" });
});
afterAll(async () => {
  meter.stop();
  await stack.close();
});
beforeEach(async () => {
  world = await startCommunity(stack);
  talk = talkIn(stack, world);
});
afterEach(() => clients.closeAll());

describe("a reply", () => {
  test("says what it answers, wherever it is read", async () => {
    const looking = await clients.listen(world.guest, world.topic);
    const { seq, author, content } = await talk.say(world.guest, "question");
    const answered = { seq, author, content };
    const sent = await talk.send(world.owner, { content: "answer", reply_to: 1, nonce: "n", after: 1 });
    expect([sent.status, sent.body.reply_to]).toEqual([201, answered]);
    const repeat = await talk.send(world.owner, { content: "answer", reply_to: 1, nonce: "n", after: 1 });
    expect([repeat.status, repeat.body]).toEqual([200, sent.body]);
    expect((await talk.page(world.guest, "limit=1"))[0]).toEqual(sent.body); // the original is not on the page
    expect((await talk.page(world.guest, "after=0"))[1]).toEqual(sent.body); // it is
    const socket = await clients.connect(world.guest);
    const { topics } = await socket.ask({ action: "subscribe", topics: [{ topic: world.topic, after: 1 }] });
    expect(topics[0].entries).toEqual([sent.body]);
    const bySocket = await socket.ask({ action: "send", topic: world.topic, content: "thanks", reply_to: 2 });
    expect(bySocket.message.reply_to).toEqual({ seq: 2, author: sent.body.author, content: "answer" });
    await looking.ask({ action: "ping" });
    const heard = looking.frames.filter(({ type }) => type === "new_message");
    expect(heard.map(({ message }) => message.reply_to)).toEqual([null, answered, bySocket.message.reply_to]);
  });

  test.each([
    ["what is not there", 99],
    ["zero", 0],
    ["itself", 3],
    ["a fraction", 1.5],
    ["a text", "1"],
    ["null", null],
    ["what is deleted", 2],
  ])("to %s is refused and says nothing; to what is there it is not", async (_, reply_to) => {
    for (let i = 0; i < 2; i++) await talk.say(world.guest);
    await talk.remove(world.guest, 2);
    const refused = await talk.send(world.owner, { content: "answer", reply_to });
    expect(answerOf(refused)).toEqual([400, "input.invalid"]);
    expect(Object.keys(refused.body.details)).toEqual(["reply_to"]);
    expect((await talk.say(world.owner, "answer", { reply_to: 1 })).seq).toBe(3);
  });

  test("to a message of another channel is one to the number in this one", async () => {
    const { id } = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "other", kind: "text", private: true });
    await talkIn(stack, world, `/servers/${world.serverId}/channels/${id}/messages`).say(world.owner, "secret");
    expect(answerOf(await talk.send(world.guest, { content: "x", reply_to: 1 }))).toEqual([400, "input.invalid"]);
    await talk.say(world.owner, "open");
    expect((await talk.say(world.guest, "x", { reply_to: 1 })).reply_to.content).toBe("open");
  });

  test("is spoken of only to those who may write", async () => {
    const outsider = await stack.register();
    await talk.timeOut(world.guest);
    expect(answerOf(await talk.send(world.guest, { content: "x", reply_to: 99 }))).toEqual([403, "auth.denied"]);
    expect(answerOf(await talk.send(outsider, { content: "x", reply_to: 99 }))).toEqual([404, "server.not_found"]);
  });

  test("shows what its original says now: edited, cut to two hundred characters, or deleted", async () => {
    await talk.say(world.guest, "one");
    await talk.say(world.owner, "answer", { reply_to: 1 });
    const shown = async () => (await talk.page(world.owner, "limit=1"))[0].reply_to.content;
    await talk.edit(world.guest, 1, "two");
    expect(await shown()).toBe("two");
    await talk.edit(world.guest, 1, "🦊".repeat(200));
    expect(await shown()).toBe("🦊".repeat(200));
    await talk.edit(world.guest, 1, "🦊".repeat(201));
    expect(await shown()).toBe(`${"🦊".repeat(200)}…`);
    await talk.edit(world.guest, 1, `${"x".repeat(190)} <@${world.owner.user.id}>`);
    expect(await shown()).toBe(`${"x".repeat(190)}…`); // no half of a mention
    await talk.remove(world.guest, 1);
    expect(await shown()).toBeNull();
  });

  test("that is deleted answers nothing any more", async () => {
    await talk.say(world.guest);
    await talk.say(world.owner, "answer", { reply_to: 1 });
    await talk.remove(world.owner, 2);
    expect(await talk.message(world.guest, 2)).toMatchObject({ content: null, reply_to: null });
  });

  test("that was stored before its original was deleted is answered when it is repeated, and said once", async () => {
    await world.byOwner(`PATCH /servers/${world.serverId}/channels/${world.channelId}`, { slow_mode_seconds: 60 });
    await talk.say(world.owner, "question");
    const body = { content: "answer", reply_to: 1, nonce: "n", after: 1 };
    expect((await talk.send(world.guest, body)).status).toBe(201);
    await talk.remove(world.owner, 1);
    forgetAnnouncements();
    for (const after of [1, 0, undefined]) {
      const repeat = await talk.send(world.guest, { ...body, after });
      expect([repeat.status, repeat.body.seq, repeat.body.reply_to.content]).toEqual([200, 2, null]);
    }
    expect(answerOf(await talk.send(world.guest, { ...body, nonce: "other" }))).toEqual([400, "input.invalid"]);
    expect(await talk.page(world.owner)).toHaveLength(2);
  });
});

test("the originals of a page cost nothing where they are on it, and one call for all of them where they are not", async () => {
  const readsOf = async (query: string) => {
    meter.reset();
    const messages = await talk.page(world.owner, query);
    return { reads: meter.snapshot().units.readUnits, answers: messages.filter(({ reply_to }) => reply_to !== null).length };
  };
  for (let i = 0; i < 5; i++) await talk.say(world.guest, `question ${i}`);
  for (let i = 0; i < 10; i++) await talk.say(world.owner, `answer ${i}`, { reply_to: (i % 5) + 1 });
  expect(await readsOf("limit=50")).toEqual({ reads: 3 + 1, answers: 10 });
  expect(await readsOf("limit=10")).toEqual({ reads: 3 + 1 + 5, answers: 10 });
});
