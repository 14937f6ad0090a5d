import { TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { createRest } from "@agora/sdk";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { startCommunity } from "../testing/community";
import { interleaveAt } from "../testing/interleave";
import { PASSWORD, startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const ALL = ["topics:read", "topics:write", "messages:read", "messages:write"];
const MAX = 50;

interface Key {
  id: string;
  secret: string;
}

const create = ({ token }: Pick<Person, "token">, body: object = { name: "a script", scopes: ALL }) =>
  stack.api("POST /auth/keys", { token, body });
const made = async (person: Pick<Person, "token">, body?: object): Promise<Key> => (await create(person, body)).body;
const list = async ({ token }: Pick<Person, "token">, query = "") => (await stack.api(`GET /auth/keys${query}`, { token })).body;
const revoke = ({ token }: Pick<Person, "token">, id: string) => stack.api(`DELETE /auth/keys/${id}`, { token });
const whoIs = ({ secret }: Pick<Key, "secret">) => stack.api("GET /auth/me", { token: secret });
const login = async ({ user }: Person, password = PASSWORD) =>
  (await stack.api("POST /auth/login", { body: { email: user.email, password } })).body as Person;

const getRow = async (id: string) => {
  const { getItem } = await import("../../../core/src/lib/dynamo");
  return getItem("Sessions", { id }, { consistent: true });
};

describe("a key", () => {
  test("is made with its secret, listed without it, and says who it acts for, but not their e-mail address", async () => {
    const person = await stack.register();
    const { status, body } = await create(person, {
      name: "  the weather bot ",
      scopes: ["messages:write", "messages:read", "messages:write"],
    });
    expect(status).toBe(201);
    const { id, secret, created_at, ...rest } = body;
    expect(rest).toEqual({ name: "the weather bot", scopes: ["messages:read", "messages:write"] });
    expect(id).toMatch(/^key_/);
    expect(secret).toMatch(/^agk_[0-9a-z_]{40,}$/);
    expect(await list(person)).toEqual({ keys: [{ id, created_at, ...rest }], has_more: false, next_cursor: null });
    const me = await whoIs(body);
    expect([me.status, me.body.id, me.body.username]).toEqual([200, person.user.id, person.user.username]);
    expect(me.body).not.toHaveProperty("email");
    expect((await stack.api("GET /auth/me", { token: person.token })).body.email).toBe(person.user.email);
  });

  test("speaks as its account, in a channel and in a conversation, and no further than its scopes", async () => {
    const here = await startCommunity(stack);
    const { guest, owner, path } = here;
    const [reading, writing] = [
      await made(guest, { name: "reads", scopes: ["messages:read"] }),
      await made(guest, { name: "writes", scopes: ["messages:write"] }),
    ];
    const said = await stack.api(`POST ${path}`, { token: writing.secret, body: { content: "beep" } });
    expect([said.status, said.body.author.id]).toEqual([201, guest.user.id]);
    expect((await stack.api(`GET ${path}`, { token: writing.secret })).status).toBe(403);
    expect((await stack.api(`GET ${path}`, { token: reading.secret })).body.messages[0].content).toBe("beep");
    const refused = await stack.api(`POST ${path}`, { token: reading.secret, body: { content: "beep" } });
    expect([refused.status, refused.body.code]).toEqual([403, "auth.denied"]);
    const { body: dm } = await stack.api("POST /dms", { token: guest.token, body: { user_ids: [owner.user.id] } });
    expect((await stack.api(`POST /dms/${dm.id}/messages`, { token: writing.secret, body: { content: "boop" } })).status).toBe(201);
    // Whoever is removed is removed with their keys.
    expect((await stack.api(`DELETE /servers/${here.serverId}/members/${guest.user.id}`, { token: owner.token })).status).toBe(204);
    expect((await stack.api(`GET ${path}`, { token: reading.secret })).status).toBe(404);
  });

  test("works in the SDK as a token that is never renewed", async () => {
    const here = await startCommunity(stack);
    const key = await made(here.owner);
    const onUnauthorized = vi.fn(() => Promise.resolve(false));
    const bot = createRest({ baseUrl: `${stack.url}/api`, token: key.secret, onUnauthorized });
    const [, , server_id = "", , channel_id = ""] = here.path.split("/");
    expect(await bot.sendMessage({ server_id, channel_id, content: "beep", nonce: uniqueName() })).toMatchObject({ content: "beep" });
    await expect(bot.createServer({ name: uniqueName("s") })).rejects.toMatchObject({ code: "auth.denied" });
    expect(onUnauthorized).not.toHaveBeenCalled();
    await revoke(here.owner, key.id);
    const alone = createRest({ baseUrl: `${stack.url}/api`, token: key.secret });
    await expect(alone.me()).rejects.toMatchObject({ code: "auth.invalid", status: 401 });
  });

  test("is refused for what is wrong with it", async () => {
    const person = await stack.register();
    const long = "x".repeat(101);
    const wrong: object[] = [
      {},
      { name: "a", scopes: [] },
      { name: "a", scopes: ["messages"] },
      { name: "a", scopes: "messages:read" },
      { name: " ", scopes: ALL },
      { name: long, scopes: ALL },
      { name: "a", scopes: ALL, secret: "agk_mine" },
    ];
    for (const body of wrong) expect([body, (await create(person, body)).body.code]).toEqual([body, "input.invalid"]);
    expect((await create(person, { name: long.slice(1), scopes: ALL })).status).toBe(201);
  });

  test("is stored without its secret", async () => {
    const { id, secret } = await made(await stack.register());
    const stored = JSON.stringify(await getRow(id));
    expect(stored).toContain(id);
    expect(stored).not.toContain(secret.slice(-32));
  });
});

describe("what is no key", () => {
  test("is one answer, whatever is wrong with it", async () => {
    const person = await stack.register();
    const [one, other] = [await made(person), await made(person)];
    expect((await whoIs(one)).status).toBe(200);
    const last = one.secret.endsWith("0") ? "1" : "0";
    const wrong = [
      "agk_",
      `agk_${"0".repeat(16)}_${"0".repeat(32)}`,
      one.secret.slice(0, -1),
      `${one.secret.slice(0, -1)}${last}`,
      `${one.secret}0`,
      one.secret.toUpperCase().replace("AGK_", "agk_"),
      // The row of the one with the chance of the other.
      `${one.secret.slice(0, -32)}${other.secret.slice(-32)}`,
      // The rows of a session, and of nothing that there could be.
      `agk_${person.refresh_token.slice("ses_".length).split(".")[0] ?? ""}_${one.secret.slice(-32)}`,
      `agk_${"x".repeat(5_000)}`,
    ];
    for (const secret of wrong) {
      const { status, body } = await whoIs({ secret });
      expect([secret, status, body.code, body.error]).toEqual([
        secret,
        401,
        "auth.invalid",
        "There is no such access key, or it was revoked.",
      ]);
    }
  });

  test("is a key in a cookie, where only sessions are", async () => {
    const { secret } = await made(await stack.register());
    const headers = { cookie: `__Host-agora_access=${secret}; agora_access=${secret}` };
    expect((await stack.api("GET /auth/me", { headers })).status).toBe(401);
    expect((await stack.api("POST /auth/refresh", { body: { refresh_token: secret } })).status).toBe(401);
  });
});

describe("revoking", () => {
  test("refuses the key from the next call on, though the same process has let it in before", async () => {
    const person = await stack.register();
    const [key, other] = [await made(person), await made(person)];
    for (const _ of [1, 2]) expect((await whoIs(key)).status).toBe(200);
    expect((await revoke(person, key.id)).status).toBe(204);
    expect((await whoIs(key)).status).toBe(401);
    expect((await whoIs(other)).status).toBe(200);
    expect((await list(person)).keys.map(({ id }: Key) => id)).toEqual([other.id]);
    const again = await revoke(person, key.id);
    expect([again.status, again.body.code]).toEqual([404, "key.not_found"]);
  });

  test("is for the own keys: another's, a session's id and what is no id lead nowhere", async () => {
    const [person, stranger] = [await stack.register(), await stack.register()];
    const key = await made(person);
    const session = person.refresh_token.split(".")[0] ?? "";
    for (const id of [key.id, session, "key_0000000000000000", "x"]) {
      const { status, body } = await revoke(stranger, id);
      expect([id, status, body.code]).toEqual([id, 404, "key.not_found"]);
    }
    expect((await revoke(person, session)).status).toBe(404);
    expect((await whoIs(key)).status).toBe(200);
    expect((await stack.api("GET /auth/me", { token: person.token })).status).toBe(200);
  });

  test("does not come back by a use that is noted at the same moment", async () => {
    const person = await stack.register();
    for (const _ of [1, 2, 3, 4, 5]) {
      const key = await made(person);
      await Promise.all([revoke(person, key.id), whoIs(key), whoIs(key)]);
      expect((await whoIs(key)).status).toBe(401);
      expect(await getRow(key.id)).toBeUndefined();
    }
  });
});

describe("the number of keys", () => {
  test("is fifty, also of those that are made at once; one that is revoked makes room for one", async () => {
    const person = await stack.register();
    for (let i = 0; i < MAX - 3; i++) expect((await create(person)).status).toBe(201);
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(person)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const { status, body } of answers) if (status !== 201) expect([status, body.code]).toEqual([409, "key.full"]);
    const all = await list(person, "?limit=100");
    expect(all.keys).toHaveLength(MAX);
    // Both calls find the key, and one of them takes it away: it is counted once.
    const [{ id }] = all.keys as [Key];
    expect((await Promise.all([revoke(person, id), revoke(person, id)])).map(({ status }) => status).sort()).toEqual([204, 404]);
    expect((await create(person)).status).toBe(201);
    expect((await create(person)).body.code).toBe("key.full");
  });

  test("is no matter of another account's", async () => {
    const [person, other] = [await stack.register(), await stack.register()];
    await made(person);
    expect((await list(other)).keys).toEqual([]);
  });

  test("comes in pages", async () => {
    const person = await stack.register();
    for (let i = 0; i < 3; i++) await made(person);
    const first = await list(person, "?limit=2");
    expect([first.keys.length, first.has_more]).toEqual([2, true]);
    const rest = await list(person, `?limit=2&cursor=${first.next_cursor}`);
    expect([rest.keys.length, rest.has_more, rest.next_cursor]).toEqual([1, false, null]);
    expect(new Set([...first.keys, ...rest.keys].map(({ id }: Key) => id)).size).toBe(3);
    const session = person.refresh_token.split(".")[0] ?? "";
    const { status, body } = await stack.api(`GET /auth/keys?cursor=${session}`, { token: person.token });
    expect([status, body.code]).toEqual([400, "input.invalid"]);
  });
});

describe("keys and sessions", () => {
  test("are two lists: neither shows, or ends, what is in the other", async () => {
    const person = await stack.register();
    const key = await made(person);
    const { body } = await stack.api("GET /auth/sessions", { token: person.token });
    expect(body.sessions.map(({ id }: { id: string }) => id)).toEqual([person.refresh_token.split(".")[0]]);
    const { status, body: refused } = await stack.api(`DELETE /auth/sessions/${key.id}`, { token: person.token });
    expect([status, refused.code]).toEqual([404, "session.not_found"]);
    expect((await whoIs(key)).status).toBe(200);
  });

  test("a new password ends the other sessions and keeps the keys; logging out keeps them too", async () => {
    const person = await stack.register();
    const other = await login(person);
    const key = await made(person);
    const NEXT = "the next long password";
    const body = { current_password: PASSWORD, new_password: NEXT };
    expect((await stack.api("POST /auth/password", { token: person.token, body })).status).toBe(204);
    expect((await stack.api("GET /auth/me", { token: other.token })).status).toBe(401);
    expect((await whoIs(key)).status).toBe(200);
    await stack.api("POST /auth/logout", { token: person.token });
    expect((await whoIs(key)).status).toBe(200);
    expect((await list(await login(person, NEXT))).keys).toHaveLength(1);
  });

  test("a session that has ended makes no key, though its access token is in time", async () => {
    const person = await stack.register();
    const other = await login(person);
    expect((await create(other)).status).toBe(201);
    await stack.api("POST /auth/logout", { token: other.token });
    const { status, body } = await create(other);
    expect([status, body.code]).toEqual([401, "auth.invalid"]);
    expect((await create(person)).status).toBe(201);
  });

  test("a key makes no key, opens no socket and ends nothing", async () => {
    const person = await stack.register();
    const key = await made(person);
    const asked: [string, object?][] = [
      ["POST /auth/keys", { name: "another", scopes: ALL }],
      [`DELETE /auth/keys/${key.id}`],
      ["POST /realtime/ticket"],
      ["POST /realtime/ticket", { guest: null }],
      ["POST /auth/logout"],
      ["GET /auth/sessions"],
      [`DELETE /auth/sessions/${person.refresh_token.split(".")[0] ?? ""}`],
      ["POST /auth/password", { current_password: PASSWORD, new_password: "the next long password" }],
      ["DELETE /auth/me", { password: PASSWORD }],
    ];
    for (const [signature, body] of asked) {
      const answer = await stack.api(signature, { token: key.secret, ...(body ? { body } : {}) });
      expect([signature, answer.status, answer.body?.code]).toEqual([signature, 403, "auth.denied"]);
    }
    expect((await stack.api("GET /auth/me", { token: person.token })).status).toBe(200);
    expect((await whoIs(key)).status).toBe(200);
  });
});

describe("the deletion of the account", () => {
  const remove = ({ token }: Person, password = PASSWORD) => stack.api("DELETE /auth/me", { token, body: { password } });

  test("ends its keys; one that is refused keeps them", async () => {
    const [person, other] = [await stack.register(), await stack.register()];
    const [keys, others] = [[await made(person), await made(person), await made(person)], await made(other)];
    expect((await remove(person, "not the password")).status).toBe(401);
    for (const key of keys) expect((await whoIs(key)).status).toBe(200);
    expect((await remove(person)).status).toBe(204);
    for (const key of keys) {
      expect((await whoIs(key)).status).toBe(401);
      expect(await getRow(key.id)).toBeUndefined();
    }
    expect((await whoIs(others)).status).toBe(200);
  });

  test("does not end while there is a key that the index has not shown", async () => {
    const person = await stack.register();
    const { user } = person;
    const key = await made(person);
    const row = await getRow(key.id);
    const { transactWrite } = await import("../../../core/src/lib/dynamo");
    /** The same key again, by hand, behind the look for keys. */
    const overlooked = () =>
      transactWrite([
        { table: "Sessions", put: { ...row } },
        { table: "Users", key: { id: user.id }, update: "ADD key_count :one", values: { ":one": 1 } },
      ]);
    const isLastStep = (sent: unknown) =>
      sent instanceof TransactWriteItemsCommand && JSON.stringify(sent.input).includes(`email#${user.email}`);
    const refused = await interleaveAt(isLastStep, () => remove(person), overlooked);
    expect([refused.status, refused.body.code]).toEqual([503, "unavailable"]);
    expect((await remove(person)).status).toBe(204);
    expect((await whoIs(key)).status).toBe(401);
  });

  test("and keys that are made at the same moment: none outlives it", async () => {
    for (const _ of [1, 2, 3]) {
      const person = await stack.register();
      await made(person);
      const [removed, ...answers] = await Promise.all([remove(person), ...Array.from({ length: 4 }, () => create(person))]);
      // A key that the deletion had not seen yet holds it up, and the repeat takes it away.
      if (removed.status !== 204) expect([removed.status, (await remove(person)).status]).toEqual([503, 204]);
      for (const { status, body } of answers) if (status === 201) expect((await whoIs(body)).status).toBe(401);
      expect((await create(person)).status).toBeGreaterThanOrEqual(401);
    }
  });
});

describe("when a key was used", () => {
  const usedAt = async (person: Person) => (await list(person)).keys[0].used_at as number | undefined;

  test("is noted at its first use, and again a day later; not by a call that is refused", async () => {
    const person = await stack.register();
    const key = await made(person, { name: "reads", scopes: ["messages:read"] });
    await stack.api("POST /servers", { token: key.secret, body: { name: uniqueName("s") } });
    expect(await usedAt(person)).toBeUndefined();
    const before = Date.now();
    await whoIs(key);
    const first = (await usedAt(person)) ?? 0;
    expect(first).toBeGreaterThanOrEqual(before);
    await whoIs(key);
    expect(await usedAt(person)).toBe(first);
    vi.useFakeTimers({ toFake: ["Date"], now: first + 23 * 3_600_000 });
    try {
      await whoIs(key);
      vi.setSystemTime(first + 25 * 3_600_000);
      await whoIs(key);
    } finally {
      vi.useRealTimers();
    }
    expect(await usedAt(person)).toBe(first + 25 * 3_600_000);
  });
});
