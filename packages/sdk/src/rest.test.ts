import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import type { SessionInfo } from "@agora/core/protocol/account";
import type { Message } from "@agora/core/protocol/message";
import type { ReadMark } from "@agora/core/protocol/channel";
import { routes } from "@agora/core/protocol/routes";
import { AgoraError } from "./errors";
import { createRest } from "./rest";
import type { RestOptions } from "./rest";

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}
type Answer = (request: Received, response: ServerResponse) => void;

let server: Server | undefined;
afterEach(() => server?.close());

/** A real server that gives the answers in turn, the last one for ever. */
async function start(answers: Answer[], options: Partial<RestOptions> = {}) {
  const received: Received[] = [];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body });
      const answer = answers[Math.min(received.length, answers.length) - 1];
      answer?.({ method, url, headers, body }, response);
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { received, rest: createRest({ baseUrl: `http://127.0.0.1:${port}/api/`, ...options }) };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

const html =
  (status: number): Answer =>
  (_, response) =>
    response.writeHead(status, { "content-type": "text/html" }).end("<h1>proxy</h1>");

const refusal = (code: string) => ({ error: "No.", code, request_id: "req_1" });

/** The error that the promise rejects with; fails if it does not. */
async function failure(promise: Promise<unknown>): Promise<AgoraError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AgoraError);
  return error as AgoraError;
}

describe("a request", () => {
  test("there is one method for each route of the table", async () => {
    const { rest } = await start([json(200, {})]);
    expect(Object.keys(rest).sort()).toEqual(Object.keys(routes).sort());
  });

  test("path parameters are encoded and the rest goes to the body", async () => {
    const { rest, received } = await start([json(201, { seq: 7 })]);
    const message = await rest.sendMessage({ server_id: "srv/1", channel_id: "a b?", content: "hi", nonce: "n", after: 3 });
    expectTypeOf(message).toEqualTypeOf<Message>();
    expect(message.seq).toBe(7);
    expect(received[0]).toMatchObject({ method: "POST", url: "/api/servers/srv%2F1/channels/a%20b%3F/messages" });
    expect(received[0]?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(received[0]?.body ?? "")).toEqual({ content: "hi", nonce: "n", after: 3 });
  });

  test("what a GET takes goes to the query, without what is undefined", async () => {
    const { rest, received } = await start([json(200, { messages: [] })]);
    await rest.listMessages({ server_id: "s", channel_id: "c", limit: 50, after: 0, before: undefined });
    expect(received[0]).toMatchObject({ method: "GET", url: "/api/servers/s/channels/c/messages?limit=50&after=0", body: "" });
  });

  test("a route without a body sends none, and 204 gives nothing", async () => {
    const { rest, received } = await start([(_, response) => response.writeHead(204).end()]);
    expect(await rest.logout()).toBeUndefined();
    expect(received[0]).toMatchObject({ method: "POST", url: "/api/auth/logout", body: "" });
    expect(received[0]?.headers["content-type"]).toBeUndefined();
  });

  test.each(["", ".", ".."])("a path parameter %j, which would lead to another route, is not found without a request", async (code) => {
    const { rest, received } = await start([json(200, {})]);
    expect(await failure(rest.previewInvite({ code }))).toMatchObject({ code: "route.not_found", status: 404 });
    expect(received).toEqual([]);
    await rest.previewInvite({ code: "..." });
    expect(received[0]?.url).toBe("/api/invites/...");
  });

  test("a token is sent as Bearer, and asked for each time if it is a function", async () => {
    let count = 0;
    const { rest, received } = await start([json(200, {})], { token: () => Promise.resolve(`t${++count}`) });
    await rest.me();
    await rest.me();
    expect(received.map(({ headers }) => headers.authorization)).toEqual(["Bearer t1", "Bearer t2"]);
  });

  test("without a token there is none, nor for what opens a session", async () => {
    const { rest, received } = await start([json(200, {})], { token: () => undefined });
    await rest.me();
    const other = await start([json(200, {})], { token: "t" });
    await other.rest.login({ email: "a@b.c", password: "secret" });
    expect([received[0]?.headers.authorization, other.received[0]?.headers.authorization]).toEqual([undefined, undefined]);
  });
});

