import { tables } from "@agora/core/tables";
import { DynamoDBClient, ScanCommand, type ScanCommandOutput } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { interleave } from "../testing/interleave";
import { startCommunity, type Community } from "../testing/community";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});
afterEach(async () => {
  await clients.closeAll();
});

const path = () => `/servers/${world.serverId}`;
const call = (who: Person, signature: string, body?: object) => stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
const outcome = async (who: Person, signature: string, body?: object) => {
  const answer = await call(who, signature, body);
  return [answer.status, answer.body?.code];
};

describe("a server", () => {
  test("is renamed by those who manage it; the old name is free, the new one is taken, its own in another case is no clash", async () => {
    const manager = await world.newMemberWith("manage_server");
    const { name: old } = (await call(world.guest, `GET ${path()}`)).body;
    const name = uniqueName("Renamed ");
    const ears = await clients.listen(world.guest, `server:${world.serverId}`);
    expect(await outcome(world.guest, `PATCH ${path()}`, { name })).toEqual([403, "auth.denied"]);
    const { status, body } = await call(manager, `PATCH ${path()}`, { name, description: "Two\nlines" });
    expect([status, body.name, body.description, body.discoverable]).toEqual([200, name, "Two\nlines", false]);
    await ears.next(({ type, server }) => type === "server_updated" && server.name === name);
    expect((await call(world.guest, `GET ${path()}`)).body).toMatchObject({ name, description: "Two\nlines" });
    expect((await outcome(manager, `PATCH ${path()}`, { name: name.toUpperCase() }))[0]).toBe(200);

    expect(await outcome(world.guest, "POST /servers", { name })).toEqual([409, "server.name_taken"]);
    expect((await outcome(world.guest, "POST /servers", { name: old }))[0]).toBe(201);
    expect(await outcome(manager, `PATCH ${path()}`, { name: old })).toEqual([409, "server.name_taken"]);
    expect((await call(world.guest, `GET ${path()}`)).body.name).toBe(name.toUpperCase());
  });

  test("of 12 servers that want one name at once, one gets it, and the others keep theirs", async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => call(world.owner, "POST /servers", { name: uniqueName("before") })));
    const name = uniqueName("wanted");
    const answers = await Promise.all(made.map(({ body }) => outcome(world.owner, `PATCH /servers/${body.id}`, { name })));
    expect(answers.filter(([status]) => status === 200)).toHaveLength(1);
    expect(answers.filter(([, code]) => code === "server.name_taken")).toHaveLength(11);
    for (const [i, { body }] of made.entries()) {
      const now = (await call(world.owner, `GET /servers/${body.id}`)).body.name;
      expect(now).toBe(answers[i]?.[0] === 200 ? name : body.name);
    }
  });

  test("renamed from two sides at once has one name, and only that one is taken", async () => {
    const names = Array.from({ length: 6 }, () => uniqueName("n"));
    await Promise.all(names.map((name) => call(world.owner, `PATCH ${path()}`, { name })));
    const { name: now } = (await call(world.owner, `GET ${path()}`)).body;
    for (const name of names) {
      expect([name, (await outcome(world.guest, "POST /servers", { name }))[0]]).toEqual([name, name === now ? 409 : 201]);
    }
  });

  test("is handed by its owner to another member, who then may all; the former owner stays as a member", async () => {
    const stranger = await stack.register();
    expect(await outcome(world.guest, `POST ${path()}/owner`, { user_id: world.guest.user.id })).toEqual([403, "auth.denied"]);
    expect(await outcome(world.owner, `POST ${path()}/owner`, { user_id: stranger.user.id })).toEqual([404, "member.not_found"]);
    const { status, body } = await call(world.owner, `POST ${path()}/owner`, { user_id: world.guest.user.id });
    expect([status, body.owner_id, body.me.permissions.includes("manage_server")]).toEqual([200, world.guest.user.id, false]);
    expect(await outcome(world.owner, `DELETE ${path()}`)).toEqual([403, "auth.denied"]);
    expect(await outcome(world.guest, `DELETE ${path()}/members/@me`)).toEqual([409, "server.owner_must_transfer"]);
    expect((await outcome(world.owner, `DELETE ${path()}/members/@me`))[0]).toBe(204);
  });

  test("always has an owner who is a member: whoever was made the owner just now does not leave", async () => {
    const leave = () => outcome(world.guest, `DELETE ${path()}/members/@me`);
    const hand = () => outcome(world.owner, `POST ${path()}/owner`, { user_id: world.guest.user.id });
    expect(await interleave("Members", leave, hand)).toEqual([409, "server.owner_must_transfer"]);
    expect((await call(world.guest, `GET ${path()}`)).body.owner_id).toBe(world.guest.user.id);
  });

  test("always has an owner who is a member: whoever has left just now is not made the owner", async () => {
    const leave = () => outcome(world.guest, `DELETE ${path()}/members/@me`);
    const hand = () => outcome(world.owner, `POST ${path()}/owner`, { user_id: world.guest.user.id });
    expect(await interleave("Servers", hand, leave)).toEqual([404, "member.not_found"]);
    expect((await call(world.owner, `GET ${path()}`)).body.owner_id).toBe(world.owner.user.id);
  });

  test("of one who is made the owner and leaves at the same moment, one happens", async () => {
    for (let round = 0; round < 6; round++) {
      const next = await startCommunity(stack);
      const [handed, left] = await Promise.all([
        outcome(next.owner, `POST /servers/${next.serverId}/owner`, { user_id: next.guest.user.id }),
        outcome(next.guest, `DELETE /servers/${next.serverId}/members/@me`),
      ]);
      const whoOwns = handed[0] === 200 ? next.guest : next.owner;
      const { status, body } = await call(whoOwns, `GET /servers/${next.serverId}`);
      expect([handed, left, status, body.owner_id]).toEqual([handed, left, 200, whoOwns.user.id]);
      expect(handed[0] === 200 ? left : handed).toEqual(
        handed[0] === 200 ? [409, "server.owner_must_transfer"] : [404, "member.not_found"],
      );
    }
  });
});

