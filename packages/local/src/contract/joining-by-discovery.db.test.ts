import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleave } from "../testing/interleave";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
let person: Person;
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  [world, person] = await Promise.all([startCommunity(stack), stack.register()]);
});
afterEach(async () => {
  await clients.closeAll();
});

interface Found {
  id: string;
  name: string;
}

const call = (who: Person, signature: string, body?: object) => stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
const outcome = async (answer: Promise<{ status: number; body: { code?: string } | undefined }>) => {
  const { status, body } = await answer;
  return [status, body?.code];
};
const change = (body: object) => world.byOwner(`PATCH /servers/${world.serverId}`, body);
const join = (who: Person, serverId = world.serverId) => call(who, `POST /servers/${serverId}/join`);
const memberCount = async () => (await call(world.owner, `GET /servers/${world.serverId}`)).body.member_count;

async function createOpen(name: string): Promise<Found> {
  const { status, body } = await call(world.owner, "POST /servers", { name });
  expect(status).toBe(201);
  await call(world.owner, `PATCH /servers/${body.id}`, { discoverable: true });
  return body;
}

/** As an index is that has not heard yet. */
async function indexAs(serverId: string, nameKey: string): Promise<void> {
  const client = new DynamoDBClient({});
  await client.send(
    new UpdateItemCommand({
      TableName: "Servers",
      Key: { id: { S: serverId } },
      UpdateExpression: "SET discovery = :open, name_key = :key",
      ExpressionAttributeValues: { ":open": { S: "open" }, ":key": { S: nameKey } },
    }),
  );
  client.destroy();
}

/** Page by page, as a client does it. */
async function discover(q: string | undefined, limit = 100): Promise<Found[]> {
  const found: Found[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: String(limit), ...(q === undefined ? {} : { q }), ...(cursor ? { cursor } : {}) });
    const { status, body } = await call(person, `GET /servers/discover?${query.toString()}`);
    expect(status).toBe(200);
    found.push(...body.servers);
    expect(body.has_more).toBe(body.next_cursor !== null);
    expect(body.servers.length).toBeLessThanOrEqual(limit);
    cursor = body.next_cursor;
  } while (cursor);
  return found;
}
const namesOf = (found: Found[]) => found.map(({ name }) => name);
const idsOf = (found: Found[]) => found.map(({ id }) => id);

describe("discovery", () => {
  test("shows a server that wants to be found, and no other; of it what everybody may know", async () => {
    const name = uniqueName("Findable ");
    await change({ name, description: "All of it" });
    expect(await discover(name)).toEqual([]);
    await change({ discoverable: true });
    expect(await discover(name)).toEqual([{ id: world.serverId, name, icon_url: null, description: "All of it", member_count: 2 }]);
    expect(idsOf(await discover(undefined))).toContain(world.serverId);
    expect(await outcome(call(person, `GET /servers/${world.serverId}`))).toEqual([404, "server.not_found"]);
    await change({ discoverable: false });
    expect(await discover(name)).toEqual([]);
    expect(idsOf(await discover(undefined))).not.toContain(world.serverId);
  });

  test("does not show a server that was deleted, nor one under the name that it had", async () => {
    const [before, after] = [uniqueName("before "), uniqueName("after ")];
    await change({ name: before, discoverable: true });
    await change({ name: after });
    expect(await discover(before)).toEqual([]);
    expect(namesOf(await discover(after))).toEqual([after]);
    await world.byOwner(`DELETE /servers/${world.serverId}`);
    expect(await discover(after)).toEqual([]);
    expect(await outcome(join(person))).toEqual([404, "server.not_found"]);
  });

  test("believes the server, not an index that is behind", async () => {
    const stale = uniqueName("stale ");
    const { id: renamed } = await createOpen(uniqueName("renamed "));
    await indexAs(world.serverId, stale);
    await indexAs(renamed, stale);
    expect(await discover(stale)).toEqual([]);
    expect(idsOf(await discover(undefined))).not.toContain(world.serverId);
  });

  test("finds by what the name begins with, as names are compared", async () => {
    const stem = uniqueName("Épée ");
    const { id } = await createOpen(`${stem} Club of Fencers`);
    await createOpen(`The ${stem}`);
    for (const q of [stem, stem.toUpperCase(), `  ${stem.normalize("NFD")}\u200b`, `${stem} club`]) {
      expect(idsOf(await discover(q))).toEqual([id]);
    }
    expect(await discover(`${stem} clubs`)).toEqual([]);
    expect(await discover("\ufdfa".repeat(100))).toEqual([]); // 3,300 bytes once it is written out
  });

  test("goes page by page without a gap or a double, also where names begin alike for long", async () => {
    const stem = uniqueName("pages");
    const alike = `${stem}${"😀".repeat(100 - stem.length - 1)}`;
    const made = ["b", "a", "d", "c"].map((end) => `${alike}${end}`);
    made.push(`${stem} short`, `${stem} "quoted" & <odd>?`, stem);
    for (const name of made) await createOpen(name);
    for (const limit of [1, 2, 3, 7, 100]) {
      const names = namesOf(await discover(stem, limit));
      expect([...names].sort()).toEqual([...made].sort());
    }
    expect(namesOf(await discover(`${alike}c`, 1))).toEqual([`${alike}c`]);
    expect(namesOf(await discover(stem, 1)).slice(0, 3)).toEqual([stem, `${stem} "quoted" & <odd>?`, `${stem} short`]);
  });

  test("takes no cursor that it has not given, nor one of another search", async () => {
    const stem = uniqueName("cursor");
    await createOpen(`${stem} 1`);
    await createOpen(`${stem} 2`);
    const { body } = await call(person, `GET /servers/discover?limit=1&q=${stem}`);
    const cursors = [
      "nonsense",
      "%00",
      "srv_1",
      body.next_cursor.slice(0, -6),
      ...[[], {}, null, ["x"], ["", world.serverId], ["x", "usr_1"], [1, world.serverId]].map((value) =>
        Buffer.from(JSON.stringify(value)).toString("base64url"),
      ),
    ];
    for (const cursor of cursors) {
      expect([cursor, ...(await outcome(call(person, `GET /servers/discover?cursor=${cursor}`)))]).toEqual([cursor, 400, "input.invalid"]);
    }
    const elsewhere = `GET /servers/discover?q=${uniqueName("other")}&cursor=${body.next_cursor}`;
    expect(await outcome(call(person, elsewhere))).toEqual([400, "input.invalid"]);
    expect((await call(person, `GET /servers/discover?q=${stem}&cursor=${body.next_cursor}`)).status).toBe(200);
  });
});

