import { Agent, request as httpRequest } from "node:http";
import { nowMs } from "./clock";

export interface Answer {
  status: number;
  body: Buffer;
  /** From when the request began to leave to the last byte of the answer. */
  ms: number;
  startedAt: number;
}

export interface RequestOptions {
  token?: string | undefined;
  body?: unknown;
}

/** A client that keeps its connections, and looks at the clock. */
export class HttpClient {
  readonly #base: URL;
  readonly #agent: Agent;

  constructor(base: string, connections = Infinity) {
    this.#base = new URL(base);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
  }

  request(method: string, path: string, { token, body }: RequestOptions = {}): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const { hostname, port, pathname } = this.#base;
    return new Promise((resolve, reject) => {
      const startedAt = nowMs();
      const request = httpRequest(
        {
          agent: this.#agent,
          host: hostname === "localhost" ? "127.0.0.1" : hostname,
          port,
          method,
          path: `${pathname.replace(/\/$/, "")}${path}`,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(payload === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), ms: nowMs() - startedAt, startedAt }),
          );
        },
      );
      request.on("error", reject);
      request.end(payload);
    });
  }

  /** @throws Error for any answer that is not of success */
  async json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const { status, body } = await this.request(method, path, options);
    if (status < 200 || status > 299) throw new Error(`${method} ${path} answered ${status} ${body.toString()}`);
    return JSON.parse(body.toString()) as T;
  }

  close(): void {
    this.#agent.destroy();
  }
}
