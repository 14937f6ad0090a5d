import type { TableName } from "@agora/core/tables";
import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleave } from "../testing/interleave";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
let serverName: string;
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
  serverName = (await stack.api(`GET /servers/${world.serverId}`, { token: world.owner.token })).body.name;
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

interface Password {
  id: string;
  label: string | null;
}

const HOUR_MS = 3_600_000;
const SECRET = "open, sesame 1";
const passwordsPath = (id = "") => `/servers/${world.serverId}/passwords${id && `/${id}`}`;
const make = (body: object = {}) => world.byOwner<Password>(`POST ${passwordsPath()}`, { password: SECRET, ...body });
const call = (who: Person, signature: string, body?: object) => stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
const outcome = async (answer: Promise<{ status: number; body: { code?: string } | undefined }>) => {
  const { status, body } = await answer;
  return [status, body?.code];
};
const join = (who: Person, password = SECRET, server_name = serverName) => call(who, "POST /servers/join", { server_name, password });
const revoke = (who: Person, id: string) => outcome(call(who, `DELETE ${passwordsPath(id)}`));
const list = async (who = world.owner) => (await call(who, `GET ${passwordsPath()}`)).body.passwords as Password[];
const memberCount = async () => (await call(world.owner, `GET /servers/${world.serverId}`)).body.member_count;

/** How many there are, whatever the API says of them. */
async function rowsOf(table: TableName, serverId: string): Promise<number> {
  const client = new DynamoDBClient({});
  const { Count = 0 } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: "server_id = :server",
      ExpressionAttributeValues: { ":server": { S: serverId } },
    }),
  );
  client.destroy();
  return Count;
}
const auditOf = async () => (await call(world.owner, `GET /servers/${world.serverId}/audit`)).body.entries;

