import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { useSockets } from "@agora/core/realtime/sockets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Meter } from "../meter/meter";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Frame, type Person, type Stack } from "../testing/stack";

const SECOND = 1000;
const SLOW_SECONDS = 30;
const MINUTE = 60 * SECOND;

let stack: Stack;
let world: Community;
const meter = new Meter();
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
});
afterAll(() => stack.close());
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / MINUTE) * MINUTE });
  world = await startCommunity(stack);
  await setSlowMode(SLOW_SECONDS);
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

const setSlowMode = (slow_mode_seconds: number) =>
  world.byOwner(`PATCH /servers/${world.serverId}/channels/${world.channelId}`, { slow_mode_seconds });
const send = (who: Person, nonce: string, after?: number, content = nonce) =>
  stack.api(`POST ${world.path}`, { token: who.token, body: { content, nonce, ...(after === undefined ? {} : { after }) } });
/** What the channel holds, oldest first. */
async function said(): Promise<string[]> {
  const all: string[] = [];
  for (let after: number | null = 0; after !== null;) {
    const { messages, next_cursor }: Frame = await world.byOwner(`GET ${world.path}?after=${after}&limit=100`);
    all.push(...messages.map(({ content }: Frame) => content));
    after = next_cursor;
  }
  return all;
}
const statuses = (answers: Frame[]) => answers.map(({ status }) => status).sort((a, b) => a - b);
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * SECOND);

/** The connection breaks in the next call that puts something into the table. */
function failNextPut(table: string): void {
  const { send } = DynamoDBClient.prototype;
  const breaking = function (this: DynamoDBClient, ...call: unknown[]) {
    const [command] = call;
    if (!(command instanceof PutItemCommand) || command.input.TableName !== table) {
      return (send as (this: DynamoDBClient, ...call: unknown[]) => Promise<unknown>).call(this, ...call);
    }
    DynamoDBClient.prototype.send = send;
    return Promise.reject(Object.assign(new Error("the connection broke"), { code: "ECONNRESET" }));
  };
  DynamoDBClient.prototype.send = breaking as typeof send;
}

