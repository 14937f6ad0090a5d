import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { S3_PREFIX } from "./environment";
import { splitTarget } from "./gateway/client-address";
import { refuseUpgrade } from "./gateway/upgrade";
import { writeMessage } from "./gateway/http-result";
import type { WebSocketApi } from "./gateway/websocket-api";

export interface PathHandler {
  handle(request: IncomingMessage, response: ServerResponse, target: { path: string }): Promise<void>;
  close(): Promise<void>;
}

export interface OriginOptions {
  /** 0 takes any free port. */
  port: number;
  /** Default 127.0.0.1: nobody but this machine. */
  host?: string;
  /** Gets `/api/*` without `/api`, as the CDN's router hands it on. */
  api: PathHandler;
  /** Gets upgrades of `/ws`, and `@connections` under `/_aws/connections`. */
  socketApi: Pick<WebSocketApi, "upgrade" | "management" | "close">;
  /** Gets everything that is nobody else's. */
  site: PathHandler;
  /** Gets `/_s3/*`, as it is. */
  storage?: PathHandler;
  /** Gets `/_local/*`; returns false for a path that it does not know. */
  meterPages?: (request: IncomingMessage, response: ServerResponse, path: string) => boolean;
  onError?: (error: unknown) => void;
}

export interface Origin {
  port: number;
  /** As one would type it, with `localhost` for this machine. */
  url: string;
  /** For `ApiGatewayManagementApiClient` on this machine. */
  managementEndpoint: string;
  /** Takes no new connections, lets running requests finish, closes sockets with 1001. Safe to call twice. */
  close(): Promise<void>;
}

/** The server cannot listen. The message is one line for the person at the terminal. */
export class OriginError extends Error {
  override name = "OriginError";
}

/** What the CDN lets through. */
const METHODS = new Set(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]);

const LISTEN_ERRORS: Record<string, string> = {
  EADDRINUSE: "is in use by another program. Stop that program, or choose another port",
  EACCES: "may not be used by this account. Choose a port from 1024 on",
  EADDRNOTAVAIL: "is not an address of this machine",
};

/**
 * One server for all of Agora, as the CDN makes one domain of site, API and socket on AWS.
 * @throws OriginError
 */
export async function createOrigin(options: OriginOptions): Promise<Origin> {
  const { port, host = "127.0.0.1", api, socketApi, site, storage, meterPages, onError = () => undefined } = options;

  async function dispatch(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!METHODS.has(request.method ?? ""))
      return void writeMessage(response, 405, "Method Not Allowed", { allow: [...METHODS].join(", ") });
    if (!URL.canParse(`http://${request.headers.host ?? ""}/`)) return void writeMessage(response, 400, "Bad Request");
    const { path } = splitTarget(request.url ?? "/");
    if (isUnder("/api", path)) return api.handle(request, response, { path: path.slice("/api".length) || "/" });
    if (path === "/ws") return void writeMessage(response, 426, "Upgrade Required", { upgrade: "websocket" });
    if (storage && isUnder(S3_PREFIX, path)) return storage.handle(request, response, { path });
    if (isUnder("/_aws", path) || isUnder("/_local", path)) {
      if (!isFromThisMachine(request)) return void writeMessage(response, 403, "Forbidden");
      if (isUnder("/_aws/connections", path)) return socketApi.management(request, response);
      if (meterPages?.(request, response, path)) return;
      return void writeMessage(response, 404, "Not Found");
    }
    return site.handle(request, response, { path });
  }

  const server = createServer((request, response) => {
    dispatch(request, response).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else writeMessage(response, 500, "Internal Server Error");
    });
  });
  server.on("upgrade", (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (splitTarget(request.url ?? "/").path === "/ws")
      void socketApi.upgrade(request, stream, head); // never rejects
    else {
      stream.on("error", () => undefined);
      refuseUpgrade(stream, 404);
    }
  });
  // Longer than proxies keep theirs open, so that no request meets a connection that is just being closed.
  server.keepAliveTimeout = 75_000;
  // The largest file at 30 KB a second: Node's own five minutes are too short for a slow line.
  server.requestTimeout = 15 * 60_000;

  await listen(server, port, host);
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    await Promise.all([api.close(), site.close(), socketApi.close(), storage?.close()]);
    server.closeAllConnections();
    await closed;
  }
  const shownHost = host.includes(":") ? `[${host}]` : host;
  return {
    port: address.port,
    url: `http://${["127.0.0.1", "0.0.0.0", "::", "::1"].includes(host) ? "localhost" : shownHost}:${address.port}`,
    managementEndpoint: `http://${host === "0.0.0.0" || host === "::" ? "127.0.0.1" : shownHost}:${address.port}/_aws/connections`,
    close: () => (closing ??= close()),
  };
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = LISTEN_ERRORS[error.code ?? ""];
      reject(reason ? new OriginError(`${host}:${port} ${reason}.`, { cause: error }) : error);
    });
    server.listen(port, host, resolve);
  });
}

function isUnder(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
const LOCAL_NAME = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/i;

/**
 * A caller on this machine itself: not through a proxy that stands on it (which shows in the headers that proxies add), and not a page of
 * some other site in a browser here whose name was pointed at this machine (which shows in the host).
 */
function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  const isForwarded = "x-forwarded-for" in headers || "forwarded" in headers || "via" in headers;
  return LOOPBACK.test(socket.remoteAddress ?? "") && !isForwarded && LOCAL_NAME.test(headers.host ?? "");
}
