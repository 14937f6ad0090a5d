import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { PASSWORD, SocketClient, startStack, uniqueName, type Stack } from "../testing/stack";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

describe("register", () => {
  test("makes an account and answers with a session", async () => {
    const name = uniqueName();
    const answer = await stack.api("POST /auth/register", {
      body: { email: ` ${name}@Example.org`, username: name.toUpperCase(), password: PASSWORD },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      token: expect.any(String),
      refresh_token: expect.any(String),
      expires_at: expect.any(Number),
      user: { id: expect.stringMatching(/^usr_/), username: name, email: `${name}@example.org`, display_name: null, avatar_url: null },
    });
    expect(Object.keys(answer.body.user).sort()).toEqual(["avatar_url", "created_at", "display_name", "email", "id", "username"]);
  });

  test("refuses an e-mail address or a username that is taken, also when it is written otherwise, and changes nothing", async () => {
    const { user } = await stack.register();
    const other = uniqueName();
    const sameMail = await stack.api("POST /auth/register", {
      body: { email: user.email.toUpperCase(), username: other, password: PASSWORD },
    });
    expect([sameMail.status, sameMail.body.code]).toEqual([409, "account.email_taken"]);
    const sameName = await stack.api("POST /auth/register", {
      body: { email: `${other}@example.org`, username: `\u200b${user.username.toUpperCase()}`, password: PASSWORD },
    });
    expect([sameName.status, sameName.body.code]).toEqual([409, "account.username_taken"]);
    // Neither attempt has kept the other half of what it asked for.
    expect(
      (await stack.api("POST /auth/register", { body: { email: `${other}@example.org`, username: other, password: PASSWORD } })).status,
    ).toBe(201);
  });

  test("of 20 callers who want one name at once, one gets it", async () => {
    const name = uniqueName();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        stack.api("POST /auth/register", { body: { email: `${name}.${i}@example.org`, username: name, password: PASSWORD } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
  });

  test.each([
    ["an unknown key", { admin: true }, "admin"],
    ["a short password", { password: "1234567" }, "password"],
    ["a long password", { password: "x".repeat(129) }, "password"],
    ["a bad username", { username: "no spaces" }, "username"],
    ["a username of one letter", { username: "a" }, "username"],
    ["a bad e-mail address", { email: "nobody" }, "email"],
    ["a missing e-mail address", { email: undefined }, "email"],
    ["a number for a name", { username: 7 }, "username"],
  ])("refuses %s and says where", async (_, change, path) => {
    const name = uniqueName();
    const answer = await stack.api("POST /auth/register", {
      body: { email: `${name}@example.org`, username: name, password: PASSWORD, ...change },
    });
    expect([answer.status, answer.body.code]).toEqual([400, "input.invalid"]);
    expect(Object.keys(answer.body.details)).toEqual([path]);
  });

  test("a password of 8 letters outside the first plane counts 8", async () => {
    const name = uniqueName();
    const body = { email: `${name}@example.org`, username: name, password: "🔑".repeat(8) };
    expect((await stack.api("POST /auth/register", { body })).status).toBe(201);
    const { email, password } = body;
    expect((await stack.api("POST /auth/login", { body: { email, password } })).status).toBe(200);
  });
});

describe("log in", () => {
  test("with the right password, and one answer for a wrong one and an unknown account", async () => {
    const { user } = await stack.register();
    const right = await stack.api("POST /auth/login", { body: { email: user.email.toUpperCase(), password: PASSWORD } });
    expect([right.status, right.body.user.id]).toEqual([200, user.id]);
    const { request_id: _, ...wrong } = (await stack.api("POST /auth/login", { body: { email: user.email, password: "wrong" } })).body;
    const { request_id: __, ...unknown } = (
      await stack.api("POST /auth/login", { body: { email: "nobody@example.org", password: PASSWORD } })
    ).body;
    expect(wrong).toEqual(unknown);
    expect(wrong.code).toBe("auth.invalid");
  });

  test("is refused after too many tries from one address, with the time to wait", async () => {
    const { user } = await stack.register();
    const tries = [];
    for (let i = 0; i < 41; i++) tries.push(stack.api("POST /auth/login", { body: { email: user.email, password: "wrong" } }));
    const answers = await Promise.all(tries);
    const limited = answers.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(1);
    expect(limited[0]?.body.code).toBe("limit.login");
    expect(Number(limited[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

describe("limits by address behind the edge", () => {
  const tryFrom = async (email: string, headers: Record<string, string>) =>
    (await stack.api("POST /auth/login", { body: { email, password: "wrong" }, headers })).status;

  /** Twenty are allowed in five minutes; if those end meanwhile, twenty more. */
  const MOST_TRIES = 41;
  async function triesUntilLimited(email: string, headersOf: (i: number) => Record<string, string>): Promise<number> {
    for (let i = 0; i <= MOST_TRIES; i++) if ((await tryFrom(email, headersOf(i))) === 429) return i;
    return Infinity;
  }

  test("an address counts if the edge vouches for it, and not because somebody says so", async () => {
    const { onBehalfOf } = await import("@agora/core/edge");
    const { user } = await stack.register();
    const first = onBehalfOf("203.0.113.1");
    expect(await triesUntilLimited(user.email, () => first)).toBeGreaterThanOrEqual(20);
    expect(await tryFrom(user.email, onBehalfOf("203.0.113.2"))).toBe(401);
    const invented = (i: number) => ({ "x-agora-edge": "0".repeat(64), "x-agora-address": `198.51.100.${i}` });
    expect(await triesUntilLimited(user.email, invented)).toBeLessThanOrEqual(MOST_TRIES);
  });
});

describe("sessions", () => {
  test("an access token opens /auth/me; a changed, a foreign and a missing one do not", async () => {
    const { token, user } = await stack.register();
    expect((await stack.api("GET /auth/me", { token })).body).toEqual(user);
    const changed = await stack.api("GET /auth/me", { token: `${token.slice(0, -2)}xx` });
    expect([changed.status, changed.body.code]).toEqual([401, "auth.invalid"]);
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    expect((await stack.api("GET /auth/me", { token: `${none}.${token.split(".")[1]}.` })).status).toBe(401);
    const missing = await stack.api("GET /auth/me");
    expect([missing.status, missing.body.code]).toEqual([401, "auth.required"]);
  });

  test("a refresh token is rotated, and the use of an old one ends the session", async () => {
    const first = await stack.register();
    const refresh = (refresh_token: string) => stack.api("POST /auth/refresh", { body: { refresh_token } });
    const second = await refresh(first.refresh_token);
    expect(second.status).toBe(200);
    expect(second.body.refresh_token).not.toBe(first.refresh_token);
    const third = await refresh(second.body.refresh_token);
    expect(third.status).toBe(200);

    const reuse = await refresh(first.refresh_token);
    expect([reuse.status, reuse.body.code]).toEqual([401, "auth.invalid"]);
    expect((await refresh(third.body.refresh_token)).status).toBe(401);
  });

  test("an invented refresh token does not end anybody's session", async () => {
    const { refresh_token } = await stack.register();
    const invented = refresh_token.replace(/.{4}$/, "AAAA");
    expect((await stack.api("POST /auth/refresh", { body: { refresh_token: invented } })).status).toBe(401);
    expect((await stack.api("POST /auth/refresh", { body: { refresh_token } })).status).toBe(200);
  });

  test("within the site's time of grace the last token gives the same successor, and later it ends the session", async () => {
    const session = await import("@agora/core/session");
    const { refresh_token } = await stack.register();
    const both = await Promise.all([0, 1].map(() => session.refresh({ refresh_token }, { graceMs: 30_000 })));
    expect(both[0]?.refresh_token).toBe(both[1]?.refresh_token);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(session.refresh({ refresh_token }, { graceMs: 1 })).rejects.toMatchObject({ code: "auth.invalid" });
    await expect(session.refresh({ refresh_token: both[0]?.refresh_token ?? "" })).rejects.toMatchObject({ code: "auth.invalid" });
  });

  test("a rotation whose answer was lost, so that the SDK repeats it, is not taken for a thief's", async () => {
    const store = await import("../../../core/src/session/store");
    const { refresh_token } = await stack.register();
    const id = refresh_token.split(".")[0] ?? "";
    vi.useFakeTimers({ toFake: ["Date"] });
    expect(await store.rotate(id, 1, Date.now() + 60_000)).toBe(true);
    expect(await store.rotate(id, 1, Date.now() + 60_000)).toBe(true);
    vi.setSystemTime(Date.now() + 1);
    expect(await store.rotate(id, 1, Date.now() + 60_000)).toBe(false);
    vi.useRealTimers();
  });

  test("logging out ends the session", async () => {
    const { token, refresh_token } = await stack.register();
    const out = await stack.api("POST /auth/logout", { token });
    expect([out.status, out.body]).toEqual([204, undefined]);
    expect((await stack.api("POST /auth/refresh", { body: { refresh_token } })).status).toBe(401);
    expect((await stack.api("GET /auth/me", { token })).status).toBe(401);
    expect((await stack.api("POST /realtime/ticket", { token })).status).toBe(401);
  });

  test("a ticket that was made before the session ended opens nothing", async () => {
    const { token } = await stack.register();
    const ticket = async () => (await stack.api("POST /realtime/ticket", { token })).body;
    const [used, late] = [await ticket(), await ticket()];
    await (await SocketClient.open(`${used.url}?ticket=${used.ticket}`)).close();
    await stack.api("POST /auth/logout", { token });
    await expect(SocketClient.open(`${late.url}?ticket=${late.ticket}`)).rejects.toThrow("401");
  });

  test("the session's sockets close when it ends, and only its own", async () => {
    const { token, refresh_token, user } = await stack.register();
    const other = await stack.api("POST /auth/login", { body: { email: user.email, password: PASSWORD } });
    const [first, second, third] = [await stack.connect(token), await stack.connect(token), await stack.connect(other.body.token)];
    const closed = (client: SocketClient) => new Promise((resolve) => client.socket.once("close", resolve));
    const ends = Promise.all([closed(first), closed(second)]);
    expect((await stack.api("POST /auth/logout", { token })).status).toBe(204);
    await ends;
    expect((await third.ask({ action: "ping" })).type).toBe("pong");

    const end = closed(third);
    await stack.api("POST /auth/refresh", { body: { refresh_token: other.body.refresh_token } });
    expect((await third.ask({ action: "ping" })).type).toBe("pong");
    await stack.api("POST /auth/refresh", { body: { refresh_token: other.body.refresh_token } }); // a thief, or the one who was robbed
    await end;
    expect(refresh_token).not.toBe(other.body.refresh_token);
  });
});

describe("the site's cookie", () => {
  const cookie = (token: string) => ({ cookie: `agora_access=${token}` });

  test("reads, and changes things only from the own origin", async () => {
    const { token } = await stack.register();
    expect((await stack.api("GET /auth/me", { headers: cookie(token) })).status).toBe(200);
    const create = (headers: Record<string, string>) =>
      stack.api("POST /servers", { body: { name: uniqueName("s") }, headers: { ...cookie(token), ...headers } });
    expect((await create({ origin: stack.url })).status).toBe(201);
    expect((await create({ "sec-fetch-site": "same-origin" })).status).toBe(201);
    const foreign: Record<string, string>[] = [
      { origin: "https://evil.example" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      {},
    ];
    for (const headers of foreign) {
      const refused = await create(headers);
      expect([refused.status, refused.body.code]).toEqual([403, "auth.denied"]);
    }
  });
});

describe("tickets", () => {
  test("open one connection, once", async () => {
    const { token } = await stack.register();
    const { status, body } = await stack.api("POST /realtime/ticket", { token });
    expect(status).toBe(201);
    expect(body.expires_at - Date.now()).toBeGreaterThan(25_000);
    const url = `${body.url}?ticket=${body.ticket}`;
    const client = await SocketClient.open(url);
    await expect(SocketClient.open(url)).rejects.toThrow("401");
    await client.close();
  });

  test("of 20 connections that show one ticket at once, one opens", async () => {
    const { token } = await stack.register();
    const { body } = await stack.api("POST /realtime/ticket", { token });
    const opened = await Promise.allSettled(Array.from({ length: 20 }, () => SocketClient.open(`${body.url}?ticket=${body.ticket}`)));
    expect(opened.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of opened) if (one.status === "fulfilled") await one.value.close();
  });

  test("an upgrade from a page of another site is refused with 403, without a ticket with 401, and the ticket stays good", async () => {
    const { token } = await stack.register();
    const { body } = await stack.api("POST /realtime/ticket", { token });
    const url = `${body.url}?ticket=${body.ticket}`;
    await expect(SocketClient.open(url, { origin: "https://evil.example" })).rejects.toThrow("403");
    await expect(SocketClient.open(body.url)).rejects.toThrow("401");
    await expect(SocketClient.open(`${body.url}?ticket=invented`)).rejects.toThrow("401");
    await (await SocketClient.open(url, { origin: stack.url })).close();
  });
});
