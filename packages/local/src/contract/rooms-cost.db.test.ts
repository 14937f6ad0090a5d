import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Meter } from "../meter/meter";
import { costOf } from "../meter/prices";
import { Clients } from "../testing/clients";
import { Guests, join, newRoom, say, type GuestClient } from "../testing/guests";
import { startStack, type Stack } from "../testing/stack";

/* What a room costs, in the units that AWS bills. A change that makes it dearer fails here, and has to be meant. */

const meter = new Meter();
let stack: Stack;
const clients = new Clients(() => stack);
const guests = new Guests(() => stack, clients);

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 60_000) * 60_000 });
  stack = await startStack({ push: "in-process", observe: meter.observe });
  meter.start({ engine: "dynoxide" });
});
afterAll(async () => {
  vi.useRealTimers();
  meter.stop();
  await stack.close();
});
beforeEach(() => pass(3_600_000));
afterEach(() => clients.closeAll());

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** What it makes in the tables and at the sockets. What is in flight is waited for. */
async function unitsOf(run: () => Promise<unknown>) {
  meter.reset();
  await run();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const { writeUnits, readUnits, socketMessages } = meter.snapshot().units;
  return { writeUnits, readUnits, socketMessages };
}

async function people(room: string, count: number): Promise<GuestClient[]> {
  const all: GuestClient[] = [];
  for (let i = 0; i < count; i++) {
    const one = await guests.come();
    await join(one, room, { alias: `person ${i}` });
    pass(2_000);
    all.push(one);
  }
  return all;
}

test("a message in a room of ten: three writes, two of them for the limits; the frame in, the answer and ten pushes", async () => {
  const room = newRoom();
  const [ann] = await people(room, 10);
  if (!ann) throw new Error("nobody came");
  await say(ann, room, "first", { nonce: "first", after: 0 });
  pass(600);
  expect(await unitsOf(() => say(ann, room, "second", { nonce: "second", after: 1 }))).toEqual({
    writeUnits: 3,
    readUnits: 2 + 0.5 + 1,
    socketMessages: 12,
  });
});

test("coming in, where there is a room with one person in it", async () => {
  const room = newRoom();
  await people(room, 1);
  const bob = await guests.come();
  expect(await unitsOf(() => join(bob, room, { alias: "Bob" }))).toEqual({
    writeUnits: 6, // a limit, what the connection listens to, the listener twice, the alias, the gate of the presence
    readUnits: 8,
    socketMessages: 4, // in, answer, and the list to both
  });
});

test("ten people who talk for an hour, a message every three seconds", async () => {
  const room = newRoom();
  meter.reset();
  const all = await people(room, 10);
  for (let i = 0; i < 1_200; i++) {
    pass(3_000);
    const one = all[i % all.length];
    if (!one) throw new Error("nobody came");
    expect((await say(one, room, `What people say in a room, number ${i}.`, { nonce: `n${i}`, after: i })).type).toBe("sent");
  }
  await clients.closeAll();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { units } = meter.snapshot();
  const counted = { ...units, connectionMinutes: 10 * 60, lambdaGbSeconds: 0 }; // the clock stood: minutes are known, and computing time is said apart
  console.log("a room of ten for an hour:", counted, `$${costOf(counted).toFixed(5)}`);
  expect(units.socketMessages).toBeLessThanOrEqual(1_200 * 12 + 300);
  expect(units.writeUnits).toBeLessThanOrEqual(1_200 * 3 + 250);
  expect(units.readUnits).toBeLessThanOrEqual(1_200 * 4 + 300);
  expect(costOf(counted)).toBeLessThan(0.02);
});
