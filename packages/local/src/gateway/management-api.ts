import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { splitTarget } from "./client-address";
import type { Connection } from "./connection";
import { accountThrottle, type SocketLimits } from "./limits";
import type { Pusher } from "./pusher";
import { readBody } from "./read-body";
import { createSignatureVerifier, type KeyPair } from "./signature";
import { createThrottle, type ThrottleOptions } from "./throttle";

export interface ManagementOptions {
  /** The one key pair whose signatures are accepted. */
  credentials?: KeyPair;
  throttle?: ThrottleOptions;
}

interface ManagementDependencies extends ManagementOptions {
  connections: ReadonlyMap<string, Connection>;
  pusher: Pusher;
  limits: SocketLimits;
  closeMany: (connectionIds: string[]) => Promise<void>;
}

/** More than any payload that is accepted, so that a payload that is too large can still be answered for what it is. */
const MAX_READ_BYTES = 1024 * 1024;
const PATH = /\/(?:@|%40)connections\/([^/]+)$/;

const FORBIDDEN = { status: 403, type: "ForbiddenException", message: "Forbidden" };
const GONE = { status: 410, type: "GoneException", message: "Gone" };
const TOO_LARGE = { status: 413, type: "PayloadTooLargeException", message: "Payload too large" };
const LIMITED = { status: 429, type: "LimitExceededException", message: "Too Many Requests" };

/** The `@connections` API as `ApiGatewayManagementApiClient` calls it: POST to push, GET to look, DELETE to disconnect. */
export function createManagementApi({
  credentials,
  throttle = accountThrottle,
  connections,
  pusher,
  limits,
  closeMany,
}: ManagementDependencies) {
  const verify = credentials && createSignatureVerifier(credentials, "execute-api");
  const mayPass = createThrottle(throttle);

  return async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined); // the caller left while it was being answered
    const fail = ({ status, type, message }: typeof GONE) => {
      response.writeHead(status, { "x-amzn-ErrorType": type, "content-type": "application/json" });
      response.end(JSON.stringify({ message }));
    };
    const read = await readBody(request, MAX_READ_BYTES);
    if (read.kind === "aborted") return;
    if (read.kind === "too_large") return fail(TOO_LARGE);
    const id = connectionIdOf(request.url ?? "/");
    if (id === undefined || !(await verify?.(request, read.body))) return fail(FORBIDDEN);
    if (!mayPass()) return fail(LIMITED);
    const connection = connections.get(id);
    if (!connection?.isOpen) return fail(GONE);

    switch (request.method) {
      case "POST": {
        if (read.body.length > limits.pushBytes) return fail(TOO_LARGE);
        const text = isUtf8(read.body) ? read.body : Buffer.from(read.body.toString("utf8"));
        const { gone } = await pusher.pushMany([id], text);
        if (gone.length) return fail(GONE);
        response.writeHead(200).end();
        return;
      }
      case "GET": {
        const { connectedAt, sourceIp, userAgent } = connection.caller;
        response.setHeader("content-type", "application/json");
        response.end(
          JSON.stringify({
            connectedAt: new Date(connectedAt).toISOString(),
            identity: { sourceIp, userAgent },
            lastActiveAt: new Date(connection.lastActiveAt).toISOString(),
          }),
        );
        return;
      }
      case "DELETE":
        await closeMany([id]);
        response.writeHead(204).end();
        return;
      case undefined: // by its type only: a request that a server received has a method
      default:
        fail(FORBIDDEN);
    }
  };
}

function connectionIdOf(target: string): string | undefined {
  const encoded = PATH.exec(splitTarget(target).path)?.[1];
  try {
    return encoded && decodeURIComponent(encoded);
  } catch {
    return undefined; // malformed percent-encoding names no connection
  }
}
