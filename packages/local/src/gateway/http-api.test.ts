import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { send, sendRaw, serve, until, type Served } from "../testing/serve";
import { createHttpApi, type HttpApiOptions, type HttpHandler } from "./http-api";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(handler: HttpHandler, options: Partial<HttpApiOptions> = {}): Promise<Served> {
  const api = createHttpApi({ routes: [{ routeKey: "$default", handler }], ...options });
  const served = await serve((request, response) => api.handle(request, response, { path: (request.url ?? "/").split("?")[0] ?? "/" }));
  cleanups.push(served.close);
  return served;
}

/** A handler that answers with the event it got. */
const echo: HttpHandler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });
const eventOf = (answer: { body: string }) => JSON.parse(answer.body) as APIGatewayProxyEventV2;

describe("the event", () => {
  it("has lower-case headers with duplicates joined, cookies apart, repeated query values joined, and the query as it was sent", async () => {
    const { port } = await start(echo);
    const event = eventOf(await send(port, "GET", "/a?x=1&x=2&y=%20", { Cookie: "s=1; t=2", "X-Many": ["a", "b"] }));
    expect(event.version).toBe("2.0");
    expect(event.cookies).toEqual(["s=1", "t=2"]);
    expect(event.headers["x-many"]).toBe("a,b");
    expect(event.headers).not.toHaveProperty("cookie");
    expect(Object.keys(event.headers).every((name) => name === name.toLowerCase())).toBe(true);
    expect(event.queryStringParameters).toEqual({ x: "1,2", y: " " });
    expect(event.rawQueryString).toBe("x=1&x=2&y=%20");
    expect(eventOf(await send(port, "GET", "/a"))).not.toHaveProperty("queryStringParameters");
  });

  it("tells the time in CLF", async () => {
    const { port } = await start(echo);
    const { time, timeEpoch } = eventOf(await send(port, "GET", "/")).requestContext;
    expect(time).toMatch(/^\d\d\/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(Math.abs(Date.now() - timeEpoch)).toBeLessThan(1000);
  });

  it("has the path decoded as from API Gateway, or as sent as from a function URL", async () => {
    const gateway = await start(echo);
    expect(eventOf(await send(gateway.port, "GET", "/caf%C3%A9/a%2Fb")).rawPath).toBe("/café/a%2Fb");
    const functionUrl = await start(echo, { decodePath: false });
    expect(eventOf(await send(functionUrl.port, "GET", "/caf%C3%A9")).rawPath).toBe("/caf%C3%A9");
  });

  it("names the route and its parameters", async () => {
    const { port } = await start(echo, { routes: [{ routeKey: "GET /servers/{id}", handler: echo }] });
    const event = eventOf(await send(port, "GET", "/servers/7"));
    expect(event.routeKey).toBe("GET /servers/{id}");
    expect(event.pathParameters).toEqual({ id: "7" });
    const missing = await send(port, "GET", "/nothing");
    expect([missing.status, missing.body]).toEqual([404, '{"message":"Not Found"}']);
  });

  it("carries binary bodies as base64 in both directions", async () => {
    const bytes = Buffer.from([0, 255, 1, 2, 137]);
    const { url } = await start(async (event) => ({
      statusCode: 200,
      headers: { "content-type": "image/png", "x-encoded": String(event.isBase64Encoded) },
      body: event.body ?? "",
      isBase64Encoded: true,
    }));
    const response = await fetch(url, { method: "POST", body: bytes, headers: { "content-type": "image/png" } });
    expect(response.headers.get("x-encoded")).toBe("true");
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
  });
});

describe("who is believed", () => {
  const forged = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "x-forwarded-for": "1.2.3.4",
    forwarded: "proto=https",
  };

  it("is nobody by default", async () => {
    const { port } = await start(echo);
    const { headers, requestContext } = eventOf(await send(port, "GET", "/", forged));
    expect(headers["x-forwarded-proto"]).toBe("http");
    expect(headers["x-forwarded-port"]).toBe(String(port));
    expect(headers["x-forwarded-for"]).toBe("1.2.3.4, 127.0.0.1");
    expect(headers).not.toHaveProperty("x-forwarded-host");
    expect(headers).not.toHaveProperty("forwarded");
    expect(requestContext.http.sourceIp).toBe("127.0.0.1");
  });

  it("is a trusted proxy, and of its list of addresses the one that it added itself", async () => {
    const { port } = await start(echo, { trustProxy: true });
    const { headers, requestContext } = eventOf(await send(port, "GET", "/", { ...forged, "x-forwarded-for": "6.6.6.6, 1.2.3.4" }));
    expect(headers["x-forwarded-proto"]).toBe("https");
    expect(headers["x-forwarded-host"]).toBe("evil.example");
    expect(requestContext.http.sourceIp).toBe("1.2.3.4");
  });
});