describe("joining a server that wants to be found", () => {
  test("makes a member, of whom the others hear", async () => {
    await change({ discoverable: true });
    const ears = await clients.listen(world.owner, `server:${world.serverId}`);
    const { status, body } = await join(person);
    expect([status, body.id, body.member_count, body.me.user_id]).toEqual([200, world.serverId, 3, person.user.id]);
    await ears.next(({ type, member }) => type === "member_joined" && member.user_id === person.user.id);
    expect(await outcome(join(person))).toEqual([409, "member.exists"]);
    expect(await memberCount()).toBe(3);
  });

  test("of 10 by one person at once makes one member", async () => {
    await change({ discoverable: true });
    const answers = await Promise.all(Array.from({ length: 10 }, () => join(person)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    expect(await memberCount()).toBe(3);
  });

  test("does not happen to one that does not, or does not any more: it is as if it were not there", async () => {
    const answers = [];
    await world.byOwner(`PUT /servers/${world.serverId}/bans/${world.guest.user.id}`, {});
    for (const who of [person, world.guest]) answers.push(await join(who));
    await change({ discoverable: true });
    await change({ discoverable: false });
    answers.push(await join(person));
    for (const id of ["srv_0000000000000000", "chn_1", "%00", "x".repeat(200)]) answers.push(await join(person, id));
    const said = answers.map(({ status, body: { request_id: _, ...rest } }) => JSON.stringify([status, rest]));
    expect(new Set(said).size).toBe(1);
    expect([answers[0]?.status, answers[0]?.body.code]).toEqual([404, "server.not_found"]);
    expect(await memberCount()).toBe(1);
  });

  test("does not happen if it stops wanting to while somebody comes", async () => {
    await change({ discoverable: true });
    const joining = interleave(
      "Members",
      () => join(person),
      () => change({ discoverable: false }),
    );
    expect(await outcome(joining)).toEqual([404, "server.not_found"]);
    expect(await memberCount()).toBe(2);
  });
});

describe("who is banned", () => {
  const ways: [string, (who: Person) => Promise<{ status: number; body: { code?: string } }>][] = [
    [
      "an invite",
      async (who) => {
        const { code } = await world.byOwner<{ code: string }>(`POST /servers/${world.serverId}/invites`, {});
        return call(who, `POST /invites/${code}/join`);
      },
    ],
    [
      "a password",
      async (who) => {
        const { name } = await world.byOwner<{ name: string }>(`GET /servers/${world.serverId}`);
        await world.byOwner(`POST /servers/${world.serverId}/passwords`, { password: "open, sesame" });
        return call(who, "POST /servers/join", { server_name: name, password: "open, sesame" });
      },
    ],
    [
      "discovery",
      async (who) => {
        await change({ discoverable: true });
        return join(who);
      },
    ],
  ];

  test.each(ways)("does not come in by %s, until the ban is lifted", async (_, enter) => {
    const bans = `/servers/${world.serverId}/bans/${person.user.id}`;
    await world.byOwner(`PUT ${bans}`, {});
    expect(await outcome(enter(person))).toEqual([403, "member.banned"]);
    expect(await memberCount()).toBe(2);
    expect(await outcome(call(person, `GET /servers/${world.serverId}`))).toEqual([404, "server.not_found"]);
    await world.byOwner(`DELETE ${bans}`);
    expect((await enter(person)).status).toBe(200);
    expect(await memberCount()).toBe(3);
  });

  test.each(ways)("while they come by %s is not a member afterwards", async (_, enter) => {
    const ban = () => world.byOwner(`PUT /servers/${world.serverId}/bans/${person.user.id}`, {});
    expect(await outcome(interleave("Members", () => enter(person), ban))).toEqual([403, "member.banned"]);
    expect(await memberCount()).toBe(2);
  });
});
