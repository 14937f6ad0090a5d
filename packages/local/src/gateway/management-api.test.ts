import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
  type ApiGatewayManagementApiClientConfig,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { Sha256 } from "@agora/core/sha256";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, it } from "vitest";
import { send, until } from "../testing/serve";
import { KEYS, startSocketWorld, type SocketWorld } from "../testing/socket-world";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(...options: Parameters<typeof startSocketWorld>): Promise<SocketWorld> {
  const world = await startSocketWorld(...options);
  cleanups.push(world.close);
  return world;
}

function clientOf(world: SocketWorld, config: ApiGatewayManagementApiClientConfig = {}): ApiGatewayManagementApiClient {
  const endpoint = `http://127.0.0.1:${world.port}/_aws/connections`;
  const client = new ApiGatewayManagementApiClient({ region: "us-east-1", endpoint, credentials: KEYS, maxAttempts: 1, ...config });
  cleanups.push(() => client.destroy());
  return client;
}

const post = (client: ApiGatewayManagementApiClient, ConnectionId: string, Data: string | Uint8Array) =>
  client.send(new PostToConnectionCommand({ ConnectionId, Data }));

describe("@connections, called by the SDK", () => {
  it("posts to a connection, also text outside ASCII", async () => {
    const world = await start();
    const { id, messages } = await world.open();
    await post(clientOf(world), id, "grüß dich ☕");
    await until(() => messages.length === 1);
    expect(messages).toEqual(["grüß dich ☕"]);
  });

  it("shows since when a connection is there and when it was last active", async () => {
    const world = await start();
    const { id } = await world.open({ headers: { "User-Agent": "witness" } });
    const client = clientOf(world);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await post(client, id, "x");
    const { ConnectedAt, LastActiveAt, Identity } = await client.send(new GetConnectionCommand({ ConnectionId: id }));
    expect(LastActiveAt!.getTime()).toBeGreaterThan(ConnectedAt!.getTime()); // the gateway always sends both
    expect(Identity).toEqual({ SourceIp: "127.0.0.1", UserAgent: "witness" });
  });

  it("disconnects with 1000; after that the connection is gone", async () => {
    const world = await start();
    const { id, closed } = await world.open();
    const client = clientOf(world);
    await client.send(new DeleteConnectionCommand({ ConnectionId: id }));
    expect((await closed).code).toBe(1000);
    await expect(post(client, id, "x")).rejects.toBeInstanceOf(GoneException);
    await expect(client.send(new GetConnectionCommand({ ConnectionId: id }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 410 } });
  });

  it("refuses more than 32 KB with PayloadTooLargeException", async () => {
    const world = await start();
    const { id } = await world.open();
    const client = clientOf(world);
    await expect(post(client, id, Buffer.alloc(32 * 1024 + 1, 65))).rejects.toMatchObject({ name: "PayloadTooLargeException" });
    await expect(post(client, id, Buffer.alloc(2 * 1024 * 1024, 65))).rejects.toMatchObject({ $metadata: { httpStatusCode: 413 } });
    await post(client, id, Buffer.alloc(32 * 1024, 65));
  });

  it("throttles with LimitExceededException", async () => {
    const world = await start({ management: { credentials: KEYS, throttle: { perSecond: 1, burst: 1 } } });
    const { id } = await world.open();
    await post(clientOf(world), id, "x");
    await expect(post(clientOf(world), id, "x")).rejects.toMatchObject({
      name: "LimitExceededException",
      $metadata: { httpStatusCode: 429 },
    });
  });
});

describe("who may call @connections", () => {
  const forbidden = { name: "ForbiddenException", $metadata: { httpStatusCode: 403 } };

  it.each([
    ["another secret", { credentials: { ...KEYS, secretAccessKey: "wrong" } }],
    ["another key", { credentials: { ...KEYS, accessKeyId: "wrong" } }],
    ["a clock that is ten minutes off", { systemClockOffset: -600_000 }],
  ])("is nobody with %s", async (_, config) => {
    const world = await start();
    const { id, messages } = await world.open();
    await expect(post(clientOf(world, config), id, "x")).rejects.toMatchObject(forbidden);
    await post(clientOf(world, { systemClockOffset: -60_000 }), id, "right");
    await until(() => messages.length);
    expect(messages).toEqual(["right"]);
  });

  it("is nobody when no key pair was given", async () => {
    const world = await start({ management: {} });
    const { id } = await world.open();
    await expect(post(clientOf(world), id, "x")).rejects.toMatchObject(forbidden);
  });

  it("is nobody who changes a signed request: its body, its path, its method, its headers", async () => {
    const world = await start();
    const { id, messages } = await world.open();
    const other = await world.open();
    const signed = await signedRequest(world, id, "pay 1");
    const replay = (change: Change) => {
      const { method, path, headers, body } = { ...signed, ...change, headers: { ...signed.headers, ...change.headers } };
      return send(world.port, method, path, headers, body);
    };
    expect((await replay({})).status).toBe(200);
    const changes: Change[] = [
      { body: "pay 9" },
      { path: signed.path.replace(encodeURIComponent(id), encodeURIComponent(other.id)) },
      { path: `${signed.path}?x=1` },
      { method: "DELETE" },
      { headers: { host: "evil.example" } },
      { headers: { authorization: signed.headers["authorization"]!.replace(/.$/, (last) => (last === "0" ? "1" : "0")) } }, // always signed
      { headers: { authorization: "AWS4-HMAC-SHA256 nonsense" } },
      { headers: { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }, body: "pay 9" },
    ];
    for (const change of changes) expect((await replay(change)).status, JSON.stringify(change)).toBe(403);
    expect(messages).toEqual(["pay 1"]);
    expect(other.messages).toEqual([]);
  });

  it("is nobody who left the host out of what is signed: such a request could be sent elsewhere", async () => {
    const world = await start();
    const { id } = await world.open();
    const signer = new SignatureV4({ credentials: KEYS, region: "us-east-1", service: "execute-api", sha256: Sha256 });
    const path = `/@connections/${encodeURIComponent(id)}`;
    const host = `127.0.0.1:${world.port}`;
    const request = { method: "POST", protocol: "http:", hostname: host, path, headers: { host }, body: "x" };
    const statusWith = async (unsignableHeaders: Set<string>) => {
      const { headers } = await signer.sign(request, { unsignableHeaders });
      return (await send(world.port, "POST", path, headers, "x")).status;
    };
    expect(await statusWith(new Set())).toBe(200);
    expect(await statusWith(new Set(["host"]))).toBe(403);
  });

  it("survives a path that is no path", async () => {
    const world = await start();
    for (const path of ["/@connections/%E0%A4%A", "//", "/@connections/"]) expect((await send(world.port, "POST", path)).status).toBe(403);
  });
});

interface Change {
  method?: string;
  path?: string;
  body?: string;
  headers?: Record<string, string>;
}

/** What the SDK would send, taken just before it does. */
async function signedRequest(world: SocketWorld, ConnectionId: string, Data: string) {
  const client = clientOf(world);
  let captured: { method: string; path: string; headers: Record<string, string> } | undefined;
  client.middlewareStack.add(
    () => async (args) => {
      captured = args.request as typeof captured;
      throw new Error("captured");
    },
    { step: "finalizeRequest", priority: "low" },
  );
  await post(client, ConnectionId, Data).catch(() => undefined);
  if (!captured) throw new Error("The SDK sent nothing");
  const { method, path, headers } = captured;
  return {
    method,
    path,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: Data,
  };
}