describe("routes", () => {
  test("marks, typing, members and sessions go where the table says", async () => {
    const { rest, received } = await start([
      json(200, { last_read: 7, mention_count: 0 }),
      (_, response) => response.writeHead(204).end(),
      (_, response) => response.writeHead(204).end(),
      json(200, { sessions: [], has_more: false, next_cursor: null }),
      (_, response) => response.writeHead(204).end(),
    ]);
    const mark = await rest.markRead({ server_id: "s", channel_id: "c", seq: 7 });
    expectTypeOf(mark).toEqualTypeOf<ReadMark>();
    expect(mark).toEqual({ last_read: 7, mention_count: 0 });
    expect(await rest.type({ server_id: "s", channel_id: "c" })).toBeUndefined();
    await rest.removeMember({ server_id: "s", user_id: "@me" });
    const { sessions } = await rest.listSessions();
    expectTypeOf(sessions).toEqualTypeOf<SessionInfo[]>();
    await rest.endSession({ session_id: "ses_1" });
    expect(received.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["PUT", "/api/servers/s/channels/c/read", '{"seq":7}'],
      ["POST", "/api/servers/s/channels/c/typing", ""],
      ["DELETE", "/api/servers/s/members/%40me", ""],
      ["GET", "/api/auth/sessions", ""],
      ["DELETE", "/api/auth/sessions/ses_1", ""],
    ]);
  });

  test("a call outlives its page only if that is asked for, also when it is repeated after 401", async () => {
    const kept: (boolean | undefined)[] = [];
    const fetch: typeof globalThis.fetch = (_, init) => {
      kept.push(init?.keepalive);
      return Promise.resolve(Response.json(refusal("auth.invalid"), { status: 401 }));
    };
    const rest = createRest({ baseUrl: "http://agora.test/api", fetch, onUnauthorized: () => Promise.resolve(true) });
    await failure(rest.markRead({ server_id: "s", channel_id: "c", seq: 7 }, { keepalive: true }));
    await failure(rest.markRead({ server_id: "s", channel_id: "c", seq: 7 }));
    expect(kept).toEqual([true, true, false, false]);
  });
});

describe("a failure", () => {
  test("carries the code, the details and the request id of the answer", async () => {
    const { rest } = await start([json(400, { ...refusal("input.invalid"), details: { name: "is missing" } })]);
    expect(await failure(rest.createServer({ name: "" }))).toMatchObject({
      code: "input.invalid",
      status: 400,
      message: "No.",
      requestId: "req_1",
      details: { name: "is missing" },
      retryAfterMs: undefined,
    });
  });

  test("carries Retry-After in milliseconds", async () => {
    const { rest } = await start([json(429, refusal("limit.login"), { "retry-after": "3" })]);
    expect(await failure(rest.createTicket())).toMatchObject({ code: "limit.login", retryAfterMs: 3000 });
  });

  test.each([
    [200, "unavailable"],
    [404, "route.not_found"],
    [413, "input.too_large"],
    [418, "input.malformed"],
    [429, "unavailable"],
    [500, "internal"],
    [502, "unavailable"],
    [503, "unavailable"],
  ])("a page of a proxy with status %i is %s", async (status, code) => {
    const { rest } = await start([html(status)]);
    expect(await failure(rest.me())).toMatchObject({ code, status });
  });

  test("a code that this SDK does not know becomes that of its status, and its sentence is kept", async () => {
    const { rest } = await start([json(403, refusal("server.too_new"))]);
    expect(await failure(rest.me())).toMatchObject({ code: "auth.denied", message: "No.", requestId: "req_1" });
  });

  test("a connection that breaks, a time-out and an abort are `network`", async () => {
    const cut = await start([(_, response) => response.destroy()]);
    expect(await failure(cut.rest.me())).toMatchObject({ code: "network", status: 0 });
    const slow = await start([() => undefined], { timeoutMs: 20 });
    expect((await failure(slow.rest.me())).code).toBe("network");
    const halted = await start([(_, response) => response.writeHead(200).write("{")], { timeoutMs: 20 });
    expect((await failure(halted.rest.me())).code).toBe("network");
    const aborted = await start([() => undefined]);
    expect((await failure(aborted.rest.me({}, { signal: AbortSignal.timeout(10) }))).code).toBe("network");
    server?.closeAllConnections();
  });
});

