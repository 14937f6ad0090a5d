import type { Who } from "@agora/core/protocol/route";
import { routes, type RouteName } from "@agora/core/protocol/routes";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PASSWORD, startStack, uniqueName, type Person, type Stack } from "../testing/stack";

/*
 * Every route × everybody who might call it, from the route table. A route without a row below does not compile. What a route says of who may
 * call it (`who`) is the expectation; the rows only say what a call that is right in everything else looks like.
 */
const rows: Record<RouteName, { query?: string; body?: () => object; badBody?: object }> = {
  health: {},
  openapi: {},
  register: { body: () => ({ email: `${uniqueName()}@example.org`, username: uniqueName(), password: PASSWORD }) },
  login: { body: () => ({ email: "nobody@example.org", password: "wrong" }) },
  refresh: { body: () => ({ refresh_token: "invented" }) },
  logout: {},
  listSessions: {},
  endSession: {},
  me: {},
  createTicket: {},
  listServers: {},
  createServer: { body: () => ({ name: uniqueName("s") }), badBody: { name: 7 } },
  getServer: {},
  listMembers: { query: "limit=1" },
  removeMember: {},
  createChannel: { body: () => ({ name: "new", kind: "text" }), badBody: { name: 7 } },
  createInvite: { body: () => ({}), badBody: { max_uses: "many" } },
  previewInvite: {},
  joinByInvite: {},
  listMessages: { query: "limit=1" },
  sendMessage: { body: () => ({ content: "hello" }), badBody: { content: "" } },
  markRead: { body: () => ({ seq: 0 }), badBody: { seq: "all" } },
  type: {},
};

type Caller = "anonymous" | "expired" | "outsider" | "member" | "owner" | "adminElsewhere";

/** What is said to somebody who may not: by the kind of route, since the answer must not depend on anything else. */
function refusalOf(who: Who, caller: Caller): [number, string] | undefined {
  if (who === "anyone") return undefined;
  if (caller === "anonymous") return [401, "auth.required"];
  if (caller === "expired") return [401, "auth.invalid"];
  if (who === "account") return undefined;
  if (caller === "outsider" || caller === "adminElsewhere") return [404, "server.not_found"];
  const everyone: readonly Who[] = ["member", "create_invites", "send_messages", "attach_files", "use_voice"];
  return caller === "member" && !everyone.includes(who) ? [403, "auth.denied"] : undefined;
}

let stack: Stack;
let tokens: Record<Caller, string | undefined>;
let real: Record<string, string>;
const absent = { server_id: "srv_0000000000000000", channel_id: "chn_000000000000000000000000" };

async function expiredTokenOf({ user }: Person): Promise<string> {
  const hourAgo = Math.floor(Date.now() / 1000) - 3_600;
  const secret = (JSON.parse(process.env["SST_RESOURCE_TokenSecret"] ?? "{}") as { value: string }).value;
  return new SignJWT({ sid: "ses_0" })
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .setIssuer("agora")
    .setAudience("agora-api")
    .setSubject(user.id)
    .setIssuedAt(hourAgo)
    .setExpirationTime(hourAgo + 900)
    .sign(new TextEncoder().encode(secret));
}

beforeAll(async () => {
  stack = await startStack();
  const [owner, member, outsider, elsewhere] = await Promise.all([0, 1, 2, 3].map(() => stack.register()));
  if (!owner || !member || !outsider || !elsewhere) throw new Error("nobody registered");
  const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  await stack.api("POST /servers", { token: elsewhere.token, body: { name: uniqueName("s") } });
  const { body: invite } = await stack.api(`POST /servers/${server.id}/invites`, { token: owner.token, body: {} });
  await stack.api(`POST /invites/${invite.code}/join`, { token: member.token });
  // Whoever joins by this one gets nowhere near the server that the matrix is about.
  const { body: other } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  const { body: openInvite } = await stack.api(`POST /servers/${other.id}/invites`, { token: owner.token, body: {} });
  real = {
    server_id: server.id,
    channel_id: server.channels[0].id,
    code: openInvite.code,
    user_id: outsider.user.id,
    session_id: "ses_0000000000000000",
  };
  tokens = {
    anonymous: undefined,
    expired: await expiredTokenOf(owner),
    outsider: outsider.token,
    member: member.token,
    owner: owner.token,
    adminElsewhere: elsewhere.token,
  };
});
afterAll(() => stack.close());

