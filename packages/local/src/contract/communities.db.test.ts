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
