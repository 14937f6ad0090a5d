import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleavePut } from "../testing/interleave";
import { startStack, type Stack } from "../testing/stack";
import { answerOf, elsewhere, forgetAnnouncements, noSeqs, talkIn, type Talk } from "../testing/talk";

let stack: Stack;
let world: Community;
let talk: Talk;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
  talk = talkIn(stack, world);
});
afterEach(() => clients.closeAll());

const naming = (...people: { user: { id: string } }[]) => people.map(({ user }) => `<@${user.id}>`).join(" ");

describe("editing a message", () => {
  test("is for its author alone, as long as they may write", async () => {
    const moderator = await world.newMemberWith("moderate_messages", "manage_server", "manage_channels");
    await talk.say(world.guest, "one");
    for (const who of [world.owner, moderator]) expect(answerOf(await talk.edit(who, 1, "other"))).toEqual([403, "auth.denied"]);
    expect(answerOf(await talk.edit(await stack.register(), 1, "other"))).toEqual([404, "server.not_found"]);
    expect((await talk.edit(world.guest, 1, "two")).status).toBe(200);
    await talk.timeOut(world.guest);
    expect(answerOf(await talk.edit(world.guest, 1, "three"))).toEqual([403, "auth.denied"]);
    expect((await talk.message(world.owner, 1)).content).toBe("two");
    await world.byOwner(`DELETE /servers/${world.serverId}/members/${world.guest.user.id}`);
    expect(answerOf(await talk.edit(world.guest, 1, "three"))).toEqual([404, "server.not_found"]);
  });

  test("changes its words, when it was edited and its revision, and nothing else", async () => {
    const before = await talk.say(world.guest, "one", { nonce: "n", after: 0 });
    const { status, body } = await talk.edit(world.guest, 1, "  two\r\nlines ");
    const after = { ...before, content: "two\nlines", edited_at: expect.any(Number), revision: 2 };
    expect([status, body]).toEqual([200, after]);
    expect(body.edited_at).toBeGreaterThanOrEqual(before.created_at);
    expect(await talk.page(world.owner)).toEqual([after]);
    const late = await clients.connect(world.owner);
    const { topics } = await late.ask({ action: "subscribe", topics: [{ topic: world.topic, after: 0 }] });
    expect(topics[0].entries).toEqual([after]);
    const repeat = await talk.send(world.guest, { content: "one", nonce: "n", after: 0 });
    expect([repeat.status, repeat.body]).toEqual([200, after]);
  });

  test.each([
    ["nothing", ""],
    ["white space", " \n "],
    ["characters that nobody sees", "\u200b"],
    ["4,001 code points", "x".repeat(4_001)],
    ["no text", 7],
    ["no words", undefined],
  ])("to %s is refused; 4,000 code points of any plane are not", async (_, content) => {
    await talk.say(world.guest, "one");
    expect(answerOf(await talk.edit(world.guest, 1, content))).toEqual([400, "input.invalid"]);
    const long = "🦊".repeat(4_000);
    expect((await talk.edit(world.guest, 1, long)).body.content).toBe(long);
  });

  test("finds nothing by a number that is none, nor what was deleted, whosever it was", async () => {
    await talk.say(world.guest);
    await talk.say(world.owner);
    for (const seq of noSeqs) expect([seq, ...answerOf(await talk.edit(world.guest, seq, "x"))]).toEqual([seq, 404, "message.not_found"]);
    for (const seq of [1, 2]) await talk.remove(world.owner, seq);
    for (const seq of [1, 2]) expect(answerOf(await talk.edit(world.guest, seq, "x"))).toEqual([404, "message.not_found"]);
  });

  test("is told to those who look at the channel before it is answered, and to nobody else", async () => {
    await talk.say(world.guest, "one");
    const looking = await clients.listen(world.owner, world.topic);
    const aside = await clients.listen(world.owner, `server:${world.serverId}`, `user:${world.owner.user.id}`);
    const { body } = await talk.edit(world.guest, 1, "two");
    const told = { type: "message_updated", topic: world.topic, seq: 1, message: body };
    expect(looking.frames.at(-1)).toEqual(told);
    expect(await talk.updatesOf(aside)).toEqual([]);
  });

  test("to the same words changes nothing, and tells it again if the first time ended before that", async () => {
    await talk.say(world.guest, "one");
    const looking = await clients.listen(world.owner, world.topic);
    expect((await talk.edit(world.guest, 1, "one")).body.revision).toBe(1);
    const { body } = await talk.edit(world.guest, 1, "two");
    expect((await talk.edit(world.guest, 1, "two")).body).toEqual(body);
    expect(await talk.updatesOf(looking)).toHaveLength(1);
    forgetAnnouncements();
    expect((await talk.edit(world.guest, 1, "two")).body).toEqual(body);
    expect((await talk.updatesOf(looking)).map(({ message }) => message)).toEqual([body, body]);
  });

  test("on ten devices at once: one of them is what everybody sees, and each was stored once", async () => {
    await talk.say(world.guest, "first");
    const looking = await clients.listen(world.owner, world.topic);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => talk.edit(world.guest, 1, `from ${i}`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(answers.map(({ body }) => body.revision).sort((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, i) => i + 2));
    const shown = await talk.message(world.owner, 1);
    expect(shown).toEqual(answers.find(({ body }) => body.revision === 11)?.body);
    const told = (await talk.updatesOf(looking)).map(({ message }) => message);
    expect(told.sort((a, b) => a.revision - b.revision).at(-1)).toEqual(shown);
    expect(told).toHaveLength(10);
  });

  test("that somebody else edits or deletes meanwhile: what is stored last stays, and what is deleted stays deleted", async () => {
    await talk.say(world.guest, "one");
    const slow = await interleavePut("Messages", "slow", () => talk.edit(world.guest, 1, "slow"), () => elsewhere(() => talk.edit(world.guest, 1, "fast"))); // prettier-ignore
    expect([slow.status, slow.body.content, slow.body.revision]).toEqual([200, "slow", 3]);
    const late = await interleavePut("Messages", "late", () => talk.edit(world.guest, 1, "late"), () => elsewhere(() => talk.remove(world.owner, 1))); // prettier-ignore
    expect(answerOf(late)).toEqual([404, "message.not_found"]);
    expect(await talk.message(world.owner, 1)).toMatchObject({ content: null, revision: 4 });
  });
});

describe("whom an edited message mentions", () => {
  test("is found anew: who is named now counts it and hears of it, who is not any more does not", async () => {
    const third = await world.newMember();
    await talk.say(world.owner, naming(world.guest));
    const devices = await Promise.all([world.guest, third].map((who) => clients.listen(who, `user:${who.user.id}`)));
    const { body } = await talk.edit(world.owner, 1, naming(third));
    expect(body.mentions).toEqual([third.user.id]);
    expect([await talk.mentionsOf(world.guest), await talk.mentionsOf(third)]).toEqual([0, 1]);
    const told = [];
    for (const device of devices) {
      await device.ask({ action: "ping" });
      told.push(device.frames.filter(({ type }) => type === "read").map(({ mention_count }) => mention_count));
    }
    expect(told).toEqual([[0], [1]]);
    await talk.edit(world.owner, 1, naming(world.guest, third));
    expect([await talk.mentionsOf(world.guest), await talk.mentionsOf(third)]).toEqual([1, 1]);
    await talk.edit(world.owner, 1, "nobody");
    expect([await talk.mentionsOf(world.guest), await talk.mentionsOf(third)]).toEqual([0, 0]);
  });

  test("does not count for those who have read it, nor for outsiders; other messages go on counting", async () => {
    const outsider = await stack.register();
    await talk.say(world.owner, "one");
    await talk.say(world.owner, naming(world.guest));
    await stack.api(`PUT ${world.path.replace(/messages$/, "read")}`, { token: world.guest.token, body: { seq: 1 } });
    expect((await talk.edit(world.owner, 1, naming(world.guest, outsider))).body.mentions).toEqual([world.guest.user.id]);
    expect(await talk.mentionsOf(world.guest)).toBe(1);
    await talk.edit(world.owner, 1, "nobody");
    expect(await talk.mentionsOf(world.guest)).toBe(1);
  });

  test("also by a role: once in a while, but to go on mentioning it is free", async () => {
    const role = await world.makeRole();
    await world.byOwner(`PATCH /servers/${world.serverId}/members/${world.owner.user.id}`, { role_ids: [role] });
    const tag = `<@&${role}>`;
    await talk.say(world.guest, "one");
    await talk.say(world.guest, "two");
    expect((await talk.edit(world.guest, 1, tag)).body.mentioned_role_ids).toEqual([role]);
    expect((await talk.edit(world.guest, 2, tag)).body.mentioned_role_ids).toBeUndefined();
    expect((await talk.edit(world.guest, 1, `again ${tag} @everyone`)).body.mentioned_role_ids).toEqual([role]);
    expect(await talk.mentionsOf(world.owner)).toBe(1);
    await talk.edit(world.guest, 1, "one");
    expect(await talk.mentionsOf(world.owner)).toBe(0);
  });

  test("is exact when edits and a deletion meet, wherever they meet", async () => {
    const third = await world.newMember();
    const people = [world.guest, third];
    const counts = async () => Promise.all(people.map((who) => talk.mentionsOf(who)));
    for (let seq = 1; seq <= 6; seq++) {
      await talk.say(world.owner, naming(world.guest));
      const edits = [naming(third), naming(world.guest), "nobody", naming(...people), naming(third)];
      await Promise.all(edits.map((content, i) => talk.edit(world.owner, seq, `${i} ${content}`)));
      const { mentions } = await talk.message(world.owner, seq);
      const expected = people.map(({ user }) => (mentions.includes(user.id) ? 1 : 0));
      expect([seq, await counts()]).toEqual([seq, expected]);
      await Promise.all([talk.edit(world.owner, seq, naming(...people)), talk.remove(world.owner, seq)]);
      expect([seq, await counts()]).toEqual([seq, [0, 0]]);
    }
  });

  test("is settled by the repeat of an edit that ended half way, also when a reaction came between", async () => {
    const third = await world.newMember();
    await talk.say(world.owner, naming(world.guest));
    const cut = new Error("killed");
    const { DynamoDBClient, UpdateItemCommand } = await import("@aws-sdk/client-dynamodb");
    const { send } = DynamoDBClient.prototype;
    DynamoDBClient.prototype.send = function (this: unknown, ...call: unknown[]) {
      if (call[0] instanceof UpdateItemCommand && call[0].input.TableName === "ReadStates") return Promise.reject(cut);
      return (send as (...call: unknown[]) => unknown).apply(this, call);
    } as typeof send;
    try {
      expect((await talk.edit(world.owner, 1, naming(third))).status).toBe(500);
    } finally {
      DynamoDBClient.prototype.send = send;
    }
    expect([await talk.mentionsOf(world.guest), await talk.mentionsOf(third)]).toEqual([1, 0]);
    await talk.react(world.guest, 1, "👍");
    expect((await talk.edit(world.owner, 1, naming(third))).body).toMatchObject({ revision: 3, mentions: [third.user.id] });
    expect([await talk.mentionsOf(world.guest), await talk.mentionsOf(third)]).toEqual([0, 1]);
  });
});
