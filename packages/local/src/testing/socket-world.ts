import WebSocket from "ws";
import type { SocketEvent } from "../gateway/socket-event";
import { createWebSocketApi, type SocketHandler, type WebSocketApi, type WebSocketApiOptions } from "../gateway/websocket-api";
import { serve } from "./serve";

export const KEYS = { accessKeyId: "local", secretAccessKey: "secret" };

export interface SocketWorld {
  api: WebSocketApi;
  port: number;
  /** Every event that a handler got, in order. */
  events: SocketEvent[];
  /** Opens a socket; rejects with the status as the message if the upgrade is refused. */
  open(options?: { path?: string; protocols?: string[]; headers?: Record<string, string> }): Promise<Client>;
  disconnects(): { code: number | undefined; reason: string | undefined }[];
  close(): Promise<void>;
}

interface Client {
  socket: WebSocket;
  id: string;
  messages: string[];
  closed: Promise<{ code: number; reason: string }>;
}

/** A WebSocket API on a free port; its `$default` route echoes to the sender. */
export async function startSocketWorld(options: Partial<WebSocketApiOptions> = {}): Promise<SocketWorld> {
  const events: SocketEvent[] = [];
  const record =
    (handler?: SocketHandler): SocketHandler =>
    async (event, context, callback) => {
      events.push(event);
      return handler ? handler(event, context, callback) : { statusCode: 200 };
    };
  const echo: SocketHandler = async ({ requestContext, body }) => {
    await api.push(requestContext.connectionId, `echo:${body}`);
  };
  const routes = { default: echo, ...options.routes };
  const api = createWebSocketApi({
    management: { credentials: KEYS },
    ...options,
    routes: { ...routes, connect: record(routes.connect), disconnect: record(routes.disconnect), default: record(routes.default) },
  });
  const served = await serve(
    (request, response) => api.management(request, response),
    (request, stream, head) => api.upgrade(request, stream, head),
  );
  return {
    api,
    port: served.port,
    events,
    open: ({ path = "/", protocols = [], headers = {} } = {}) =>
      new Promise((resolve, reject) => {
        const before = new Set(api.connections.keys());
        const socket = new WebSocket(`ws://127.0.0.1:${served.port}${path}`, protocols, { headers });
        const messages: string[] = [];
        socket.on("message", (data) => messages.push(String(data)));
        const closed = new Promise<{ code: number; reason: string }>((done) =>
          socket.on("close", (code, reason) => done({ code, reason: reason.toString() })),
        );
        socket.on("open", () => {
          const id = [...api.connections.keys()].find((key) => !before.has(key)) ?? "";
          resolve({ socket, id, messages, closed });
        });
        socket.on("unexpected-response", (request, response) => {
          request.destroy();
          reject(new Error(String(response.statusCode)));
        });
        socket.on("error", reject);
      }),
    disconnects: () =>
      events
        .filter(({ requestContext }) => requestContext.eventType === "DISCONNECT")
        .map(({ requestContext }) => ({ code: requestContext.disconnectStatusCode, reason: requestContext.disconnectReason })),
    async close() {
      await api.close();
      await served.close();
    },
  };
}
