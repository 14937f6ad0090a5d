import type { Route, RouteHandler } from "@agora/core/protocol/route";
import { routes } from "@agora/core/protocol/routes";
import type { Sockets } from "@agora/core/realtime/sockets";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { createHttpApi, type HttpApi } from "./gateway/http-api";
import { createRouteTable } from "./gateway/http-routes";
import { createListeners } from "./gateway/listeners";
import type { Observe } from "./gateway/observe";
import type { KeyPair } from "./gateway/signature";
import type { SocketEvent } from "./gateway/socket-event";
import { createWebSocketApi, type WebSocketApi } from "./gateway/websocket-api";
import type { Handlers } from "./handlers";

/** As in packages/infra: what an invocation is billed by. */
const MEMORY_MB = { api: 512, auth: 1769, stream: 256, socket: 512 };

interface GatewayOptions {
  handlers: Handlers;
  /** Those of the management API. */
  keys: KeyPair;
  trustProxy: boolean;
  observe: Observe;
  onError: (error: unknown, label: string) => void;
}

/** As packages/infra routes them: by name what is not for `api`, and all else to it. */
export const httpRoutes = (handlers: Pick<Handlers, RouteHandler>) => [
  { routeKey: "$default", handler: handlers.api, memoryMb: MEMORY_MB.api },
  ...Object.values<Route>(routes)
    .filter(({ handler }) => handler !== "api")
    .map(({ method, path, handler: name }) => ({ routeKey: `${method} ${path}`, handler: handlers[name], memoryMb: MEMORY_MB[name] })),
];

/** The two APIs in front of the handlers, with the routes that packages/infra gives them on AWS. */
export function createGateways({ handlers, keys, trustProxy, observe, onError }: GatewayOptions): { http: HttpApi; sockets: WebSocketApi } {
  const http = createHttpApi({
    routes: httpRoutes(handlers),
    trustProxy,
    observe,
    label: labelOfRequest,
    onError,
  });
  const sockets = createWebSocketApi({
    routes: { connect: handlers.socket, disconnect: handlers.socket, default: handlers.socket },
    management: { credentials: keys },
    memoryMb: MEMORY_MB.socket,
    trustProxy,
    observe,
    label: labelOfFrame,
    onError,
  });
  return { http, sockets };
}

/** The gateway's sockets, as the handlers of this process reach them without a detour over HTTP. */
export function socketsOf(api: WebSocketApi): Sockets {
  return {
    push: (connectionIds, frame) => api.pushMany(connectionIds, frame),
    async close(connectionIds) {
      await api.closeMany(connectionIds);
      return [];
    },
    listeners: createListeners(),
  };
}

const nameOf = createRouteTable(
  Object.values(routes).map(({ method, path }) => ({ routeKey: `${method} ${path}`, target: `${method} ${path}` })),
);

/** In the meter a request has the name of its route, though API Gateway knows most of them as `$default`. */
function labelOfRequest({ rawPath, requestContext }: APIGatewayProxyEventV2): string {
  try {
    return nameOf(requestContext.http.method, rawPath)?.target ?? "no route";
  } catch {
    return "no route"; // a path that is not well-formed
  }
}

const FRAME_START = /^\s*\{\s*"action"\s*:\s*"(\w{1,32})"/;

/** Like `socket send`; a frame whose action does not stand first is just a message. */
function labelOfFrame({ requestContext, body }: SocketEvent): string {
  if (requestContext.eventType !== "MESSAGE") return `socket ${requestContext.routeKey}`;
  return `socket ${FRAME_START.exec(body ?? "")?.[1] ?? "message"}`;
}
