import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { useSockets, type Sockets } from "@agora/core/realtime/sockets";
import WebSocket from "ws";
import { splitTarget } from "../gateway/client-address";
import { createHttpApi } from "../gateway/http-api";
import type { Observe } from "../gateway/observe";
import { createWebSocketApi } from "../gateway/websocket-api";
import { BUCKET, environmentOf, keysOf, S3_PREFIX } from "../environment";
import { httpRoutes, socketsOf } from "../gateways";
import type { Handlers } from "../handlers";
import { openS3, type S3 } from "../s3/s3";
import { watchGrants } from "./grants-watch";
import { serve } from "./serve";

interface ApiAnswer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever the wire says; the tests look at it
  body: any;
}

interface RequestOptions {
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A frame as the wire has it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
export type Frame = any;

export interface Person {
  token: string;
  refresh_token: string;
  user: { id: string; username: string; email: string };
}

/** How tests call what is served at `url`. */
export interface Client {
  url: string;
  api(signature: string, options?: RequestOptions): Promise<ApiAnswer>;
  register(name?: string): Promise<Person>;
  connect(token: string): Promise<SocketClient>;
  /** Connects and subscribes; once more, where what came before closes the account's sockets just then. */
  listen(token: string, topics: { topic: string }[]): Promise<SocketClient>;
}

export interface Stack extends Client {
  /** The gateway's own sockets, for a test that puts something between it and the handlers. */
  sockets: Sockets;
  /** The store of files, as it is behind the handlers. */
  s3: S3;
  /** What runs every few hours. */
  jobs: Handlers["jobs"];
  close(): Promise<void>;
}

const LISTEN_TRIES = 3;
export const PASSWORD = "a long enough password";

export interface StackOptions {
  push?: "management" | "in-process";
  observe?: Observe;
  /** Where the handlers reach the management API, if not at the address itself: a proxy in front of it. */
  reachedBy?: (url: string) => Promise<string>;
  /** Other handlers than those of this process: the same ones in a process that can be killed. Asked when the environment is in place. */
  handlers?: (inProcess: Handlers) => Promise<Handlers>;
}

let count = 0;
/** A name that no other test of this run has. */
export const uniqueName = (stem = "p"): string => `${stem}${process.pid.toString(36)}_${(count++).toString(36)}`;

/**
 * The real handlers behind the local gateway, on a free port, with the tables that `testing/database.ts` has made.
 * `push` says which way a frame goes: by the SDK and `@connections`, as on AWS, or through the gateway of this process, as in the single server.
 */
export async function startStack({
  push = "management",
  observe = {},
  reachedBy = (url) => Promise.resolve(url),
  handlers = (inProcess) => Promise.resolve(inProcess),
}: StackOptions = {}): Promise<Stack> {
  const served = await serve(
    (request, response) => {
      const { path: target } = splitTarget(request.url ?? "/");
      if (target.startsWith(`${S3_PREFIX}/`)) return s3.handle(request, response, { path: target });
      if (target.startsWith("/api/")) return http.handle(request, response, { path: target.slice("/api".length) });
      return sockets.management(request, response);
    },
    (request, stream, head) => sockets.upgrade(request, stream, head),
  );
  const internalUrl = await reachedBy(served.url);
  const tokenSecret = "a secret for tests only, 32 bytes or more";
  const keys = keysOf(tokenSecret);
  const dataDir = mkdtempSync(path.join(tmpdir(), "agora-files-"));
  const hosts = [new URL(internalUrl).host];
  const s3 = await openS3({ dataDir, buckets: [BUCKET], prefix: S3_PREFIX, keys, hosts, observe });
  // Before the handlers are loaded: `Resource` reads its environment once.
  const dynamodbUrl = process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "";
  Object.assign(process.env, environmentOf({ siteUrl: served.url, internalUrl, dynamodbUrl, tokenSecret }));
  const [api, auth, stream, socket, jobs] = await Promise.all([
    import("@agora/functions/api"),
    import("@agora/functions/auth"),
    import("@agora/functions/stream"),
    import("@agora/functions/socket"),
    import("@agora/functions/jobs"),
  ]);
  const watch = watchGrants({
    api: api.handler,
    auth: auth.handler,
    stream: stream.handler,
    socket: socket.handler,
    jobs: jobs.handler,
  });
  const run = await handlers(watch.handlers);
  const http = createHttpApi({
    routes: httpRoutes(run),
    observe,
  });
  const sockets = createWebSocketApi({
    routes: { connect: run.socket, disconnect: run.socket, default: run.socket },
    management: { credentials: keys },
    observe,
  });
  const ownSockets = socketsOf(sockets);
  if (push === "in-process") useSockets(ownSockets);

  return {
    ...clientOf(served.url),
    sockets: ownSockets,
    s3,
    jobs: run.jobs,
    async close() {
      await sockets.close();
      await http.close();
      await served.close();
      rmSync(dataDir, { recursive: true, force: true });
      if (watch.refused.size > 0) throw new Error(`not granted on AWS (packages/infra/grants.ts): ${[...watch.refused].join(", ")}`);
    },
  };
}

export function clientOf(url: string): Client {
  const client: Client = {
    url,
    async api(signature, { token, body, headers } = {}) {
      const [method, path] = signature.split(" ");
      const response = await fetch(`${url}/api${path}`, {
        method: method ?? "GET",
        headers: {
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        redirect: "manual",
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
    },
    async register(name = uniqueName()) {
      const answer = await client.api("POST /auth/register", {
        body: { email: `${name}@example.org`, username: name, password: PASSWORD },
      });
      if (answer.status !== 201) throw new Error(`register answered ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body as Person;
    },
    async connect(token) {
      const { body } = await client.api("POST /realtime/ticket", { token });
      return SocketClient.open(`${body.url}?ticket=${body.ticket}`);
    },
    async listen(token, topics) {
      for (let attempt = 1; ; attempt++) {
        const socket = await client.connect(token);
        try {
          await socket.ask({ action: "subscribe", topics });
          return socket;
        } catch (error) {
          if (attempt === LISTEN_TRIES || socket.socket.readyState === WebSocket.OPEN) throw error;
        }
      }
    },
  };
  return client;
}

/** A bare client of the socket: what arrives, in the order in which it arrives. */
export class SocketClient {
  readonly frames: Frame[] = [];
  readonly socket: WebSocket;
  #wake: () => void = () => undefined;
  #nextId = 1;
  #closed: number | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      this.frames.push(...(frame.type === "batch" ? frame.frames : [frame]));
      this.#wake();
    });
    socket.on("close", (code) => {
      this.#closed = code;
      this.#wake();
    });
  }

  /** Rejects with the status as the message if the upgrade is refused. */
  static open(url: string, headers: Record<string, string> = {}): Promise<SocketClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { headers });
      const client = new SocketClient(socket);
      socket.on("open", () => resolve(client));
      socket.on("unexpected-response", (request, response) => {
        request.destroy();
        reject(new Error(String(response.statusCode)));
      });
      socket.on("error", reject);
    });
  }

  /** Sends a frame and waits for its answer. */
  async ask(frame: object): Promise<Frame> {
    const id = `a${this.#nextId++}`;
    this.socket.send(JSON.stringify({ ...frame, id }));
    return this.next((answer) => answer.id === id);
  }

  /** The first frame, from now or before, that is such. Rejects as soon as the socket is closed without it. */
  async next(isWanted: (frame: Frame) => boolean, withinMs = 15_000): Promise<Frame> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = this.frames.find(isWanted);
      if (found) return found;
      const left = deadline - Date.now();
      const were = () => JSON.stringify(this.frames.map(({ type }) => type));
      if (this.#closed !== undefined) throw new Error(`closed with ${this.#closed} before such a frame; there were ${were()}`);
      if (left <= 0) throw new Error(`no such frame; there were ${were()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  close(): Promise<void> {
    if (this.socket.readyState === this.socket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      this.socket.once("close", () => resolve());
      this.socket.close();
    });
  }
}
