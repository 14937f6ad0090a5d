import { afterAll, beforeAll, expect, test } from "vitest";
import { Meter } from "../meter/meter";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

/*
 * What it costs to come into a server with one channel, in the units that AWS bills: see cost.db.test.ts.
 */
const meter = new Meter();
const SECRET = "open, sesame 1";
let stack: Stack;
let owner: Person;
let server: { id: string; name: string };

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
  meter.start({ engine: "dynoxide" });
  owner = await stack.register();
  const { body } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  server = body;
  await stack.api(`PATCH /servers/${server.id}`, { token: owner.token, body: { discoverable: true } });
  await stack.api(`POST /servers/${server.id}/passwords`, { token: owner.token, body: { password: SECRET } });
});
afterAll(async () => {
  meter.stop();
  await stack.close();
});

async function unitsOf(run: () => Promise<{ status: number }>) {
  meter.reset();
  expect((await run()).status).toBeLessThan(500);
  const { writeUnits, readUnits } = meter.snapshot().units;
  return { writeUnits, readUnits };
}

/** The member with the index, the checks of the ban and of the own account, and the server's count, each twice since it is a transaction. */
const joined = 2 * (1 + 1) + 2 + 2 + 2;
/** Server and member, the channels, the channel's head, the marks, and those of the role of everyone. */
const shown = 2 + 1 + 1 + 1 + 1;
/** The own account, a time-out in which somebody left, and who listens to the server. */
const own = 1 + 1 + 1;

test("by an invite: it is read, and its use counted without a write to its index", async () => {
  const { body: invite } = await stack.api(`POST /servers/${server.id}/invites`, { token: owner.token, body: { max_uses: 9 } });
  const { token } = await stack.register();
  expect(await unitsOf(() => stack.api(`POST /invites/${invite.code}/join`, { token }))).toEqual({
    writeUnits: joined + 2,
    readUnits: 1 + own + shown,
  });
});

test("by a password: three limits, the name, the passwords, and that it still is one", async () => {
  const { token } = await stack.register();
  const join = (password: string) =>
    unitsOf(() => stack.api("POST /servers/join", { token, body: { server_name: server.name, password } }));
  expect(await join("a wrong password")).toEqual({ writeUnits: 3, readUnits: 1 + 1 });
  expect(await join(SECRET)).toEqual({ writeUnits: 3 + joined + 2, readUnits: 1 + 1 + own + shown });
});

test("by discovery: nothing but the joining", async () => {
  const { token } = await stack.register();
  expect(await unitsOf(() => stack.api(`POST /servers/${server.id}/join`, { token }))).toEqual({
    writeUnits: joined,
    readUnits: own + shown,
  });
});