function call(name: RouteName, caller: Caller, ids: Record<string, string>, body?: object) {
  const { method, path } = routes[name];
  const { query, body: make } = rows[name];
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) => ids[key] ?? real[key] ?? "");
  return stack.api(`${method} ${filled}${query ? `?${query}` : ""}`, { token: tokens[caller], body: body ?? make?.() });
}

const callers: Caller[] = ["anonymous", "expired", "outsider", "adminElsewhere", "member", "owner"];

describe.each(Object.keys(rows).filter((name) => name !== "logout") as RouteName[])("%s", (name) => {
  const route = routes[name];

  test.each(callers)("called by: %s", async (caller) => {
    const { status, body } = await call(name, caller, real);
    const refusal = refusalOf(route.who, caller);
    if (refusal) expect([status, body.code]).toEqual(refusal);
    else {
      expect(status).not.toBe(403);
      expect(body?.code).not.toBe("auth.required");
      expect(body?.code).not.toBe("server.not_found");
      expect(status).toBeLessThan(500);
    }
  });

  if (route.who !== "anyone" && route.who !== "account") {
    test("hidden and absent answer alike", async () => {
      const { request_id: _, ...hidden } = (await call(name, "outsider", real)).body;
      const { request_id: __, ...gone } = (await call(name, "outsider", absent)).body;
      expect(hidden).toEqual(gone);
    });

    if (route.path.includes("{channel_id}")) {
      test("a channel of another server, or of none, is not found by a member", async () => {
        const { status, body } = await call(name, "member", { ...real, channel_id: absent.channel_id });
        expect([status, body.code]).toEqual([404, "channel.not_found"]);
      });
    }
  }

  const { badBody } = rows[name];
  if (badBody) {
    test("a bad body is spoken of only to those who may call", async () => {
      for (const caller of callers) {
        const { status, body } = await call(name, caller, real, badBody);
        expect([caller, status, body.code]).toEqual([caller, ...(refusalOf(route.who, caller) ?? [400, "input.invalid"])]);
      }
    });
  }
});

describe("addresses that are no route", () => {
  test("404 for a path, 405 with Allow for a method, and bad escapes lead nowhere", async () => {
    const nothing = await stack.api("GET /nothing");
    expect([nothing.status, nothing.body.code]).toEqual([404, "route.not_found"]);
    const method = await stack.api("DELETE /servers");
    expect([method.status, method.body.code, method.headers.get("allow")]).toEqual([405, "input.method", "GET, POST"]);
    for (const path of ["/servers/%E0%A4%A", "/servers/%00", "/servers//", "/invites/%2e%2e", `/servers/${"x".repeat(300)}`]) {
      expect((await stack.api(`GET ${path}`, { token: tokens.owner })).status, path).toBeGreaterThanOrEqual(400);
      expect((await stack.api(`GET ${path}`, { token: tokens.owner })).status, path).toBeLessThan(500);
    }
  });
});

describe("the OpenAPI document", () => {
  test("has every route, with its answers and its refusals", async () => {
    const { status, body } = await stack.api("GET /openapi.json");
    expect(status).toBe(200);
    for (const [name, route] of Object.entries(routes)) {
      const operation = body.paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.operationId).toBe(name);
      for (const code of route.status) expect(operation.responses).toHaveProperty(String(code));
      if (route.who !== "anyone") expect(operation.responses).toHaveProperty("401");
    }
    expect(body.paths["/auth/register"].post.requestBody.content["application/json"].schema.required).toEqual([
      "email",
      "username",
      "password",
    ]);
  });
});
