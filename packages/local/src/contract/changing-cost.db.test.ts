import { afterAll, beforeAll, expect, test } from "vitest";
import { Meter } from "../meter/meter";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Stack } from "../testing/stack";
import { talkIn, type Talk } from "../testing/talk";

/*
 * What it costs to do something with a message that is there, in the units that AWS bills: see cost.db.test.ts.
 */
const meter = new Meter();
let stack: Stack;
let world: Community;
let talk: Talk;

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
  meter.start({ engine: "dynoxide" });
  world = await startCommunity(stack);
  talk = talkIn(stack, world);
  await talk.say(world.guest, "one");
  await talk.say(world.guest, "two", { reply_to: 1 });
});
afterAll(async () => {
  meter.stop();
  await stack.close();
});

async function unitsOf(run: () => Promise<{ status: number }>) {
  meter.reset();
  expect((await run()).status).toBeLessThan(300);
  const { writeUnits, readUnits, socketMessages } = meter.snapshot().units;
  return { writeUnits, readUnits, socketMessages };
}
const silently = { socketMessages: 0 };
const rights = 3;
const message = 1;
const listeners = 1;

test("an edit: one write; rights, the message and the listeners are read; the message that it answers too", async () => {
  const read = { ...silently, readUnits: rights + message + listeners };
  expect(await unitsOf(() => talk.edit(world.guest, 1, "changed"))).toEqual({ ...read, writeUnits: 1 });
  expect(await unitsOf(() => talk.edit(world.guest, 2, "changed"))).toEqual({ ...read, writeUnits: 1, readUnits: read.readUnits + 1 });
  // Nothing changes, and this process has told it.
  expect(await unitsOf(() => talk.edit(world.guest, 1, "changed"))).toEqual({ ...silently, writeUnits: 0, readUnits: rights + message });
});

test("an edit that mentions somebody anew, and one that does not any more", async () => {
  const name = `<@${world.owner.user.id}>`;
  const named = 1;
  const readers = 1 + 1; // the member, and the channel
  const told = 1 + 1; // the channel, and who listens to them
  const noted = { writes: 1, reads: 1 /* their role */ };
  const again = 1;
  expect(await unitsOf(() => talk.edit(world.guest, 1, name))).toEqual({
    ...silently,
    writeUnits: 1 + noted.writes,
    readUnits: rights + message + listeners + named + readers + noted.reads + told + again,
  });
  const head = 1;
  const own = 1;
  expect(await unitsOf(() => talk.edit(world.guest, 1, "nobody"))).toEqual({
    ...silently,
    writeUnits: 1 + 1,
    readUnits: rights + message + listeners + head + readers + own + noted.reads + 1 + again,
  });
});

test("a reaction: the limit and the message are written; again it is read alone", async () => {
  const once = { ...silently, writeUnits: 1 + 1, readUnits: rights + message + listeners };
  expect(await unitsOf(() => talk.react(world.owner, 1, "👍"))).toEqual(once);
  expect(await unitsOf(() => talk.react(world.owner, 1, "👍"))).toEqual({ ...silently, writeUnits: 0, readUnits: rights + message });
  expect(await unitsOf(() => talk.unreact(world.owner, 1, "👍"))).toEqual(once);
});

test("a pin: a transaction of the message and its row; the list reads rows and messages in one call each", async () => {
  const once = { ...silently, writeUnits: 2 * (1 + 1), readUnits: rights + message + listeners };
  expect(await unitsOf(() => talk.pin(world.owner, 1))).toEqual(once);
  expect(await unitsOf(() => talk.pins(world.owner))).toEqual({ ...silently, writeUnits: 0, readUnits: rights + 1 + 1 });
  expect(await unitsOf(() => talk.unpin(world.owner, 1))).toEqual(once);
});

test("each is one push to everybody who looks", async () => {
  const clients = await Promise.all([0, 1, 2].map(() => stack.connect(world.owner.token)));
  for (const client of clients) await client.ask({ action: "subscribe", topics: [{ topic: world.topic }] });
  for (const act of [
    () => talk.edit(world.guest, 1, "for three"),
    () => talk.react(world.owner, 1, "👍"),
    () => talk.pin(world.owner, 1),
  ]) {
    expect((await unitsOf(act)).socketMessages).toBe(3);
  }
  for (const client of clients) await client.close();
});
