import type { APIGatewayProxyResultV2, Handler } from "aws-lambda";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type ServerOptions, type WebSocket } from "ws";
import { authorize, type Authorizer } from "./authorizer";
import { clientView } from "./client-address";
import { Connection } from "./connection";
import { FrameMeter } from "./frame-meter";
import { IntegrationTimeout, Invoker } from "./invoker";
import { SHUTDOWN_GRACE_MS, socketLimits, type SocketLimits } from "./limits";
import { createManagementApi, type ManagementOptions } from "./management-api";
import type { Observe } from "./observe";
import { Pusher, type PushResult } from "./pusher";
import { disconnectPart, newGatewayId, requestContext, upgradePart, type Caller, type SocketEvent } from "./socket-event";
import { createThrottle } from "./throttle";
import { isHandshake, refuseUpgrade } from "./upgrade";

/** What a handler returns counts for `$connect` only: its status, and the subprotocol among its headers. */
export type SocketHandler = Handler<SocketEvent, APIGatewayProxyResultV2 | void>;

export interface WebSocketApiOptions {
  routes: {
    connect?: SocketHandler;
    disconnect?: SocketHandler;
    default: SocketHandler;
    /** By the `action` of a JSON message. */
    custom?: Record<string, SocketHandler>;
  };
  authorizer?: Authorizer;
  stage?: string;
  trustProxy?: boolean;
  /** Who may call `@connections`. Without it nobody may. */
  management?: ManagementOptions;
  /** Names the route of a message; by default its `action`. */
  routeKeyOf?: (body: string) => string | undefined;
  memoryMb?: number;
  limits?: Partial<SocketLimits>;
  observe?: Observe;
  /** What an invocation is called in the meter; `socket <route key>` unless given. */
  label?: (event: SocketEvent) => string;
  onError?: (error: unknown, label: string) => void;
}

export interface WebSocketApi {
  /** Takes an upgrade; never rejects. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void>;
  /** The `@connections` API. The URL may have any prefix. */
  management(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Pushes a text frame to one connection of this process. */
  push(connectionId: string, frame: string): Promise<PushResult>;
  /** Pushes a text frame to many connections of this process. */
  pushMany(connectionIds: Iterable<string>, frame: string): Promise<PushResult>;
  /** Ends connections from this side; one that is about to open does not. Resolves when their clients have gone, or were cut off. */
  closeMany(connectionIds: Iterable<string>): Promise<void>;
  connections: ReadonlyMap<string, Connection>;
  /** Refuses upgrades and messages, lets running handlers finish (five seconds), closes every socket with 1001, and waits for `$disconnect`. */
  close(): Promise<void>;
}

const MINUTE_MS = 60_000;
const FATAL_CLOSE_CODES: Record<string, number> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_INVALID_UTF8: 1007,
};

