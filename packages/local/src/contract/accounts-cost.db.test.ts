import { afterAll, beforeAll, expect, test } from "vitest";
import { Meter } from "../meter/meter";
import { startCommunity } from "../testing/community";
import { PASSWORD, startStack, type Stack } from "../testing/stack";

/*
 * What people do with their own account, in the units that AWS bills: see cost.db.test.ts.
 */
const meter = new Meter();
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
  meter.start({ engine: "dynoxide" });
});
afterAll(async () => {
  meter.stop();
  await stack.close();
});

async function unitsOf(run: () => Promise<{ status: number }>) {
  meter.reset();
  expect((await run()).status).toBeLessThan(300);
  const { writeUnits, readUnits } = meter.snapshot().units;
  return { writeUnits, readUnits };
}

test("a search: its limit, and one look at the index", async () => {
  const { token, user } = await stack.register();
  const search = () => stack.api(`GET /users/search?q=${user.username}`, { token });
  expect(await unitsOf(search)).toEqual({ writeUnits: 1, readUnits: 0.5 });
});

test("somebody's profile is one read", async () => {
  const { token, user } = await stack.register();
  expect(await unitsOf(() => stack.api(`GET /users/${user.id}`, { token }))).toEqual({ writeUnits: 0, readUnits: 1 });
});

test("a change of a profile: the row and each membership with their indexes; a repeat changes nothing and looks once", async () => {
  const here = await startCommunity(stack);
  const { token } = here.guest;
  const change = () => stack.api("PATCH /users/@me", { token, body: { display_name: "Ada" } });
  // The account, the list of memberships, the server for its roles, its listeners, and the own devices.
  const read = 1 + 0.5 + 1 + 1 + 1;
  expect(await unitsOf(change)).toEqual({ writeUnits: 1 + 2 + 2, readUnits: read });
  expect(await unitsOf(change)).toEqual({ writeUnits: 1, readUnits: 1 + 0.5 + 1 });
});

test("an access key: made and revoked in a transaction each; shown it is one read, and once a day it is noted that it was used", async () => {
  const { token } = await stack.register();
  let key = { id: "", secret: "" };
  const create = async () => {
    const answer = await stack.api("POST /auth/keys", { token, body: { name: "a script", scopes: ["messages:read"] } });
    key = answer.body;
    return answer;
  };
  // The key and the account's count with their indexes, and a look at the session.
  expect(await unitsOf(create)).toEqual({ writeUnits: 4 + 4 + 2, readUnits: 0 });
  const use = () => stack.api("GET /auth/me", { token: key.secret });
  expect(await unitsOf(use)).toEqual({ writeUnits: 2, readUnits: 1 + 1 }); // the account, too
  expect(await unitsOf(use)).toEqual({ writeUnits: 0, readUnits: 1 + 1 });
  expect(await unitsOf(() => stack.api("GET /auth/keys", { token }))).toEqual({ writeUnits: 0, readUnits: 0.5 });
  expect(await unitsOf(() => stack.api(`DELETE /auth/keys/${key.id}`, { token }))).toEqual({ writeUnits: 4 + 4, readUnits: 1 });
});

test("a change of the password with one other session", async () => {
  const { token, user } = await stack.register();
  await stack.api("POST /auth/login", { body: { email: user.email, password: PASSWORD } });
  const change = () =>
    stack.api("POST /auth/password", { token, body: { current_password: PASSWORD, new_password: "the next long password" } });
  // The limit, the hash, and the other session with its index; the session, the account, the hash, the sessions twice, and the sockets.
  expect(await unitsOf(change)).toEqual({ writeUnits: 1 + 1 + 2, readUnits: 1 + 1 + 1 + 0.5 + 0.5 + 1 });
});
