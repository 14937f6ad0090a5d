import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { createHttpApi, type HttpHandler } from "./gateway/http-api";
import { createWebSocketApi } from "./gateway/websocket-api";
import { createOrigin, OriginError, type Origin, type OriginOptions } from "./origin";
import { send, sendRaw, until } from "./testing/serve";
import { KEYS } from "./testing/socket-world";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const answering =
  (name: string): HttpHandler =>
  async ({ rawPath }) => ({ statusCode: 200, body: `${name} ${rawPath}` });

async function start(options: Partial<OriginOptions> = {}) {
  const socketApi = createWebSocketApi({
    routes: {
      default: async ({ requestContext, body }) => {
        await socketApi.push(requestContext.connectionId, `echo:${body}`);
      },
    },
    management: { credentials: KEYS },
  });
  const origin = await createOrigin({
    port: 0,
    api: createHttpApi({ routes: [{ routeKey: "$default", handler: answering("api") }] }),
    site: createHttpApi({ routes: [{ routeKey: "$default", handler: answering("site") }] }),
    meterPages: (_, response, path) => path === "/_local/cost" && (response.end("meter"), true),
    storage: createHttpApi({ routes: [{ routeKey: "$default", handler: answering("storage") }] }),
    socketApi,
    ...options,
  });
  cleanups.push(origin.close);
  return { origin, socketApi };
}

const bodyOf = async (origin: Origin, path: string, headers = {}) => (await send(origin.port, "GET", path, headers)).body;

describe("the origin", () => {
  it.each([
    ["/api/servers/1?x=1", "api /servers/1"],
    ["/api", "api /"],
    ["/apiary", "site /apiary"],
    ["/", "site /"],
    ["/_localize", "site /_localize"],
    ["/_s3/uploads/x", "storage /_s3/uploads/x"],
    ["/_s3x", "site /_s3x"],
    ["/_local/cost", "meter"],
    ["/_local/other", '{"message":"Not Found"}'],
    ["/_aws/other", '{"message":"Not Found"}'],
    ["/ws", '{"message":"Upgrade Required"}'],
  ])("hands %s to whose it is: %s", async (path, body) => {
    const { origin } = await start();
    expect(await bodyOf(origin, path)).toBe(body);
  });

  it("takes sockets at /ws only, and pushes that the SDK signs", async () => {
    const { origin, socketApi } = await start();
    const elsewhere = new WebSocket(`ws://127.0.0.1:${origin.port}/other`);
    const refused = await new Promise((resolve) => elsewhere.on("unexpected-response", (_, { statusCode }) => resolve(statusCode)));
    elsewhere.on("error", () => undefined);
    elsewhere.terminate();
    expect(refused).toBe(404);

    const socket = new WebSocket(`ws://127.0.0.1:${origin.port}/ws?ticket=1`);
    const messages: string[] = [];
    socket.on("message", (data) => messages.push(String(data)));
    await new Promise((resolve) => socket.on("open", resolve));
    socket.send("hi");
    const [ConnectionId] = socketApi.connections.keys();
    const client = new ApiGatewayManagementApiClient({ region: "us-east-1", endpoint: origin.managementEndpoint, credentials: KEYS });
    cleanups.push(() => client.destroy());
    await client.send(new PostToConnectionCommand({ ConnectionId, Data: "pushed" }));
    await until(() => messages.length === 2);
    expect(messages.sort()).toEqual(["echo:hi", "pushed"]);
  });

  it.each([
    ["through a proxy", { "x-forwarded-for": "1.2.3.4" }],
    ["through another proxy", { via: "1.1 caddy" }],
    ["under a foreign name that was pointed here", { host: "evil.example" }],
  ])("shows nothing of the machine to who comes %s", async (_, headers) => {
    const { origin } = await start();
    for (const path of ["/_local/cost", "/_aws/connections/@connections/x"]) {
      expect((await send(origin.port, "GET", path, headers)).status).toBe(403);
    }
    expect(await bodyOf(origin, "/_local/cost", { host: "localhost:80" })).toBe("meter");
  });

  it("answers 500 when a part of it fails, says so, and goes on", async () => {
    const errors: unknown[] = [];
    const failing = { handle: () => Promise.reject(new Error("x")), close: async () => undefined };
    const { origin } = await start({ site: failing, onError: (error) => errors.push(error) });
    expect((await send(origin.port, "GET", "/")).status).toBe(500);
    expect(errors).toHaveLength(1);
    expect(await bodyOf(origin, "/api/x")).toBe("api /x");
  });

  it("survives what is no request", async () => {
    const { origin } = await start();
    const targets = ["//", "http://[", "*", "/%E0%A4%A", "/api/%E0%A4%A", "/ws?%"];
    for (const target of targets) await sendRaw(origin.port, `GET ${target} HTTP/1.1\r\nHost: ][\r\nConnection: close\r\n\r\n`, 200);
    await sendRaw(origin.port, "nonsense\r\n\r\n", 200);
    expect(await bodyOf(origin, "/api/x")).toBe("api /x");
  });
});

describe("a port that is taken", () => {
  it("is said in one line that names the port and what to do", async () => {
    const { origin } = await start();
    const failure = await start({ port: origin.port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OriginError);
    expect((failure as Error).message).toBe(
      `127.0.0.1:${origin.port} is in use by another program. Stop that program, or choose another port.`,
    );
  });
});

describe("closing", () => {
  it("lets requests finish, closes sockets with 1001, and frees the port", async () => {
    let finish = () => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const api = createHttpApi({
      routes: [{ routeKey: "$default", handler: () => running.then(() => ({ statusCode: 200, body: "done" })) }],
    });
    const { origin } = await start({ api });
    const socket = new WebSocket(`ws://127.0.0.1:${origin.port}/ws`);
    const closed = new Promise((resolve) => socket.on("close", resolve));
    await new Promise((resolve) => socket.on("open", resolve));
    const request = send(origin.port, "GET", "/api/slow");
    await new Promise((resolve) => setTimeout(resolve, 30));
    const closing = Promise.all([origin.close(), origin.close()]);
    expect(await closed).toBe(1001);
    await new Promise((resolve) => setTimeout(resolve, 30)); // all but the request is done by now
    finish();
    expect((await request).body).toBe("done");
    await closing;
    const again = createServer();
    await new Promise<void>((resolve) => again.listen(origin.port, "127.0.0.1", resolve));
    again.close();
  });
});