/** Amazon API Gateway's WebSocket API in front of plain Lambda handlers, which run concurrently, also those of one connection. */
export function createWebSocketApi(options: WebSocketApiOptions): WebSocketApi {
  const { routes, stage = "$default", trustProxy = false, observe = {}, onError = () => undefined, routeKeyOf = actionOf } = options;
  const limits = { ...socketLimits, ...options.limits };
  const custom = new Map(Object.entries(routes.custom ?? {}));
  for (const key of custom.keys()) if (key.startsWith("$")) throw new Error(`${key}: the names of routes must not start with $`);

  const connections = new Map<string, Connection>();
  /** Those whose `$connect` is being asked, and whether they may still open. */
  const opening = new Map<string, { isUnwanted: boolean }>();
  const pusher = new Pusher({ connections, maxBytes: limits.pushBytes, observe });
  const invoker = new Invoker({ timeoutMs: limits.integrationTimeoutMs, observe, onError });
  const mayConnect = createThrottle({ perSecond: limits.connectsPerSecond, burst: limits.connectsPerSecond });
  const chosenProtocols = new WeakMap<IncomingMessage, string>();
  const serverOptions: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false, // neither does API Gateway compress, and it lets the pusher write frames that it built itself
    closeTimeout: limits.closeTimeoutMs, // missing from @types/ws 8.18
    handleProtocols: (_, request) => chosenProtocols.get(request) ?? false,
  };
  const server = new WebSocketServer(serverOptions);
  const minutes = setInterval(() => countMinutes(connections.values()), MINUTE_MS);
  minutes.unref();
  let isClosed = false;
  const isClosing = () => isClosed; // it may begin during any await

  const labelOf = (event: SocketEvent) => options.label?.(event) ?? `socket ${event.requestContext.routeKey}`;

  function run(handler: SocketHandler, event: SocketEvent) {
    const label = labelOf(event);
    return invoker.invoke(handler, event, { label, ...(options.memoryMb === undefined ? {} : { memoryMb: options.memoryMb }) });
  }

  function countMinutes(counted: Iterable<Connection>): void {
    const now = Date.now();
    let total = 0;
    for (const connection of counted) {
      total += (now - connection.countedAt) / MINUTE_MS;
      connection.countedAt = now;
    }
    if (total > 0) observe.onConnectionMinutes?.(total);
  }

  /** @returns the status by which the upgrade is refused, or undefined if it may go on */
  async function askConnect(caller: Caller, request: IncomingMessage): Promise<number | undefined> {
    const context = requestContext(caller, stage, { routeKey: "$connect", eventType: "CONNECT" });
    const part = upgradePart(request);
    if (options.authorizer) {
      const verdict = await authorize(options.authorizer, { ...part, requestContext: context, isBase64Encoded: false }, invoker);
      if (typeof verdict === "number") return verdict;
      caller.authorizer = context.authorizer = verdict;
    }
    if (!routes.connect) return undefined;
    const result = await run(routes.connect, { ...part, requestContext: context, isBase64Encoded: false });
    const { statusCode = 500, headers = {} } = typeof result === "object" ? result : {};
    if (statusCode < 200 || statusCode > 299) return statusCode;
    const protocol = Object.entries(headers).find(([name]) => name.toLowerCase() === "sec-websocket-protocol")?.[1];
    if (protocol) chosenProtocols.set(request, String(protocol));
    return undefined;
  }

  /** Best effort, as on AWS: nobody waits for it and nobody hears of a failure except the log. */
  function sendDisconnect(caller: Caller, code: number, reason: string): void {
    if (!routes.disconnect) return;
    const part = { routeKey: "$disconnect", eventType: "DISCONNECT" as const, disconnectStatusCode: code, disconnectReason: reason };
    const event = { ...disconnectPart(caller.host), requestContext: requestContext(caller, stage, part), isBase64Encoded: false };
    void run(routes.disconnect, event).catch(() => undefined); // reported by the invoker
  }

  function accept(caller: Caller, socket: WebSocket, stream: Duplex): void {
    const frames = new FrameMeter(stream, limits.frameBytes);
    const connection = new Connection(caller, socket, stream, limits);
    connections.set(caller.id, connection);
    socket.on("ping", () => connection.touch());
    socket.on("error", (error: Error & { code?: string }) => {
      // ws has sent the close frame and stops reading, so it never learns the code itself and would report 1006.
      connection.end(FATAL_CLOSE_CODES[error.code ?? ""] ?? (error.code?.startsWith("WS_ERR") ? 1002 : 1006), error.message);
    });
    socket.on("message", (data: Buffer, isBinary) => {
      const { isOversized } = frames.takeMessage();
      if (!connection.isOpen || isClosing()) return;
      if (isOversized) return connection.close(1009, "Frame too large");
      if (isBinary) return connection.close(1003, "Binary is not supported");
      connection.touch();
      void onMessage(connection, data.toString(), data.length); // never awaited: messages of one connection run concurrently
    });
    socket.on("close", (code, reason) => {
      connection.end(code, reason.toString());
      connections.delete(caller.id);
      countMinutes([connection]);
      const ended = connection.closing ?? { code, reason: reason.toString() };
      sendDisconnect(caller, ended.code, ended.reason);
    });
  }

  async function onMessage(connection: Connection, body: string, bytes: number): Promise<void> {
    const key = routeKeyOf(body);
    const handler = key === undefined ? undefined : custom.get(key);
    const routeKey = key !== undefined && handler ? key : "$default";
    const part = { routeKey, eventType: "MESSAGE" as const, messageId: newGatewayId() };
    const context = requestContext(connection.caller, stage, part);
    const event: SocketEvent = { requestContext: context, body, isBase64Encoded: false };
    observe.onSocketMessage?.(bytes, labelOf(event));
    try {
      await run(handler ?? routes.default, event);
    } catch (error) {
      const message = error instanceof IntegrationTimeout ? "Endpoint request timed out" : "Internal server error";
      const { connectionId, requestId } = context;
      await pusher.pushMany([connectionId], JSON.stringify({ message, connectionId, requestId }));
    }
  }

  /** ws answers before it returns: with a socket, or with a refusal that it sends itself. */
  function openSocket(request: IncomingMessage, stream: Duplex, head: Buffer): WebSocket | undefined {
    let opened: WebSocket | undefined;
    server.handleUpgrade(request, stream, head, (socket) => {
      opened = socket;
    });
    return opened;
  }

  async function closeMany(ids: Iterable<string>): Promise<void> {
    await Promise.all(
      [...ids].map(async (id) => {
        const door = opening.get(id);
        if (door) door.isUnwanted = true;
        await connections.get(id)?.closeForGood(1000, "", limits.closePatienceMs);
      }),
    );
  }

  async function upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    stream.on("error", () => undefined); // a client that resets before the upgrade must not end the process
    if (isClosing()) return refuseUpgrade(stream, 503);
    if (!isHandshake(request)) return refuseUpgrade(stream, 400);
    if (!mayConnect()) return refuseUpgrade(stream, 429, "Too Many Requests");
    const caller: Caller = {
      id: newGatewayId(),
      connectedAt: Date.now(),
      sourceIp: clientView(request, trustProxy).sourceIp,
      userAgent: request.headers["user-agent"],
      host: request.headers.host ?? "",
    };
    const door = { isUnwanted: false };
    opening.set(caller.id, door);
    try {
      const refusal = await askConnect(caller, request);
      if (refusal !== undefined) return refuseUpgrade(stream, refusal);
    } catch (error) {
      return refuseUpgrade(stream, error instanceof IntegrationTimeout ? 504 : 502);
    } finally {
      opening.delete(caller.id);
    }
    let socket: WebSocket | undefined;
    if (isClosing() || door.isUnwanted) refuseUpgrade(stream, 503);
    else socket = openSocket(request, stream, head);
    if (socket) accept(caller, socket, stream);
    // $connect has said yes and there is no socket: the client left meanwhile, or asked for something that ws refuses.
    else sendDisconnect(caller, 1006, "");
  }

  return {
    upgrade: (request, stream, head) =>
      upgrade(request, stream, head).catch((error: unknown) => {
        onError(error, "gateway");
        stream.destroy();
      }),
    management: createManagementApi({ connections, pusher, limits, closeMany, ...options.management }),
    push: (connectionId, frame) => pusher.pushMany([connectionId], frame),
    pushMany: (connectionIds, frame) => pusher.pushMany(connectionIds, frame),
    closeMany,
    connections,
    async close() {
      isClosed = true;
      clearInterval(minutes);
      await invoker.drain(SHUTDOWN_GRACE_MS);
      for (const connection of connections.values()) connection.close(1001, "Going away");
      const terminateAt = Date.now() + limits.closeTimeoutMs;
      while (connections.size && Date.now() < terminateAt) await new Promise((resolve) => setTimeout(resolve, 5));
      for (const connection of connections.values()) connection.terminate();
      await new Promise((resolve) => setImmediate(resolve)); // terminated sockets report their end in the next turn
      await invoker.drain(SHUTDOWN_GRACE_MS);
    },
  };
}

function actionOf(body: string): string | undefined {
  try {
    const message: unknown = JSON.parse(body);
    if (message && typeof message === "object" && "action" in message) return String(message.action);
  } catch {
    // not JSON: $default
  }
  return undefined;
}
