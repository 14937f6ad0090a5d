import type { Statement } from "aws-lambda";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { sendRaw, until } from "../testing/serve";
import { startSocketWorld, type SocketWorld } from "../testing/socket-world";
import type { WebSocketApiOptions } from "./websocket-api";

const worlds: SocketWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function start(options: Partial<WebSocketApiOptions> = {}): Promise<SocketWorld> {
  const world = await startSocketWorld(options);
  worlds.push(world);
  return world;
}
const noop = async () => undefined;
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const HANDSHAKE =
  "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

describe("connecting", () => {
  it("hands $connect the upgrade request: case of headers kept, repeated values beside the last ones", async () => {
    const world = await start();
    await world.open({ path: "/?a=1&a=2", headers: { "X-Custom": "v" } });
    const [event] = world.events;
    expect(event?.headers?.["X-Custom"]).toBe("v");
    expect(event?.multiValueHeaders?.["X-Custom"]).toEqual(["v"]);
    expect(event?.queryStringParameters).toEqual({ a: "2" });
    expect(event?.multiValueQueryStringParameters).toEqual({ a: ["1", "2"] });
    expect(event?.requestContext).toMatchObject({ routeKey: "$connect", eventType: "CONNECT", identity: { sourceIp: "127.0.0.1" } });
    expect(event?.requestContext.requestTime).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/);
    expect(event?.requestContext.connectionId).toMatch(/^[\w-]{15}=$/);
  });

  it.each([401, 403, 418])("answers the client with the status %i of $connect, and there is no connection", async (statusCode) => {
    const world = await start({ routes: { connect: async () => ({ statusCode }), default: noop } });
    await expect(world.open()).rejects.toThrow(String(statusCode));
    expect(world.api.connections.size).toBe(0);
    expect(world.disconnects()).toEqual([]);
  });

  it("refuses with 502 when $connect throws, with 504 when it does not answer", async () => {
    const throwing = await start({ routes: { connect: () => Promise.reject(new Error("x")), default: noop } });
    await expect(throwing.open()).rejects.toThrow("502");
    const hanging = await start({
      routes: { connect: () => wait(300).then(() => ({ statusCode: 200 })), default: noop },
      limits: { integrationTimeoutMs: 30 },
    });
    await expect(hanging.open()).rejects.toThrow("504");
  });

  it("does not know the connection before $connect has answered", async () => {
    let during: unknown;
    const world = await start({
      routes: {
        connect: async ({ requestContext }) => {
          during = await world.api.push(requestContext.connectionId, "too early");
          return { statusCode: 200 };
        },
        default: noop,
      },
    });
    const { id } = await world.open();
    expect(during).toEqual({ gone: [id], failed: [] });
  });

  it("gives each upgrade its own subprotocol, however they overlap", async () => {
    const world = await start({
      routes: {
        connect: async ({ queryStringParameters }) => {
          const asked = queryStringParameters?.["p"] ?? "";
          await wait(asked === "slow" ? 60 : 5);
          return { statusCode: 200, headers: { "Sec-WebSocket-Protocol": asked } };
        },
        default: noop,
      },
    });
    const names = ["slow", "fast", "slow", "fast"];
    const clients = await Promise.all(names.map((name) => world.open({ path: `/?p=${name}`, protocols: ["fast", "slow"] })));
    expect(clients.map(({ socket }) => socket.protocol)).toEqual(names);
  });

  it("asks the authorizer first: 401 if it throws Unauthorized, 403 if it denies, its context in every later event", async () => {
    const world = await start({
      authorizer: async ({ queryStringParameters, methodArn }) => {
        const token = queryStringParameters?.["token"];
        if (!token) throw new Error("Unauthorized");
        const statement: Statement = { Effect: token === "ok" ? "Allow" : "Deny", Action: "execute-api:Invoke", Resource: methodArn };
        return { principalId: "u", policyDocument: { Version: "2012-10-17", Statement: [statement] }, context: { userId: "u1" } };
      },
    });
    await expect(world.open()).rejects.toThrow("401");
    await expect(world.open({ path: "/?token=no" })).rejects.toThrow("403");
    const { socket, closed } = await world.open({ path: "/?token=ok" });
    socket.send("hi");
    await until(() => world.events.length === 2);
    socket.close();
    await closed;
    await until(() => world.events.length === 3);
    expect(world.events.map(({ requestContext }) => requestContext.authorizer?.["userId"])).toEqual(["u1", "u1", "u1"]);
  });

  it("refuses with 429 past the limit of new connections", async () => {
    const world = await start({ limits: { connectsPerSecond: 2 } });
    const results = await Promise.allSettled([world.open(), world.open(), world.open()]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(results.find((result) => result.status === "rejected")?.reason).toMatchObject({ message: "429" });
  });

  it("refuses what is no handshake with 400, before any handler runs, and survives targets and hosts that are no URLs", async () => {
    const world = await start();
    const requests = [
      "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      `POST / HTTP/1.1\r\n${HANDSHAKE}\r\n`,
      `GET / HTTP/1.1\r\n${HANDSHAKE.replace("13", "7")}\r\n`,
    ];
    for (const request of requests) expect(await sendRaw(world.port, request)).toContain("400 Bad Request");
    expect(world.events).toEqual([]);
    for (const target of ["//", "/?%E0%A4%A", "http://["]) {
      expect(await sendRaw(world.port, `GET ${target} HTTP/1.1\r\n${HANDSHAKE.replace("Host: x", "Host: ][")}\r\n`, 100)).toContain("101");
    }
  });

  it("survives a client that resets during the upgrade, and tells $disconnect of it", async () => {
    const world = await start({ routes: { connect: () => wait(60).then(() => ({ statusCode: 200 })), default: noop } });
    const socket = connect(world.port, "127.0.0.1", () => {
      socket.write(`GET / HTTP/1.1\r\n${HANDSHAKE}\r\n`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    socket.on("error", () => undefined);
    await until(() => world.disconnects().length === 1, "$disconnect");
    expect(world.disconnects()[0]?.code).toBe(1006);
    expect(world.api.connections.size).toBe(0);
  });
});

describe("messages", () => {
  it("go to the route that their action names, all else to $default", async () => {
    const routes: string[] = [];
    const note = async (event: { requestContext: { routeKey: string } }) => void routes.push(event.requestContext.routeKey);
    const world = await start({ routes: { default: note, custom: { known: note } } });
    const { socket } = await world.open();
    for (const body of [
      "plain",
      "{",
      '{"action":"unknown"}',
      '{"action":"known"}',
      '{"action":"toString"}',
      '{"action":"__proto__"}',
      "null",
    ]) {
      socket.send(body);
    }
    await until(() => routes.length === 7);
    expect(routes.sort()).toEqual([...Array<string>(6).fill("$default"), "known"]);
  });

  it.each(["$connect", "$disconnect", "$default", "connect", "disconnect"])("cannot name the route %s", async (action) => {
    const world = await start();
    const { socket, messages } = await world.open();
    socket.send(JSON.stringify({ action }));
    await until(() => messages.length);
    expect(world.events.map(({ requestContext }) => requestContext.routeKey)).toEqual(["$connect", "$default"]);
    await expect(startSocketWorld({ routes: { default: noop, custom: { $connect: noop } } })).rejects.toThrow("must not start with $");
  });

  it("of one connection run their handlers concurrently", async () => {
    const order: string[] = [];
    const world = await start({
      routes: {
        default: async ({ body }) => {
          if (body === "slow") await wait(80);
          order.push(body ?? "");
        },
      },
    });
    const { socket } = await world.open();
    socket.send("slow");
    socket.send("fast");
    await until(() => order.length === 2);
    expect(order).toEqual(["fast", "slow"]);
  });

  it("whose handler fails or does not answer are answered so, and the connection stays open", async () => {
    const world = await start({
      routes: { default: ({ body }) => (body === "hang" ? wait(200) : Promise.reject(new Error("secret"))) as Promise<undefined> },
      limits: { integrationTimeoutMs: 30 },
    });
    const { socket, id, messages } = await world.open();
    socket.send("boom");
    await until(() => messages.length === 1);
    const failure = JSON.parse(messages[0] ?? "") as Record<string, string>;
    expect(Object.keys(failure)).toEqual(["message", "connectionId", "requestId"]);
    expect(failure).toMatchObject({ message: "Internal server error", connectionId: id });
    socket.send("hang");
    await until(() => messages.length === 2);
    expect(messages[1]).toContain("Endpoint request timed out");
    expect(socket.readyState).toBe(socket.OPEN);
  });

  it("in binary close the connection with 1003", async () => {
    const world = await start();
    const { socket, closed } = await world.open();
    socket.send(Buffer.from([1, 2]));
    expect((await closed).code).toBe(1003);
  });
});

describe("sizes", () => {
  const KB = 1024;

  it("lets 32 KB in one frame and 128 KB in several frames pass", async () => {
    const received: number[] = [];
    const world = await start({ routes: { default: async ({ body }) => void received.push(body?.length ?? 0) } });
    const { socket } = await world.open();
    socket.send("x".repeat(32 * KB));
    for (let part = 0; part < 4; part++) {
      socket.send("x".repeat(32 * KB), { fin: part === 3 });
      if (part === 1) socket.ping("between the frames of a message");
    }
    await until(() => received.length === 2, "both messages");
    expect(received).toEqual([32 * KB, 128 * KB]);
  });

  it.each([
    ["a frame of more than 32 KB", [32 * KB + 1]],
    ["a message with such a frame in it", [10, 32 * KB + 1, 10]],
    ["a message of more than 128 KB", [32 * KB, 32 * KB, 32 * KB, 32 * KB, 1]],
    ["a frame of more than 128 KB", [200 * KB]],
  ])("closes after %s with 1009, for the client and for $disconnect", async (_, parts) => {
    const handled: (string | undefined)[] = [];
    const world = await start({ routes: { default: async ({ body }) => void handled.push(body) } });
    const { socket, closed } = await world.open();
    socket.send("before");
    socket.ping(); // counts as no message
    for (const [index, bytes] of parts.entries()) socket.send("x".repeat(bytes), { fin: index === parts.length - 1 });
    socket.send("after");
    expect((await closed).code).toBe(1009);
    await until(() => world.disconnects().length === 1);
    expect(world.disconnects()[0]?.code).toBe(1009);
    expect(handled).toEqual(["before"]);
  });
});

describe("the end of a connection", () => {
  it("by the client reaches $disconnect with its code and reason", async () => {
    const world = await start();
    const { socket } = await world.open();
    socket.close(4001, "bye");
    await until(() => world.disconnects().length === 1);
    expect(world.disconnects()).toEqual([{ code: 4001, reason: "bye" }]);
    expect(world.events.at(-1)?.headers).toHaveProperty("Host");
    expect(world.api.connections.size).toBe(0);
  });

  it("comes with 1001 when it is idle, and whatever is sent or received puts that off", async () => {
    const world = await start({ routes: { default: noop }, limits: { idleMs: 150 } });
    const idle = await world.open();
    const [talking, pinging, pushed] = [await world.open(), await world.open(), await world.open()];
    const activity = setInterval(() => {
      talking.socket.send("x");
      pinging.socket.ping();
      void world.api.push(pushed.id, "x");
    }, 30);
    expect((await idle.closed).code).toBe(1001);
    await wait(250);
    expect([talking, pinging, pushed].map(({ socket }) => socket.readyState)).toEqual([1, 1, 1]);
    clearInterval(activity);
    expect((await Promise.all([talking.closed, pinging.closed, pushed.closed])).map(({ code }) => code)).toEqual([1001, 1001, 1001]);
    await until(() => world.disconnects().length === 4);
    expect(world.disconnects().every(({ code }) => code === 1001)).toBe(true);
  });

  it("comes with 1001 at the age limit, however busy it is", async () => {
    const world = await start({ limits: { ageMs: 120 } });
    const { socket, closed } = await world.open();
    const activity = setInterval(() => socket.send("x"), 10);
    expect((await closed).code).toBe(1001);
    clearInterval(activity);
  });

  it("comes with 1001 when the gateway closes, after running handlers have finished and pushed", async () => {
    const world = await start({
      routes: {
        default: async ({ requestContext }) => {
          await wait(80);
          await world.api.push(requestContext.connectionId, "finished");
        },
      },
    });
    const { socket, messages, closed } = await world.open();
    socket.send("work");
    await until(() => world.events.length === 2);
    const closing = world.api.close();
    await expect(world.open()).rejects.toThrow("503");
    expect((await closed).code).toBe(1001);
    expect(messages).toEqual(["finished"]);
    await closing;
    expect(world.disconnects()).toEqual([{ code: 1001, reason: "Going away" }]);
  });
});

describe("counting", () => {
  it("reports messages, invocations and the time that connections were open", async () => {
    const reports = { bytes: 0, minutes: 0, labels: [] as string[] };
    const world = await start({
      observe: {
        onSocketMessage: (bytes) => (reports.bytes += bytes),
        onConnectionMinutes: (minutes) => (reports.minutes += minutes),
        onInvocation: ({ handler }) => reports.labels.push(handler),
      },
    });
    const { socket } = await world.open();
    socket.send("four");
    await wait(60);
    socket.close();
    await until(() => reports.labels.length === 3);
    expect(reports.bytes).toBe(4);
    expect(reports.minutes).toBeGreaterThan(0.0009);
    expect(reports.minutes).toBeLessThan(0.1);
    expect(reports.labels).toEqual(["socket $connect", "socket $default", "socket $disconnect"]);
  });
});
