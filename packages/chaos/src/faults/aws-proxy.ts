import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { errorAnswer, halve, type Answer } from "./answers";
import { canHappen, type AwsCall, type Fault } from "./fault";

export type { AwsCall, Fault } from "./fault";

export interface AwsProxy {
  readonly url: string;
  /** Where requests go; may be changed, as for an engine that was started again on another port. */
  target: string;
  /** Asked for each request, in the order in which they arrive; undefined = pass. What AWS could not answer to the operation passes too. */
  plan: (call: AwsCall) => Fault | undefined;
  /** How often each kind has been injected. */
  readonly injected: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/**
 * Stands between the AWS SDK clients of a process and what they call: a DynamoDB engine, or the `@connections` API and the S3 of the local stack.
 * The original `Host` header is kept, since it is signed. When the target is down, the client's connection is cut.
 */
export async function startAwsProxy(targetUrl: string, options: { plan?: AwsProxy["plan"] } = {}): Promise<AwsProxy> {
  const agent = new Agent({ keepAlive: true, noDelay: true });
  const injected: Record<string, number> = {};
  const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }, (request, response) => void handle(request, response));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined); // the client left; nobody is there to be told
    const cut = () => request.socket.resetAndDestroy();
    try {
      const body = await read(request);
      const call = new WireCall(request, body);
      const planned = proxy.plan(call);
      const fault = planned && canHappen(planned.kind, call.operation) ? planned : undefined;
      if (fault) injected[fault.kind] = (injected[fault.kind] ?? 0) + 1;
      const answer = await happen(fault, call, (changed = body) => forward(agent, proxy.target, request, changed));
      if (answer === "cut") cut();
      if (typeof answer === "object") response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      cut(); // the target is down, or the client left
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 1024, resolve));
  const proxy: AwsProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    target: targetUrl,
    plan: options.plan ?? (() => undefined),
    injected,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
  return proxy;
}

/** What the client gets: an answer, a connection that is cut, or silence. */
async function happen(
  fault: Fault | undefined,
  call: AwsCall,
  forwarded: (changed?: Buffer) => Promise<Answer>,
): Promise<Answer | "cut" | "silence"> {
  if (!fault) return forwarded();
  switch (fault.kind) {
    case "delay":
      await sleep(fault.ms);
      return forwarded();
    case "reset_before":
      return "cut";
    case "reset_after":
      await forwarded();
      return "cut";
    case "hang_before":
      return "silence";
    case "hang_after":
      await forwarded();
      return "silence";
    case "kill_before":
      await fault.kill();
      return "silence";
    case "kill_after":
      await forwarded();
      await fault.kill();
      return "silence";
    case "partial":
      return half(call, forwarded);
    default:
      return errorAnswer(fault.kind, call) ?? forwarded();
  }
}

async function half(call: AwsCall, forwarded: (changed?: Buffer) => Promise<Answer>): Promise<Answer> {
  const halves = halve(call);
  if (!halves) return forwarded();
  const answer = await forwarded(halves.done);
  if (answer.status !== 200) return answer;
  const result = { ...(JSON.parse(answer.body.toString()) as object), [halves.restName]: halves.rest };
  const { "x-amz-crc32": _, ...headers } = answer.headers; // of the body that is no more
  return { ...answer, headers, body: Buffer.from(JSON.stringify(result)) };
}

class WireCall implements AwsCall {
  readonly operation: string;
  readonly connection: string | undefined;
  readonly #bytes: Buffer;
  #body: unknown;

  constructor({ headers, method, url = "" }: IncomingMessage, bytes: Buffer) {
    const target = headers["x-amz-target"];
    const isOfS3 = url.startsWith("/_s3/");
    const ofManagement = { POST: "PostToConnection", DELETE: "DeleteConnection" }[method ?? ""] ?? "GetConnection";
    const ofS3 = { PUT: "PutObject", DELETE: "DeleteObject", HEAD: "HeadObject" }[method ?? ""] ?? "GetObject";
    const ofPath = isOfS3 ? ofS3 : ofManagement;
    this.operation = typeof target === "string" ? target.slice(target.indexOf(".") + 1) : ofPath;
    this.connection = typeof target === "string" || isOfS3 ? undefined : decodeURIComponent(url.slice(url.lastIndexOf("/") + 1));
    this.#bytes = typeof target === "string" ? bytes : Buffer.alloc(0);
  }

  get body(): unknown {
    if (this.#bytes.length === 0) return undefined;
    return (this.#body ??= JSON.parse(this.#bytes.toString()) as unknown);
  }

  get table(): string | undefined {
    const body = this.body as
      { TableName?: string; RequestItems?: object; TransactItems?: Record<string, { TableName: string }>[] } | undefined;
    if (body?.RequestItems) return Object.keys(body.RequestItems)[0];
    if (body?.TransactItems) return Object.values(body.TransactItems[0] ?? {})[0]?.TableName;
    return body?.TableName;
  }
}

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length"]);

function endToEnd(headers: IncomingMessage["headers"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = String(value);
  return kept;
}

/** A kept connection that the target has closed meanwhile is no fault of ours to inject: it is tried once more, on a new one. */
function forward(agent: Agent, target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { hostname, port } = new URL(target);
  const headers = { ...endToEnd(incoming.headers), "content-length": String(body.length) };
  const attempt = () =>
    new Promise<Answer>((resolve, reject) => {
      const request = httpRequest({ agent, hostname, port, method: incoming.method, path: incoming.url, headers }, (response) => {
        read(response).then(
          (bytes) => resolve({ status: response.statusCode ?? 0, headers: endToEnd(response.headers), body: bytes }),
          reject,
        );
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        if (request.reusedSocket && error.code === "ECONNRESET") resolve(attempt());
        else reject(error);
      });
      request.end(body);
    });
  return attempt();
}

function read(stream: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.on("aborted", () => reject(new Error("aborted")));
  });
}
