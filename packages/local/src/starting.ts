import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { refuseUpgrade } from "./gateway/upgrade";
import type { WebSocketApi } from "./gateway/websocket-api";
import type { PathHandler } from "./origin";

type SocketApi = Pick<WebSocketApi, "upgrade" | "management" | "close">;

/*
 * The port is taken before anything is started, so that a port in use is known at once, and since the handlers have to be told the port before
 * they are loaded. Until they are, these answer in their place.
 */

function refuse(response: ServerResponse): void {
  response.writeHead(503, { "content-type": "application/json", "retry-after": "1" });
  response.end(JSON.stringify({ error: "Agora is starting. Try again in a moment.", code: "unavailable", request_id: "starting" }));
}

/** A path handler that is still to come. */
export class LatePathHandler implements PathHandler {
  handler: PathHandler | undefined;

  async handle(request: IncomingMessage, response: ServerResponse, target: { path: string }): Promise<void> {
    if (!this.handler) return refuse(response);
    return this.handler.handle(request, response, target);
  }

  async close(): Promise<void> {
    await this.handler?.close();
  }
}

/** A socket API that is still to come. */
export class LateSocketApi implements SocketApi {
  api: SocketApi | undefined;

  async upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    if (this.api) return this.api.upgrade(request, stream, head);
    stream.on("error", () => undefined);
    refuseUpgrade(stream, 503);
  }

  async management(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.api) return refuse(response);
    return this.api.management(request, response);
  }

  async close(): Promise<void> {
    await this.api?.close();
  }
}