describe("the result", () => {
  it("sets one cookie header for each cookie", async () => {
    const { url } = await start(async () => ({ statusCode: 204, cookies: ["a=1; HttpOnly", "b=2"] }));
    const response = await fetch(url);
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()).toEqual(["a=1; HttpOnly", "b=2"]);
  });

  it("is a 200 with JSON when it has no status", async () => {
    const { url } = await start(async () => ({ hello: 1 }) as object);
    const response = await fetch(url);
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "application/json",
      '{"hello":1}',
    ]);
  });

  it.each([
    ["a throw", () => Promise.reject(new Error("secret"))],
    ["a header that HTTP does not know", async () => ({ statusCode: 200, headers: { "x-a": "1\r\nx-b: 2" } })],
    ["a status that is no final answer", async () => ({ statusCode: 101 })],
  ])("of %s is a 500 that says nothing, and the fault is reported", async (_, handler) => {
    const errors: unknown[] = [];
    const { url } = await start(handler, { onError: (error) => errors.push(error) });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([500, '{"message":"Internal Server Error"}']);
    expect(errors).toHaveLength(1);
  });

  it("is a 503 after the integration timeout", async () => {
    const { url } = await start(() => new Promise(() => undefined), { limits: { integrationTimeoutMs: 30 } });
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([503, '{"message":"Service Unavailable"}']);
  });
});

describe("limits", () => {
  it("refuses more than 10 MB with 413, and takes 10 MB", async () => {
    const { url } = await start(async (event) => ({ statusCode: 200, body: String(event.body?.length) }));
    const limit = 10 * 1024 * 1024;
    const headers = { "content-type": "text/plain" };
    expect((await fetch(url, { method: "POST", headers, body: Buffer.alloc(limit + 1, 97) })).status).toBe(413);
    expect(await (await fetch(url, { method: "POST", headers, body: Buffer.alloc(limit, 97) })).text()).toBe(String(limit));
  });

  it("refuses more than 10,240 bytes of request line and headers with 431", async () => {
    const { port } = await start(echo);
    // "GET / HTTP/1.1", three headers of the client, and this one, all with their separators.
    const rest = "GET / HTTP/1.1\r\n".length + `Host: 127.0.0.1:${port}\r\nConnection: keep-alive\r\nx-pad: \r\n`.length;
    expect((await send(port, "GET", "/", { "x-pad": "a".repeat(10_240 - rest) })).status).toBe(200);
    expect((await send(port, "GET", "/", { "x-pad": "a".repeat(10_241 - rest) })).status).toBe(431);
  });

  it("throttles with 429 and lets through again later", async () => {
    const { url } = await start(echo, { throttle: { perSecond: 20, burst: 2 } });
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(url)).status));
    expect(statuses.sort()).toEqual([200, 200, 429, 429]);
    await until(async () => (await fetch(url)).status === 200, "the throttle to let through");
  });
});