describe("in slow mode", () => {
  test("a late repeat of what was said before costs nobody their next message, and gains nobody one", async () => {
    await send(world.guest, "one", 0);
    pass(SLOW_SECONDS);
    expect((await send(world.guest, "one", 0)).status).toBe(200);
    expect((await send(world.guest, "two", 1)).status).toBe(201);
    for (const after of [0, undefined]) expect((await send(world.guest, "one", after)).status).toBe(200); // though it is not the last that passed
    expect((await send(world.guest, "three", 2)).status).toBe(429);
    expect(await said()).toEqual(["one", "two"]);
  });

  test("each member says one thing in a while, and is told how long to wait", async () => {
    const other = await world.newMember();
    expect((await send(world.guest, "one")).status).toBe(201);
    pass(10.5);
    const refused = await send(world.guest, "two");
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([429, "limit.slow_mode", "20"]);
    expect(refused.body.error).toContain("20 s");
    expect((await send(other, "of another")).status).toBe(201);
    pass(19.499);
    expect((await send(world.guest, "two")).status).toBe(429);
    pass(0.001);
    expect((await send(world.guest, "two")).status).toBe(201);
    expect((await send(world.guest, "three")).status).toBe(429);
    expect(await said()).toEqual(["one", "of another", "two"]);
  });

  test("the socket says how long to wait, to the millisecond", async () => {
    const client = await clients.connect(world.guest);
    await client.ask({ action: "send", topic: world.topic, content: "one" });
    pass(1.25);
    expect(await client.ask({ action: "send", topic: world.topic, content: "two" })).toEqual({
      type: "error",
      id: expect.any(String),
      code: "limit.slow_mode",
      error: expect.any(String),
      retry_after_ms: 28_750,
    });
    expect((await client.ask({ action: "typing", topic: "channel:chn_nothing" })).retry_after_ms).toBeUndefined();
  });

  test("of 30 messages that one member sends at once one is said", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => send(world.guest, `n${i}`, i % 2 ? 0 : undefined)));
    expect(statuses(answers)).toEqual([201, ...Array<number>(29).fill(429)]);
    expect(await said()).toHaveLength(1);
  });

  test("those who moderate messages or manage channels do not wait; who manages anything else does", async () => {
    for (const permission of ["moderate_messages", "manage_channels"]) {
      const exempt = await world.newMemberWith(permission);
      expect(statuses(await Promise.all([1, 2, 3].map((i) => send(exempt, `${permission} ${i}`))))).toEqual([201, 201, 201]);
    }
    expect(statuses([await send(world.owner, "a"), await send(world.owner, "b")])).toEqual([201, 201]);
    const other = await world.newMemberWith("manage_server", "moderate_members", "manage_roles", "mention_everyone");
    expect(statuses([await send(other, "c"), await send(other, "d")])).toEqual([201, 429]);
  });

  test("who waits in one channel does not wait in another", async () => {
    const other = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "other", kind: "text", slow_mode_seconds: 30 });
    const path = world.path.replace(world.channelId, other.id);
    const sendThere = () => stack.api(`POST ${path}`, { token: world.guest.token, body: { content: "x" } });
    expect(statuses([await send(world.guest, "one"), await sendThere()])).toEqual([201, 201]);
    expect(statuses([await send(world.guest, "two"), await sendThere()])).toEqual([429, 429]);
  });

  test("a channel that is not slow asks nobody to wait, and one that becomes quicker counts from what was said last", async () => {
    await send(world.guest, "one");
    const quick = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "quick", kind: "text" });
    const path = world.path.replace(world.channelId, quick.id);
    for (const content of ["a", "b"]) {
      expect((await stack.api(`POST ${path}`, { token: world.guest.token, body: { content } })).status).toBe(201);
    }
    await setSlowMode(5);
    expect((await send(world.guest, "two")).headers.get("retry-after")).toBe("5");
    pass(5);
    expect((await send(world.guest, "two")).status).toBe(201);
    await setSlowMode(0);
    expect((await send(world.guest, "three")).status).toBe(201);
  });

  test("whoever may not write there is told so, and waits for nothing", async () => {
    const outsider = await stack.register();
    expect((await send(outsider, "x")).body.code).toBe("server.not_found");
    await world.byOwner(`PATCH /servers/${world.serverId}/members/${world.guest.user.id}`, { timeout_until: Date.now() + 10 * SECOND });
    expect((await send(world.guest, "x")).body.code).toBe("auth.denied");
    pass(10);
    expect((await send(world.guest, "y")).status).toBe(201);
  });

  test("typing is told as ever", async () => {
    await send(world.guest, "one");
    const looking = await clients.listen(world.owner, world.topic);
    await stack.api(`POST ${world.path.replace(/messages$/, "typing")}`, { token: world.guest.token });
    await looking.next(({ type }) => type === "typing");
  });

  test("a message costs one write unit more, and one that is refused no other", async () => {
    const unitsOf = async (run: () => Promise<unknown>) => {
      meter.reset();
      await run();
      const { writeUnits, readUnits } = meter.snapshot().units;
      return { writeUnits, readUnits };
    };
    const rest = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "quick", kind: "text" });
    const sendTo = (channelId: string, nonce: string, after: number) =>
      stack.api(`POST ${world.path.replace(world.channelId, channelId)}`, {
        token: world.guest.token,
        body: { content: "x", nonce, after },
      });
    meter.start({ engine: "dynoxide" });
    const usual = await unitsOf(() => sendTo(rest.id, "a", 0));
    const slow = await unitsOf(() => sendTo(world.channelId, "a", 0));
    const refused = await unitsOf(() => sendTo(world.channelId, "b", 1));
    meter.stop();
    expect(slow).toEqual({ ...usual, writeUnits: usual.writeUnits + 1 });
    expect(refused.writeUnits).toBe(1);
  });
});

