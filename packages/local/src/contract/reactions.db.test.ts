import { limits } from "@agora/core/protocol/limits";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleavePut } from "../testing/interleave";
import { startStack, type Person, type Stack } from "../testing/stack";
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

const reactionsFor = async (who: Person, seq = 1) => (await talk.message(who, seq)).reactions;

describe("a reaction", () => {
  test("is counted, in the order in which they came up, and each reader sees which are theirs", async () => {
    const third = await world.newMember();
    await talk.say(world.guest);
    for (const who of [world.owner, third]) expect((await talk.react(who, 1, "👍")).status).toBe(204);
    await talk.react(world.guest, 1, "❤️");
    const seenBy = (thumb: boolean, heart: boolean) => [{ emoji: "👍", count: 2, me: thumb }, { emoji: "❤️", count: 1, me: heart }]; // prettier-ignore
    expect(await reactionsFor(world.owner)).toEqual(seenBy(true, false));
    expect(await reactionsFor(world.guest)).toEqual(seenBy(false, true));
    const socket = await clients.connect(third);
    const { topics } = await socket.ask({ action: "subscribe", topics: [{ topic: world.topic, after: 0 }] });
    expect(topics[0].entries[0].reactions).toEqual(seenBy(true, false));
    expect((await talk.edit(world.guest, 1, "edited")).body.reactions).toEqual(seenBy(false, true));
    for (const who of [third, world.owner]) expect((await talk.unreact(who, 1, "👍")).status).toBe(204);
    expect(await reactionsFor(world.guest)).toEqual([{ emoji: "❤️", count: 1, me: true }]);
    await talk.unreact(world.guest, 1, "❤️");
    expect(await talk.message(world.guest, 1)).toMatchObject({ reactions: [], content: "edited", revision: 8 });
  });

  test("again, or taken back again, changes nothing", async () => {
    await talk.say(world.guest);
    for (let i = 0; i < 2; i++) expect((await talk.react(world.owner, 1, "👍")).status).toBe(204);
    expect(await talk.message(world.owner, 1)).toMatchObject({ reactions: [{ emoji: "👍", count: 1, me: true }], revision: 2 });
    for (let i = 0; i < 2; i++) expect((await talk.unreact(world.owner, 1, "👍")).status).toBe(204);
    expect(await talk.message(world.owner, 1)).toMatchObject({ reactions: [], revision: 3 });
  });

  test("takes the right to write, and is taken back also in a time-out, and by nobody who was removed", async () => {
    await talk.say(world.owner);
    await talk.react(world.guest, 1, "👍");
    await talk.timeOut(world.guest);
    expect(answerOf(await talk.react(world.guest, 1, "❤️"))).toEqual([403, "auth.denied"]);
    expect(answerOf(await talk.unreact(world.guest, 1, "👍"))).toEqual([204, undefined]);
    const outsider = await stack.register();
    await world.byOwner(`DELETE /servers/${world.serverId}/members/${world.guest.user.id}`);
    for (const who of [outsider, world.guest]) {
      expect(answerOf(await talk.react(who, 1, "👍"))).toEqual([404, "server.not_found"]);
      expect(answerOf(await talk.unreact(who, 1, "👍"))).toEqual([404, "server.not_found"]);
    }
  });

  test("is one emoji, with or without its selector; whatever else is refused, but only to those who may react", async () => {
    await talk.say(world.guest);
    for (const emoji of ["❤", "❤️", "#⃣", "#️⃣", "👩‍👩‍👧‍👦", "🏳‍🌈"])
      expect([emoji, (await talk.react(world.owner, 1, emoji)).status]).toEqual([emoji, 204]);
    expect((await reactionsFor(world.owner)).map(({ emoji }: { emoji: string }) => emoji)).toEqual(["❤️", "#️⃣", "👩‍👩‍👧‍👦", "🏳️‍🌈"]);
    expect((await talk.unreact(world.owner, 1, "❤")).status).toBe(204);
    const outsider = await stack.register();
    for (const text of ["x", "1", ":+1:", "👍👍", "<b>", "❤\uFE0E", "\uFE0F", "👍 "]) {
      const refused = await talk.react(world.owner, 1, text);
      expect([text, ...answerOf(refused), Object.keys(refused.body.details)]).toEqual([text, 400, "input.invalid", ["emoji"]]);
      expect(answerOf(await talk.unreact(world.owner, 1, text))).toEqual([400, "input.invalid"]);
      expect(answerOf(await talk.react(outsider, 1, text))).toEqual([404, "server.not_found"]);
    }
  });

  test("finds nothing by a number that is none, nor on what was deleted, which keeps none", async () => {
    await talk.say(world.guest);
    await talk.react(world.owner, 1, "👍");
    await talk.remove(world.guest, 1);
    for (const seq of [...noSeqs, 1]) {
      expect([seq, ...answerOf(await talk.react(world.owner, seq, "👍"))]).toEqual([seq, 404, "message.not_found"]);
      expect([seq, ...answerOf(await talk.unreact(world.owner, seq, "👍"))]).toEqual([seq, 404, "message.not_found"]);
    }
    expect(await reactionsFor(world.owner)).toEqual([]);
    await talk.say(world.guest);
    const late = () => talk.react(world.owner, 2, "👍");
    expect(answerOf(await interleavePut("Messages", "👍", late, () => elsewhere(() => talk.remove(world.guest, 2))))).toEqual([
      404,
      "message.not_found",
    ]);
    expect(await talk.message(world.owner, 2)).toMatchObject({ content: null, reactions: [] });
  });

  test("is told to those who look at the channel before it is answered: for all the same, and whose it is", async () => {
    await talk.say(world.guest);
    const looking = await clients.listen(world.owner, world.topic);
    const aside = await clients.listen(world.owner, `server:${world.serverId}`, `user:${world.owner.user.id}`);
    await talk.react(world.owner, 1, "👍");
    const { reactions, ...message } = await talk.message(world.owner, 1);
    expect(reactions).toEqual([{ emoji: "👍", count: 1, me: true }]);
    const told = {
      type: "message_updated",
      topic: world.topic,
      seq: 1,
      message: { ...message, reactions: [{ emoji: "👍", count: 1, me: false }] },
      reaction: { user_id: world.owner.user.id, emoji: "👍", added: true },
    };
    expect(looking.frames.at(-1)).toEqual(told);
    await talk.react(world.owner, 1, "👍");
    expect(await talk.updatesOf(looking)).toEqual([told]);
    forgetAnnouncements();
    await talk.react(world.owner, 1, "👍");
    expect(await talk.updatesOf(looking)).toEqual([told, told]);
    await talk.unreact(world.owner, 1, "👍");
    expect(looking.frames.at(-1)).toMatchObject({ message: { reactions: [], revision: 3 }, reaction: { emoji: "👍", added: false } });
    expect(await talk.updatesOf(aside)).toEqual([]);
  });

  test("of twenty kinds finds room on a message, another kind does not, and one more of those does", async () => {
    const twenty = ["👍", "👎", "😀", "😁", "😂", "😃", "😄", "😅", "😆", "😇", "😈", "😉", "😊", "😋", "😌", "😍", "😎", "😏", "😐", "😑"];
    expect(twenty).toHaveLength(limits.reactionEmojiMax);
    await talk.say(world.guest);
    for (const emoji of twenty) expect((await talk.react(world.owner, 1, emoji)).status).toBe(204);
    expect(answerOf(await talk.react(world.guest, 1, "🦊"))).toEqual([409, "message.reactions_full"]);
    expect((await talk.react(world.guest, 1, "👍")).status).toBe(204);
    await talk.unreact(world.owner, 1, "👎");
    expect((await talk.react(world.guest, 1, "🦊")).status).toBe(204);
    expect(await reactionsFor(world.guest)).toHaveLength(20);
    expect((await reactionsFor(world.guest))[0]).toEqual({ emoji: "👍", count: 2, me: true });
  });

  test("comes sixty times a minute from one account; what changes nothing is free, and others are not kept back", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 60_000) * 60_000 });
    try {
      await talk.say(world.guest);
      for (let i = 0; i < 30; i++) {
        expect((await talk.react(world.owner, 1, "👍")).status).toBe(204);
        expect((await talk.unreact(world.owner, 1, "👍")).status).toBe(204);
        expect((await talk.unreact(world.owner, 1, "👍")).status).toBe(204);
      }
      const refused = await talk.react(world.owner, 1, "👍");
      expect([...answerOf(refused), refused.headers.get("retry-after")]).toEqual([429, "limit.reactions", "60"]);
      expect((await talk.react(world.guest, 1, "👍")).status).toBe(204);
      vi.setSystemTime(Date.now() + 60_000);
      expect((await talk.react(world.owner, 1, "👍")).status).toBe(204);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("of 60 people who react at once each is counted, whatever else is done to the message, and whoever looks ends with the same", async () => {
  const crowd = await Promise.all(Array.from({ length: 60 }, () => world.newMember()));
  await talk.say(world.guest);
  const looking = await clients.listen(world.owner, world.topic);
  const answers = await Promise.all([
    ...crowd.map((who) => talk.react(who, 1, "👍")),
    talk.edit(world.guest, 1, "edited"),
    talk.pin(world.owner, 1),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([...Array<number>(60).fill(204), 200, 204]);
  const shown = await talk.message(world.guest, 1);
  expect(shown).toMatchObject({ reactions: [{ emoji: "👍", count: 60, me: false }], content: "edited", pinned: true, revision: 63 });
  const told = (await talk.updatesOf(looking)).map(({ message }) => message).sort((a, b) => a.revision - b.revision);
  expect(told.map(({ revision }) => revision)).toEqual(Array.from({ length: 62 }, (_, i) => i + 2));
  expect(told.at(-1)).toEqual(shown);
  const left = await Promise.all(crowd.map((who, i) => (i % 2 ? talk.unreact(who, 1, "👍") : talk.react(who, 1, "❤️"))));
  expect(left.map(({ status }) => status)).toEqual(Array(60).fill(204));
  expect((await reactionsFor(world.owner)).map(({ count }: { count: number }) => count)).toEqual([30, 30]);
});
