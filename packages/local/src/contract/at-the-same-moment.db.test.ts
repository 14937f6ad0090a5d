import { makeAnewInThisProcess } from "@agora/core/in-this-process";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCommunity, type Community } from "../testing/community";
import { interleave, interleaveAt } from "../testing/interleave";
import { startStack, type Person, type Stack } from "../testing/stack";

/* What one person does between what another one has read and what they write. */

let stack: Stack;
let world: Community;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});

const call = (who: Person, signature: string, body?: object) => stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
const server = () => `/servers/${world.serverId}`;
const member = ({ user }: Person) => `${server()}/members/${user.id}`;
const outcome = ({ status, body }: { status: number; body?: { code?: string } }) => [status, body?.code];
const mentionsOf = async (who: Person) => (await call(who, `GET ${server()}`)).body.channels[0].mention_count;

describe("while a server is deleted", () => {
  test.each([
    ["describing it", "Servers", "PATCH", "", { description: "d" }],
    ["making a role", "Servers", "POST", "/roles", { name: "r" }],
    ["making a channel", "Channels", "POST", "/channels", { name: "c", kind: "text" }],
  ])("%s finds no server", async (_, table, method, path, body) => {
    const act = () => call(world.owner, `${method} ${server()}${path}`, body);
    expect(outcome(await interleave(table, act, () => call(world.owner, `DELETE ${server()}`)))).toEqual([404, "server.not_found"]);
  });
});

test("who leaves while they are changed is no member", async () => {
  const act = () => call(world.owner, `PATCH ${member(world.guest)}`, { nickname: "x" });
  const leave = () => call(world.guest, `DELETE ${server()}/members/@me`);
  expect(outcome(await interleave("Members", act, leave))).toEqual([404, "member.not_found"]);
});

test("who leaves and comes back while they are changed is as they came back", async () => {
  const roleId = await world.makeRole();
  await world.byOwner(`PATCH ${member(world.guest)}`, { role_ids: [roleId] });
  const act = () => call(world.guest, `PATCH ${server()}/members/@me`, { nickname: "x" });
  const away = async () => {
    await call(world.guest, `DELETE ${server()}/members/@me`);
    await world.join(world.guest);
  };
  expect((await interleave("Members", act, away)).body).toMatchObject({ nickname: "x", role_ids: [] });
  expect((await call(world.guest, `GET ${server()}`)).body.me.role_ids).toEqual([]);
});

describe("a time-out", () => {
  const mayspeak = async () => (await call(world.guest, `POST ${world.path}`, { content: "x" })).status === 201;
  const timeOut = (ms: number | null) => world.byOwner(`PATCH ${member(world.guest)}`, { timeout_until: ms && Date.now() + ms });

  test("goes on for who leaves and comes back, or is removed and comes back, and ends when it is over", async () => {
    await timeOut(60_000);
    await call(world.guest, `DELETE ${server()}/members/@me`);
    await world.join(world.guest);
    expect(await mayspeak()).toBe(false);
    await world.byOwner(`DELETE ${member(world.guest)}`);
    await world.join(world.guest);
    expect(await mayspeak()).toBe(false);
    await timeOut(null);
    await call(world.guest, `DELETE ${server()}/members/@me`);
    await world.join(world.guest);
    expect(await mayspeak()).toBe(true);
  });

  test("that is given to somebody who leaves at that moment waits for them", async () => {
    const leave = () => call(world.guest, `DELETE ${server()}/members/@me`);
    expect((await interleave("Members", leave, () => timeOut(60_000))).status).toBe(204);
    await world.join(world.guest);
    expect(await mayspeak()).toBe(false);
  });
});

describe("a mention", () => {
  const isNoting = (command: unknown) =>
    command instanceof UpdateItemCommand && command.input.UpdateExpression?.startsWith("ADD mentions") === true;

  test("stays where deleting its message was refused", async () => {
    const mod = await world.newMemberWith("moderate_messages");
    await world.byOwner(`POST ${world.path}`, { content: `<@${world.guest.user.id}>` });
    const act = () => call(mod, `DELETE ${world.path}/1`);
    const demote = () => {
      makeAnewInThisProcess("audit.lines"); // as if it were another process, which does not wait
      return world.byOwner(`PATCH ${member(mod)}`, { role_ids: [] });
    };
    expect((await interleave("Messages", act, demote)).status).toBe(403);
    expect(await mentionsOf(world.guest)).toBe(1);
  });

  test("of a message that is deleted before it was noted is not counted", async () => {
    const act = () => call(world.owner, `POST ${world.path}`, { content: `<@${world.guest.user.id}>` });
    expect((await interleaveAt(isNoting, act, () => world.byOwner(`DELETE ${world.path}/1`))).status).toBe(201);
    expect(await mentionsOf(world.guest)).toBe(0);
  });

  test("of a role by who may not mention everyone counts once a minute; by who may, each time", async () => {
    const roleId = await world.makeRole();
    await world.byOwner(`PATCH ${member(world.guest)}`, { role_ids: [roleId] });
    const [plain, may] = [await world.newMember(), await world.newMemberWith("mention_everyone")];
    for (const who of [plain, plain, may, may]) await call(who, `POST ${world.path}`, { content: `<@&${roleId}>` });
    expect(await mentionsOf(world.guest)).toBe(3);
  });
});

test("a channel that let in a role that is deleted can be changed, and names it no more", async () => {
  const role = await world.makeRole();
  const { id } = await world.byOwner(`POST ${server()}/channels`, { name: "c", kind: "text", private: true, allowed_role_ids: [role] });
  await world.byOwner(`DELETE ${server()}/roles/${role}`);
  expect(await world.byOwner(`PATCH ${server()}/channels/${id}`, { topic: "t" })).toMatchObject({ topic: "t", allowed_role_ids: [] });
});

test("who manages roles by what everyone may makes none: it would stand above them", async () => {
  const { roles } = await world.byOwner<{ roles: { id: string; permissions: string[] }[] }>(`GET ${server()}`);
  const everyone = roles.at(-1)!;
  await world.byOwner(`PATCH ${server()}/roles/${everyone.id}`, { permissions: [...everyone.permissions, "manage_roles"] });
  expect(outcome(await call(world.guest, `POST ${server()}/roles`, { name: "r" }))).toEqual([403, "auth.denied"]);
});

describe("what everybody may do has a measure", () => {
  test("own nicknames, and passwords before they are hashed", async () => {
    const nicknames = [];
    for (let i = 0; i < 22; i++) nicknames.push(await call(world.guest, `PATCH ${server()}/members/@me`, { nickname: `n${i}` }));
    expect(nicknames.map(({ status }) => status)).toEqual([...Array<number>(20).fill(200), 429, 429]);
    expect(outcome(nicknames[21]!)).toEqual([429, "limit.nickname"]);
    expect((await call(world.owner, `PATCH ${member(world.guest)}`, { nickname: "by the owner" })).status).toBe(200);
    const passwords = await Promise.all(
      Array.from({ length: 62 }, (_, i) => call(world.owner, `POST ${server()}/passwords`, { password: `password ${i}` })),
    );
    expect(passwords.filter(({ body }) => body.code === "limit.passwords")).toHaveLength(2);
  });
});

test("an address with a slash behind it, which the gateway reads in another way, is no route", async () => {
  const { status, body } = await call(world.owner, "POST /servers/join/", { server_name: "x", password: "y" });
  expect([status, body.code]).toEqual([404, "route.not_found"]);
});
