import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Meter } from "../meter/meter";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

/*
 * What the main things cost, in the units that AWS bills. A change that makes one of them dearer fails here, and has to be meant.
 */
const meter = new Meter();
const MINUTE = 60_000;
let stack: Stack;
let owner: Person;
let path: string;

beforeAll(async () => {
  // A clock that stands still at the start of a minute: a burst of talk ends when a test says so.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / MINUTE) * MINUTE });
  stack = await startStack({ push: "in-process", observe: meter.observe });
  meter.start({ engine: "dynoxide" });
  owner = await stack.register();
  const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  path = `/servers/${server.id}/channels/${server.channels[0].id}/messages`;
});
afterAll(async () => {
  vi.useRealTimers();
  meter.stop();
  await stack.close();
});

async function unitsOf(run: () => Promise<unknown>) {
  meter.reset();
  await run();
  const { writeUnits, readUnits, httpRequests, socketMessages, lambdaRequests } = meter.snapshot().units;
  return { writeUnits, readUnits, httpRequests, socketMessages, lambdaRequests };
}
/** Which calls it makes at the tables. */
async function callsOf(run: () => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  const note = (message: unknown) => calls.push((message as { operation: string }).operation);
  subscribe("agora:dynamodb", note);
  await run().finally(() => unsubscribe("agora:dynamodb", note));
  return calls.sort();
}
const once = { httpRequests: 1, lambdaRequests: 1, socketMessages: 0 };
const send = (nonce: string, after: number) => stack.api(`POST ${path}`, { token: owner.token, body: { content: "hello", nonce, after } });
/** As if another sandbox took the request: what this process remembers of the log's end is too old to be used. */
const forgetTheEnd = () => vi.setSystemTime(Date.now() + 600);

test("signing up: one limit, two names, an account and a session", async () => {
  expect(await unitsOf(() => stack.register())).toEqual({ ...once, writeUnits: 1 + 2 * (1 + 1 + 2 + 2), readUnits: 0 });
});

test("a message: one write; rights, the end of the log and the listeners are read", async () => {
  await send("first", 0);
  forgetTheEnd();
  expect(await unitsOf(() => send("second", 1))).toEqual({ ...once, writeUnits: 1, readUnits: 3 + 0.5 + 1 });
});

test("a message right behind another one of the same process does not read the end again", async () => {
  await send("third", 2);
  expect(await unitsOf(() => send("fourth", 3))).toEqual({ ...once, writeUnits: 1, readUnits: 3 + 1 });
});

test("a message to three listeners is three pushes more", async () => {
  const topic = `channel:${path.split("/")[4] ?? ""}`;
  const clients = await Promise.all([0, 1, 2].map(() => stack.connect(owner.token)));
  for (const client of clients) await client.ask({ action: "subscribe", topics: [{ topic }] });
  forgetTheEnd();
  expect(await unitsOf(() => send("fifth", 4))).toEqual({ ...once, writeUnits: 1, readUnits: 4.5, socketMessages: 3 });
  for (const client of clients) await client.close();
});

test("the first message of a burst hints at those who look elsewhere, the next one does not", async () => {
  const serverId = path.split("/")[2] ?? "";
  const aside = await stack.connect(owner.token);
  await aside.ask({ action: "subscribe", topics: [{ topic: `server:${serverId}` }] });
  vi.setSystemTime(Date.now() + MINUTE);
  expect(await unitsOf(() => send("sixth", 5))).toEqual({ ...once, writeUnits: 1, readUnits: 4.5 + 1 + 1, socketMessages: 1 });
  expect(await unitsOf(() => send("seventh", 6))).toEqual({ ...once, writeUnits: 1, readUnits: 3 + 1 });
  await aside.close();
});

test("a read mark: rights, the head and the role of everyone are read; one write; a push to each device", async () => {
  const device = await stack.connect(owner.token);
  await device.ask({ action: "subscribe", topics: [{ topic: `user:${owner.user.id}` }] });
  const mark = () => stack.api(`PUT ${path.replace(/messages$/, "read")}`, { token: owner.token, body: { seq: 7 } });
  expect(await unitsOf(mark)).toEqual({ ...once, writeUnits: 1, readUnits: 3 + 1 + 1 + 1, socketMessages: 1 });
  await device.close();
});

test("a page of fifty short messages", async () => {
  for (let i = 8; i <= 50; i++) await send(String(i), i - 1);
  const units = await unitsOf(() => stack.api(`GET ${path}?limit=50`, { token: owner.token }));
  expect(units).toEqual({ ...once, writeUnits: 0, readUnits: 3 + 2 });
});

test("the list of conversations: each is two calls and its mark, and each account is read once", async () => {
  const [reader, ...others] = await Promise.all(Array.from({ length: 6 }, () => stack.register()));
  const token = reader?.token ?? "";
  const list = () => stack.api("GET /dms", { token });
  expect(await unitsOf(list)).toEqual({ ...once, writeUnits: 0, readUnits: 0.5 });
  for (const { user } of others) await stack.api("POST /dms", { token, body: { user_ids: [user.id] } });
  expect((await list()).body.conversations).toHaveLength(5);
  expect(await unitsOf(list)).toEqual({ ...once, writeUnits: 0, readUnits: 0.5 + 5 * (1 + 1 + 1) + 6 });
  expect(await callsOf(list)).toEqual(["BatchGetItem", "BatchGetItem", ...Array.from({ length: 1 + 2 * 5 }, () => "Query")]);
});

test("requests without a good token touch no table", async () => {
  expect(await unitsOf(() => stack.api(`GET ${path}`))).toEqual({ ...once, writeUnits: 0, readUnits: 0 });
  expect(await unitsOf(() => stack.api(`POST ${path}`, { token: "invented", body: { content: "x" } }))).toEqual({
    ...once,
    writeUnits: 0,
    readUnits: 0,
  });
});