describe("a repeat of what has passed", () => {
  test("passes again and is the same message, by whichever way, and nobody else's", async () => {
    const first = await send(world.guest, "one", 0);
    pass(1);
    const client = await clients.connect(world.guest);
    const again = await send(world.guest, "one", 0, "another text");
    expect([again.status, again.body]).toEqual([200, first.body]);
    const { message } = await client.ask({ action: "send", topic: world.topic, content: "x", nonce: "one", after: 0 });
    expect(message).toEqual(first.body);
    const other = await world.newMember();
    expect((await send(other, "one", 0)).status).toBe(201);
    expect(await said()).toEqual(["one", "one"]);
  });

  test("of 30 copies at once one is said, and the others are answered with it", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => send(world.guest, "one", 0)));
    expect(statuses(answers)).toEqual([...Array<number>(29).fill(200), 201]);
    expect(await said()).toEqual(["one"]);
  });

  test("says it where the first attempt ended between passing and storing", async () => {
    await send(world.owner, "before", 0);
    failNextPut("Messages");
    expect((await send(world.guest, "one", 1)).status).toBe(503);
    expect((await send(world.guest, "two", 1)).status).toBe(429);
    expect((await send(world.guest, "one", 1)).status).toBe(201);
    expect((await send(world.guest, "one", 2)).status).toBe(200);
    expect(await said()).toEqual(["before", "one"]);
  });

  test.each([
    ["raises `after` with each", (head: number) => head],
    ["invents an `after`", () => 1_000_000],
    ["gives no `after`", () => undefined],
  ])("does not get a second message through if it %s", async (_, afterAt) => {
    const first = await send(world.guest, "one", afterAt(0));
    expect(first.status).toBe(201);
    for (let round = 0; round < 4; round++) {
      for (let i = 0; i < 30; i++) await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: "noise" } });
      pass(0.6); // as another process would be: what this one remembers of the log is too old
      const again = await send(world.guest, "one", afterAt(30 * (round + 1) + 1));
      expect([again.status, again.body.seq]).toEqual([200, first.body.seq]);
    }
    expect((await said()).filter((content) => content === "one")).toHaveLength(1);
  });

  test("nor by the name that the server gave to a message without one", async () => {
    const { body } = await stack.api(`POST ${world.path}`, { token: world.guest.token, body: { content: "unnamed" } });
    for (const after of [undefined, 0, 1, 1_000_000]) {
      const again = await send(world.guest, body.nonce, after);
      expect([again.status, again.body.seq]).toEqual([200, 1]);
    }
    expect((await send(world.guest, "another")).status).toBe(429);
  });

  test("nor by deleting it: what was deleted was said", async () => {
    await send(world.guest, "one", 0);
    await stack.api(`DELETE ${world.path}/1`, { token: world.guest.token });
    const again = await send(world.guest, "one", 1);
    expect([again.status, again.body.content]).toEqual([200, null]);
    expect((await send(world.guest, "two", 1)).status).toBe(429);
  });

  test("with a late answer keeps its place when the time is over", async () => {
    await send(world.guest, "one", 0);
    pass(SLOW_SECONDS);
    const again = await send(world.guest, "one", 0);
    expect([again.status, again.body.seq]).toEqual([200, 1]);
    expect(await said()).toEqual(["one"]);
  });

  test("is not lost where the push fails: the sender is asked to repeat it, and may", async () => {
    await clients.listen(world.owner, world.topic);
    useSockets({ ...stack.sockets, push: (ids) => Promise.resolve({ gone: [], failed: [...ids] }) });
    expect((await send(world.guest, "one", 0)).status).toBe(503);
    useSockets(stack.sockets);
    expect((await send(world.guest, "one", 0)).status).toBe(200);
  });
});