describe("what must not bring it down", () => {
  it("answers malformed percent-encoding with 400", async () => {
    const { port } = await start(echo, {
      routes: [
        { routeKey: "GET /x/{id}", handler: echo },
        { routeKey: "$default", handler: echo },
      ],
    });
    expect((await send(port, "GET", "/%E0%A4%A")).status).toBe(400);
    expect((await send(port, "GET", "/x/%zz")).status).toBe(400);
    expect((await send(port, "GET", "/x/ok?%E0%A4%A=%zz")).status).toBe(200);
  });

  it("survives targets and hosts that are no URLs", async () => {
    const { port } = await start(echo);
    for (const target of ["//", "http://[", "/\\", "*"])
      await sendRaw(port, `GET ${target} HTTP/1.1\r\nHost: ][\r\nConnection: close\r\n\r\n`);
    expect((await send(port, "GET", "/")).status).toBe(200);
  });

  it("never invokes a handler for a client that left in the middle of its body, and keeps nothing of it", async () => {
    let calls = 0;
    let settled = 0;
    const api = createHttpApi({ routes: [{ routeKey: "$default", handler: async () => ({ statusCode: 200, body: String(++calls) }) }] });
    const served = await serve((request, response) => api.handle(request, response, { path: "/" }).then(() => settled++));
    cleanups.push(served.close);
    const socket = connect(served.port, "127.0.0.1", () => {
      socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
      setTimeout(() => socket.destroy(), 30);
    });
    await until(() => settled === 1, "the aborted request to settle");
    expect(calls).toBe(0);
  });
});

describe("cross-origin requests", () => {
  const cors = { allowOrigins: ["https://a.example"], allowMethods: ["GET"], allowHeaders: ["authorization"] };

  it("are answered by the gateway when they are preflights, and only for an origin that is allowed", async () => {
    let calls = 0;
    const { port } = await start(async () => ({ statusCode: 200, body: String(++calls) }), { cors });
    const preflight = { origin: "https://a.example", "access-control-request-method": "GET" };
    const allowed = await send(port, "OPTIONS", "/", preflight);
    expect([allowed.status, allowed.headers["access-control-allow-origin"]]).toEqual([204, "https://a.example"]);
    const refused = await send(port, "OPTIONS", "/", { ...preflight, origin: "https://b.example" });
    expect(refused.headers).not.toHaveProperty("access-control-allow-origin");
    expect(calls).toBe(0);
    expect((await send(port, "GET", "/", { origin: "https://a.example" })).headers["access-control-allow-origin"]).toBe(
      "https://a.example",
    );
  });
});

describe("closing and counting", () => {
  it("lets a running handler finish and refuses new requests", async () => {
    let finish = () => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const api = createHttpApi({
      routes: [{ routeKey: "$default", handler: () => running.then(() => ({ statusCode: 200, body: "done" })) }],
    });
    const served = await serve((request, response) => api.handle(request, response, { path: "/" }));
    cleanups.push(served.close);
    const first = fetch(served.url);
    await new Promise((resolve) => setTimeout(resolve, 50));
    let isClosed = false;
    const closing = api.close().then(() => (isClosed = true));
    expect((await fetch(served.url)).status).toBe(503);
    expect(isClosed).toBe(false);
    finish();
    expect(await (await first).text()).toBe("done");
    await closing;
  });

  it("reports every request and invocation under its label", async () => {
    const seen: unknown[] = [];
    const { url } = await start(async () => ({ statusCode: 200, body: "four" }), {
      label: ({ requestContext }) => `${requestContext.http.method} labelled`,
      observe: {
        aroundInvocation: (label, run) => (seen.push(label), run()),
        onInvocation: ({ handler, memoryMb }) => seen.push([handler, memoryMb]),
        onHttpRequest: (...report) => seen.push(report),
      },
    });
    await fetch(url, { method: "POST", body: "abc" });
    expect(seen).toEqual(["POST labelled", ["POST labelled", 256], [3, 4, "POST labelled"]]);
  });
});
