import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export interface Served {
  port: number;
  url: string;
  close(): Promise<void>;
}

/** A plain server on a free port, for tests of what is not a server itself. */
export async function serve(
  onRequest: (request: IncomingMessage, response: ServerResponse) => unknown,
  onUpgrade?: (request: IncomingMessage, stream: Duplex, head: Buffer) => unknown,
): Promise<Served> {
  const server: Server = createServer((request, response) => void onRequest(request, response));
  if (onUpgrade) server.on("upgrade", (request, stream, head) => void onUpgrade(request, stream, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port, url: `http://127.0.0.1:${port}`, close };
}

/** Sends bytes that no HTTP client would send, and gives back what comes until the peer closes or `untilMs` has passed. */
export function sendRaw(port: number, bytes: string, untilMs = 500): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const finish = () => {
      socket.destroy();
      resolve(received);
    };
    const timer = setTimeout(finish, untilMs);
    socket.on("data", (chunk) => (received += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      finish();
    });
  });
}

export interface RawAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A request by node:http: unlike `fetch` it sends any header and any path as given. */
export function send(port: number, method: string, path: string, headers: Record<string, string | string[]> = {}, body?: string | Buffer) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Waits until something holds, and fails after a second of it not holding. */
export async function until(condition: () => unknown, what = "condition"): Promise<void> {
  const deadline = Date.now() + 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Still waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