describe("joining by a server's name and password", () => {
  test("makes a member, of whom the others hear; the name is compared as names are, the password as it is", async () => {
    const ears = await clients.listen(world.owner, `server:${world.serverId}`);
    await make();
    const person = await stack.register();
    expect(await outcome(join(person, SECRET.toUpperCase()))).toEqual([401, "auth.invalid"]);
    const { status, body } = await join(person, SECRET, ` ${serverName.toUpperCase()}\u200b`);
    expect([status, body.id, body.member_count, body.me.user_id]).toEqual([200, world.serverId, 3, person.user.id]);
    expect(body.me.permissions).not.toContain("manage_server");
    await ears.next(({ type, member }) => type === "member_joined" && member.user_id === person.user.id);
    expect(await outcome(join(person))).toEqual([409, "member.exists"]);
    expect(await outcome(join(person, "a wrong password"))).toEqual([401, "auth.invalid"]);
    expect(await memberCount()).toBe(3);
  });

  test("is possible by each of several passwords; one that is revoked opens no more, and the others do", async () => {
    const first = await make({ label: "for the school" });
    await make({ password: "another password" });
    expect((await join(await stack.register(), SECRET)).status).toBe(200);
    expect(await revoke(world.owner, first.id)).toEqual([204, undefined]);
    expect(await outcome(join(await stack.register(), SECRET))).toEqual([401, "auth.invalid"]);
    expect((await join(await stack.register(), "another password")).status).toBe(200);
    expect(await memberCount()).toBe(4); // whoever came by it stays
  });

  test("of 10 by one person at once makes one member", async () => {
    await make();
    const person = await stack.register();
    const answers = await Promise.all(Array.from({ length: 10 }, () => join(person)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    expect(await memberCount()).toBe(3);
  });

  test("has one answer for whatever is wrong", async () => {
    const revoked = await make({ password: "revoked password" });
    await revoke(world.owner, revoked.id);
    await make();
    const empty = uniqueName("no passwords ");
    const { body: gone } = await call(world.owner, "POST /servers", { name: uniqueName("gone ") });
    await call(world.owner, `POST /servers/${gone.id}/passwords`, { password: SECRET });
    await call(world.owner, `DELETE /servers/${gone.id}`);
    await call(world.owner, "POST /servers", { name: empty });
    await make({ password: "expired password", expires_in_hours: 1 / HOUR_MS });
    const person = await stack.register();
    const attempts: [string, string][] = [
      [serverName, "a wrong password"],
      [serverName, ""],
      [serverName, "x"],
      [serverName, "x".repeat(1_000)],
      [serverName, "\ufdfa".repeat(1_000)],
      [serverName, "revoked password"],
      [serverName, "expired password"],
      [uniqueName("nobody's "), SECRET],
      [empty, SECRET],
      [gone.name, SECRET],
      [world.serverId, SECRET],
      ["", SECRET],
      ["\u200b", SECRET],
      ["x".repeat(1_000), SECRET],
      ["\ufdfa".repeat(1_000), SECRET], // 33,000 bytes once it is written out
      ["\ud800", SECRET],
    ];
    const answers = new Set<string>();
    for (const [name, password] of attempts) {
      const { status, headers, body } = await join(person, password, name);
      const { request_id: _, ...said } = body;
      answers.add(JSON.stringify([status, [...headers].filter(([header]) => header !== "date"), said]));
    }
    expect([...answers].map((answer) => JSON.parse(answer))).toEqual([
      [401, expect.anything(), { error: "The name of the server or the password is wrong.", code: "auth.invalid" }],
    ]);
    expect((await join(person)).status).toBe(200);
  });

  test("tells the banned that they are only with the right password", async () => {
    await make();
    await world.byOwner(`PUT /servers/${world.serverId}/bans/${world.guest.user.id}`, {});
    expect(await outcome(join(world.guest))).toEqual([403, "member.banned"]);
    expect(await outcome(join(world.guest, "a wrong password"))).toEqual([401, "auth.invalid"]);
    expect(await memberCount()).toBe(1);
  });

  test("does not happen if the password is revoked, or the person banned, while they come", async () => {
    const { id } = await make();
    const [first, second] = [await stack.register(), await stack.register()];
    const ban = () => world.byOwner(`PUT /servers/${world.serverId}/bans/${first.user.id}`, {});
    expect(await outcome(interleave("Members", () => join(first), ban))).toEqual([403, "member.banned"]);
    const away = async () => expect(await revoke(world.owner, id)).toEqual([204, undefined]);
    expect(await outcome(interleave("Members", () => join(second), away))).toEqual([401, "auth.invalid"]);
    expect(await memberCount()).toBe(2);
  });

  test("by twelve while the password is revoked: whoever is let in is a member, and nobody else", async () => {
    const { id } = await make();
    const people = await Promise.all(Array.from({ length: 12 }, () => stack.register()));
    const joins = people.map((person) => outcome(join(person)));
    await Promise.race(joins);
    expect(await revoke(world.owner, id)).toEqual([204, undefined]);
    const after = await outcome(join(await stack.register()));
    expect(after).toEqual([401, "auth.invalid"]);
    const answers = await Promise.all(joins);
    const isIn = answers.filter(([status]) => status === 200);
    expect([...isIn, ...answers.filter(([, code]) => code === "auth.invalid")]).toHaveLength(12);
    expect(await memberCount()).toBe(2 + isIn.length);
  });
});

describe("server passwords", () => {
  test("are made, listed and revoked by those who manage the server, and by nobody else", async () => {
    const manager = await world.newMemberWith("manage_server");
    const others = await world.newMemberWith("manage_channels", "manage_roles", "moderate_members", "create_invites");
    const { status, body } = await call(manager, `POST ${passwordsPath()}`, { password: SECRET, label: " Club ", expires_in_hours: 0.5 });
    expect([status, body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^pwd_/),
        server_id: world.serverId,
        label: "Club",
        created_by: manager.user.id,
        created_at: expect.any(Number),
        expires_at: expect.any(Number),
      },
    ]);
    expect(body.expires_at - body.created_at).toBe(0.5 * HOUR_MS);
    expect(await make({ label: "" })).toMatchObject({ label: null, expires_at: null });
    expect(await list(manager)).toHaveLength(2);
    expect(await list(manager)).toContainEqual(body);
    for (const [who, refusal] of [
      [others, [403, "auth.denied"]],
      [await stack.register(), [404, "server.not_found"]],
    ] as const) {
      expect(await outcome(call(who, `POST ${passwordsPath()}`, { password: SECRET }))).toEqual(refusal);
      expect(await outcome(call(who, `GET ${passwordsPath()}`))).toEqual(refusal);
      expect(await revoke(who, body.id)).toEqual(refusal);
    }
    expect(await revoke(manager, body.id)).toEqual([204, undefined]);
    for (const id of [body.id, "pwd_0000000000000000", "usr_1", "%00", "x".repeat(200)]) {
      expect(await revoke(manager, id)).toEqual([404, "password.not_found"]);
    }
    expect(await list(manager)).toHaveLength(1);
  });

  test("are revoked in their own server only, and of ten at once once", async () => {
    const { id } = await make();
    const elsewhere = await startCommunity(stack);
    expect(await outcome(call(elsewhere.owner, `DELETE /servers/${elsewhere.serverId}/passwords/${id}`))).toEqual([
      404,
      "password.not_found",
    ]);
    const answers = await Promise.all(Array.from({ length: 10 }, () => revoke(world.owner, id)));
    expect(answers.map(([status]) => status).sort()).toEqual([204, ...Array<number>(9).fill(404)]);
  });

  test("stand in the audit log when they are made and revoked, by their labels", async () => {
    const { id } = await make({ label: "Club" });
    await revoke(world.owner, id);
    const by = { id: world.owner.user.id };
    expect((await auditOf()).slice(0, 2)).toMatchObject([
      { action: "password.revoke", author: by, target: { id, name: "Club" }, changes: [] },
      { action: "password.create", author: by, target: { id, name: "Club" }, changes: [] },
    ]);
  });

  test("are told to nobody: not in an answer, not in the audit log, not in a log", async () => {
    const said: string[] = [];
    const consoles = (["log", "info", "warn", "error"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...args: unknown[]) => void said.push(JSON.stringify(args))),
    );
    const answers = [
      await call(world.owner, `POST ${passwordsPath()}`, { password: SECRET }),
      await call(world.guest, `POST ${passwordsPath()}`, { password: SECRET }),
      await call(world.owner, `POST ${passwordsPath()}`, { password: SECRET, extra: SECRET }),
      await call(world.owner, `POST ${passwordsPath()}`, { password: SECRET.slice(0, 7) }),
      await join(await stack.register()),
      await join(await stack.register(), `${SECRET}!`),
      await call(world.owner, `GET ${passwordsPath()}`),
      await call(world.owner, `GET /servers/${world.serverId}/audit`),
      await call(world.owner, `GET /servers/${world.serverId}`),
    ];
    for (const mocked of consoles) mocked.mockRestore();
    expect(answers.map(({ status }) => status)).toEqual([201, 403, 400, 400, 200, 401, 200, 200, 200]);
    const text = JSON.stringify([answers.map(({ body, headers }) => [body, [...headers]]), said]);
    expect(text).not.toContain(SECRET.slice(0, 7));
    expect(text).not.toMatch(/argon2|hash/i);
  });

  test.each([
    { password: "x".repeat(7) },
    { password: "x".repeat(129) },
    { password: SECRET, label: "x".repeat(101) },
    { password: SECRET, expires_in_hours: 0 },
    { password: SECRET, expires_in_hours: 8_761 },
    {},
  ])("are not made with %j", async (body) => {
    expect(await outcome(call(world.owner, `POST ${passwordsPath()}`, body))).toEqual([400, "input.invalid"]);
    expect(await list()).toEqual([]);
  });

  test("are 20 at most, of 30 that are made at once too; one that is revoked or has expired makes room", async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        outcome(call(world.owner, `POST ${passwordsPath()}`, { password: `password ${i}`, expires_in_hours: i % 2 ? 1 : null })),
      ),
    );
    expect(answers.filter(([status]) => status === 201)).toHaveLength(20);
    expect(answers.filter(([, code]) => code === "server.passwords_full")).toHaveLength(10);
    const listed = await list();
    expect(listed).toHaveLength(20);
    const another = () => outcome(call(world.owner, `POST ${passwordsPath()}`, { password: SECRET }));
    await revoke(world.owner, listed[0]?.id ?? "");
    expect(await another()).toEqual([201, undefined]);
    expect(await another()).toEqual([409, "server.passwords_full"]);

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR_MS });
    const { body: session } = await stack.api("POST /auth/refresh", { body: { refresh_token: world.owner.refresh_token } });
    world.owner.token = session.token;
    const left = (await list()).length;
    expect(left).toBeLessThan(20);
    for (let i = left; i < 20; i++) expect(await another()).toEqual([201, undefined]);
    expect(await another()).toEqual([409, "server.passwords_full"]);
    expect(await rowsOf("ServerPasswords", world.serverId)).toBe(20); // what has expired is not looked through for ever
    expect((await auditOf()).filter(({ action }: { action: string }) => action === "password.create")).toHaveLength(41 - left);
  });

  test("end when they expire: they open no more, are not listed and cannot be revoked", async () => {
    const { id } = await make({ expires_in_hours: 0.01 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 0.009 * HOUR_MS });
    expect(await list()).toHaveLength(1);
    expect((await join(await stack.register())).status).toBe(200);
    vi.setSystemTime(Date.now() + 0.001 * HOUR_MS + 1);
    // A member too: it is not the right password any more.
    for (const who of [await stack.register(), world.guest]) expect(await outcome(join(who))).toEqual([401, "auth.invalid"]);
    expect(await list()).toEqual([]);
    expect(await revoke(world.owner, id)).toEqual([404, "password.not_found"]);
  });

  test("are listed page by page, without a gap or a double", async () => {
    const made: string[] = [];
    for (let i = 0; i < 6; i++) made.push((await make({ expires_in_hours: i === 2 ? 1 / HOUR_MS : null })).id);
    made.splice(2, 1); // it has expired by now
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await call(world.owner, `GET ${passwordsPath()}?limit=2${cursor ? `&cursor=${cursor}` : ""}`);
      seen.push(...body.passwords.map(({ id }: Password) => id));
      expect(body.has_more).toBe(body.next_cursor !== null);
      cursor = body.next_cursor;
    } while (cursor);
    expect(seen).toEqual([...made].sort());
    expect(await outcome(call(world.owner, `GET ${passwordsPath()}?cursor=usr_1`))).toEqual([400, "input.invalid"]);
  });
});
