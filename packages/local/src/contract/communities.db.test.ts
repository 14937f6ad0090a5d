import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let owner: Person;
beforeAll(async () => {
  stack = await startStack();
  owner = await stack.register();
});
afterAll(() => stack.close());

const createServer = (token: string, name = uniqueName("s")) => stack.api("POST /servers", { token, body: { name } });
const invite = (token: string, serverId: string, body: object = {}) => stack.api(`POST /servers/${serverId}/invites`, { token, body });
const join = (token: string, code: string) => stack.api(`POST /invites/${code}/join`, { token });

describe("servers", () => {
  test("a new one has #general, the role everyone, and its owner with all permissions", async () => {
    const name = uniqueName("A Server ");
    const { status, body } = await createServer(owner.token, name);
    expect(status).toBe(201);
    expect(body).toMatchObject({ id: expect.stringMatching(/^srv_/), name, owner_id: owner.user.id, member_count: 1 });
    expect(body.channels).toMatchObject([{ name: "general", kind: "text", server_id: body.id }]);
    expect(body.roles).toMatchObject([{ name: "everyone" }]);
    expect(body.me).toMatchObject({ user_id: owner.user.id, role_ids: [], nickname: null });
    expect(body.me.permissions).toHaveLength(10);
    expect((await stack.api(`GET /servers/${body.id}`, { token: owner.token })).body).toEqual(body);
    expect((await stack.api("GET /servers", { token: owner.token })).body.servers).toContainEqual(expect.objectContaining({ id: body.id }));
  });

  test("a name that is taken is refused, also when it only looks the same", async () => {
    const name = uniqueName("Taken ");
    await createServer(owner.token, name);
    for (const same of [name, name.toUpperCase(), `  ${name} `, name.replace(" ", "\u00a0"), `${name}\u200d`]) {
      const { status, body } = await createServer(owner.token, same);
      expect([same, status, body.code]).toEqual([same, 409, "server.name_taken"]);
    }
  });

  test("of 20 callers who want one name at once, one gets it", async () => {
    const name = uniqueName("race");
    const answers = await Promise.all(Array.from({ length: 20 }, () => createServer(owner.token, name)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
  });

  test.each([
    ["nothing", ""],
    ["only spaces", "   "],
    ["only invisible characters", "\u200b\u200d"],
    ["101 letters", "x".repeat(101)],
    ["two lines", "a\nb"],
    ["Braille blanks", "\u2800\u2800"],
    ["100 letters that are written out as 1,800", "\ufdfa".repeat(100)],
  ])("a name of %s is refused", async (_, name) => {
    const { status, body } = await createServer(owner.token, name);
    expect([status, body.code, Object.keys(body.details)]).toEqual([400, "input.invalid", ["name"]]);
  });

  test("a list of them is paged without a gap or a double", async () => {
    const { token } = await stack.register();
    for (let i = 0; i < 5; i++) await createServer(token);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await stack.api(`GET /servers?limit=2${cursor ? `&cursor=${cursor}` : ""}`, { token });
      seen.push(...body.servers.map(({ id }: { id: string }) => id));
      expect(body.has_more).toBe(body.next_cursor !== null);
      cursor = body.next_cursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
    for (const bad of ["limit=0", "limit=101", "limit=x", "cursor=nonsense", "what=1"]) {
      expect((await stack.api(`GET /servers?${bad}`, { token })).status).toBe(400);
    }
  });

  test("channels are made by who may, with names as they are typed behind #", async () => {
    const { body: server } = await createServer(owner.token);
    const made = await stack.api(`POST /servers/${server.id}/channels`, { token: owner.token, body: { name: "Off  Topic", kind: "text" } });
    expect([made.status, made.body.name, made.body.topic]).toEqual([201, "off-topic", null]);
    expect(
      (await stack.api(`GET /servers/${server.id}`, { token: owner.token })).body.channels.map(({ name }: { name: string }) => name),
    ).toEqual(["general", "off-topic"]);
  });
});

describe("invites", () => {
  test("lead from a preview without an account into the server", async () => {
    const { body: server } = await createServer(owner.token);
    const made = await invite(owner.token, server.id, { expires_in_hours: 1.5, max_uses: 2 });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      server_id: server.id,
      server_name: server.name,
      created_by: owner.user.id,
      max_uses: 2,
      use_count: 0,
    });
    expect(made.body.expires_at - made.body.created_at).toBe(1.5 * 3_600_000);
    const preview = await stack.api(`GET /invites/${made.body.code.toUpperCase()}`);
    expect(preview.body).toEqual({
      code: made.body.code,
      server_id: server.id,
      server_name: server.name,
      member_count: 1,
      expires_at: made.body.expires_at,
    });

    const guest = await stack.register();
    const joined = await join(guest.token, made.body.code);
    expect([joined.status, joined.body.id, joined.body.member_count]).toEqual([200, server.id, 2]);
    expect(joined.body.me.permissions).toContain("send_messages");
    expect(joined.body.me.permissions).not.toContain("manage_server");
    const members = await stack.api(`GET /servers/${server.id}/members`, { token: guest.token });
    expect(members.body.members.map(({ user_id }: { user_id: string }) => user_id).sort()).toEqual([owner.user.id, guest.user.id].sort());

    const again = await join(guest.token, made.body.code);
    expect([again.status, again.body.code]).toEqual([409, "member.exists"]);
    expect((await stack.api("GET /servers", { token: guest.token })).body.servers).toHaveLength(1);
  });

  test("the last use goes to exactly one of those who want it at once, and a failed join burns none", async () => {
    const { body: server } = await createServer(owner.token);
    const { body: made } = await invite(owner.token, server.id, { max_uses: 3 });
    expect((await join(owner.token, made.code)).body.code).toBe("member.exists");
    const people = await Promise.all(Array.from({ length: 12 }, () => stack.register()));
    const answers = await Promise.all(people.map(({ token }) => join(token, made.code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ body }) => body.code === "invite.exhausted")).toHaveLength(9);
    expect((await stack.api(`GET /servers/${server.id}`, { token: owner.token })).body.member_count).toBe(4);
    const preview = await stack.api(`GET /invites/${made.code}`);
    expect([preview.status, preview.body.code]).toEqual([410, "invite.exhausted"]);
  });

  test("end when they expire", async () => {
    const { body: server } = await createServer(owner.token);
    const { body: made } = await invite(owner.token, server.id, { expires_in_hours: 1 / 36_000 });
    await new Promise((resolve) => setTimeout(resolve, 120));
    const { token } = await stack.register();
    for (const answer of [await stack.api(`GET /invites/${made.code}`), await join(token, made.code)]) {
      expect([answer.status, answer.body.code]).toEqual([410, "invite.expired"]);
    }
  });

  test.each([
    { max_uses: 0 },
    { max_uses: 1.5 },
    { expires_in_hours: 0 },
    { expires_in_hours: -1 },
    { expires_in_hours: "1" },
    { uses: 1 },
  ])("are not made with %j", async (body) => {
    const { body: server } = await createServer(owner.token);
    expect((await invite(owner.token, server.id, body)).body.code).toBe("input.invalid");
  });

  test("need no body where nothing is to be said; what is required is still missed", async () => {
    const { body: server } = await createServer(owner.token);
    expect((await stack.api(`POST /servers/${server.id}/invites`, { token: owner.token })).status).toBe(201);
    const nameless = await stack.api("POST /servers", { token: owner.token });
    expect([nameless.status, nameless.body.details]).toEqual([400, { name: "is missing" }]);
  });

  test("that were never made are not found", async () => {
    for (const code of ["0000000000000", "../x", "%00", "a".repeat(300)]) {
      expect((await stack.api(`GET /invites/${encodeURIComponent(code)}`)).status).toBe(404);
    }
  });
});