describe("401", () => {
  const expired = json(401, refusal("auth.invalid"));

  test("of an access key is the end of it: nothing is asked for a new one, and the call is not repeated", async () => {
    const { rest, received } = await start([expired], { token: "agk_0_0" });
    expect(await failure(rest.listServers())).toMatchObject({ code: "auth.invalid", status: 401 });
    expect(received.map(({ url, headers }) => [url, headers.authorization])).toEqual([["/api/servers", "Bearer agk_0_0"]]);
  });

  test("is answered by a new session and one repeat", async () => {
    let token = "old";
    const onUnauthorized = () => Promise.resolve(Boolean((token = "new")));
    const { rest, received } = await start([expired, json(200, { id: "usr_1" })], { token: () => token, onUnauthorized });
    expect(await rest.me()).toEqual({ id: "usr_1" });
    expect(received.map(({ headers }) => headers.authorization)).toEqual(["Bearer old", "Bearer new"]);
  });

  test("is not repeated twice, nor without a new session, nor without onUnauthorized", async () => {
    const again = await start([expired], { onUnauthorized: () => Promise.resolve(true) });
    expect((await failure(again.rest.me())).code).toBe("auth.invalid");
    expect(again.received.length).toBe(2);
    const refused = await start([expired], { onUnauthorized: () => Promise.resolve(false) });
    expect((await failure(refused.rest.me())).code).toBe("auth.invalid");
    expect(refused.received.length).toBe(1);
    const alone = await start([expired]);
    expect((await failure(alone.rest.me())).code).toBe("auth.invalid");
    expect(alone.received.length).toBe(1);
  });

  test("of requests at the same time, and of one that was still on its way, share one renewal", async () => {
    let token = "old";
    let renewals = 0;
    let slow: (() => void) | undefined;
    const answer: Answer = (request, response) => {
      const reply = () => (request.headers.authorization === "Bearer new" ? json(200, {}) : expired)(request, response);
      if (request.url === "/api/servers" && !slow) slow = reply;
      else reply();
    };
    const onUnauthorized = async () => {
      renewals++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return Boolean((token = "new"));
    };
    const { rest } = await start([answer], { token: () => token, onUnauthorized });
    const late = rest.listServers();
    await Promise.all([rest.me(), rest.me(), rest.getServer({ server_id: "srv_1" })]);
    slow?.();
    await late;
    expect(renewals).toBe(1);
  });

  test("a later expiry is a new renewal", async () => {
    let renewals = 0;
    const onUnauthorized = () => Promise.resolve(Boolean(++renewals));
    const { rest } = await start([expired, json(200, {}), expired, json(200, {})], { onUnauthorized });
    await rest.me();
    await rest.me();
    expect(renewals).toBe(2);
  });

  test("of a wrong password, or of the renewal itself, asks for no renewal", async () => {
    let renewals = 0;
    const { rest } = await start([expired], { onUnauthorized: () => Promise.resolve(Boolean(++renewals)) });
    expect((await failure(rest.login({ email: "a@b.c", password: "x" }))).code).toBe("auth.invalid");
    expect((await failure(rest.refresh({ refresh_token: "x" }))).code).toBe("auth.invalid");
    expect(renewals).toBe(0);
  });
});

test("the types take what the table takes", async () => {
  const { rest } = await start([json(200, {})]);
  expectTypeOf(rest.createServer).parameter(0).toEqualTypeOf<{ name: string } & Record<never, string>>();
  // @ts-expect-error -- a body key that the route does not have
  void rest.createServer({ name: "x", colour: "red" });
  // @ts-expect-error -- a path parameter is missing
  void rest.getServer({}).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
});