/** What is in the tables of this server, by table: the tests alone may scan. */
async function rowsOf(serverId: string): Promise<string[]> {
  const client = new DynamoDBClient({
    endpoint: process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "",
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });
  const prefix = serverId.slice("srv_".length);
  const found: string[] = [];
  for (const table of Object.keys(tables)) {
    const { name } = JSON.parse(process.env[`SST_RESOURCE_${table}`] ?? "{}") as { name: string };
    let key: ScanCommandOutput["LastEvaluatedKey"];
    do {
      const page: ScanCommandOutput = await client.send(new ScanCommand({ TableName: name, ExclusiveStartKey: key }));
      for (const item of page.Items ?? [])
        if (JSON.stringify(item).includes(prefix)) found.push(`${table} ${JSON.stringify(item).slice(0, 120)}`);
      key = page.LastEvaluatedKey;
    } while (key);
  }
  client.destroy();
  return found;
}

describe("deleting a server", () => {
  test("is for the owner; it is gone for all at once with all that was in it, and its name is free", async () => {
    const { name } = (await call(world.owner, `GET ${path()}`)).body;
    const mod = await world.newMemberWith("manage_server", "manage_channels");
    await call(world.guest, `POST ${world.path}`, { content: "@everyone hello" });
    await world.byOwner(`POST ${world.path}`, { content: "@everyone hello" });
    await world.byOwner(`PUT ${path()}/bans/${(await stack.register()).user.id}`, {});
    const { code } = await world.byOwner<{ code: string }>(`POST ${path()}/invites`, {});
    await world.byOwner(`PUT ${path()}/channels`, { order: [] });
    const ears = await clients.listen(world.guest, `user:${world.guest.user.id}`, world.topic, `server:${world.serverId}`);
    expect(await outcome(world.guest, `DELETE ${path()}`)).toEqual([403, "auth.denied"]);
    expect(await outcome(mod, `DELETE ${path()}`)).toEqual([403, "auth.denied"]);
    expect((await outcome(world.owner, `DELETE ${path()}`))[0]).toBe(204);

    await ears.next(({ type, reason }) => type === "kicked" && reason === "deleted");
    for (const who of [world.owner, world.guest, mod]) {
      expect(await outcome(who, `GET ${path()}`)).toEqual([404, "server.not_found"]);
      expect((await call(who, "GET /servers")).body.servers).toEqual([]);
    }
    expect(await outcome(mod, `GET /invites/${code}`)).toEqual([404, "invite.not_found"]);
    expect(await outcome(world.owner, `DELETE ${path()}`)).toEqual([404, "server.not_found"]);
    expect((await outcome(world.guest, "POST /servers", { name }))[0]).toBe(201);
    const left = await rowsOf(world.serverId);
    // What listens to it is forgotten when its connection closes, or expires.
    expect(left.filter((row) => !row.startsWith("Connections"))).toEqual([]);
  });
});
