import type { APIGatewayProxyEventV2, APIGatewayProxyResultV2, Handler } from "aws-lambda";
import type { IncomingMessage, ServerResponse } from "node:http";
import { corsHeaders, preflightHeaders, type CorsOptions } from "./cors";
import { toHttpEvent } from "./http-event";
import { writeMessage, writeResult } from "./http-result";
import { createRouteTable } from "./http-routes";
import { IntegrationTimeout, Invoker } from "./invoker";
import { accountThrottle, httpLimits, SHUTDOWN_GRACE_MS, type HttpLimits } from "./limits";
import type { Observe } from "./observe";
import { readBody } from "./read-body";
import { createThrottle, type ThrottleOptions } from "./throttle";

export type HttpHandler = Handler<APIGatewayProxyEventV2, APIGatewayProxyResultV2>;

interface HttpRoute {
  /** `POST /auth/login`, `ANY /x/{proxy+}` or `$default` */
  routeKey: string;
  handler: HttpHandler;
  memoryMb?: number;
}

export interface HttpApiOptions {
  routes: HttpRoute[];
  /** Whether a proxy of one's own stands in front, whose `x-forwarded-*` are true. Default: nobody is believed. */
  trustProxy?: boolean;
  /** Decode `rawPath` as API Gateway does (default); `false` gives a function URL's event. */
  decodePath?: boolean;
  cors?: CorsOptions;
  throttle?: ThrottleOptions;
  limits?: Partial<HttpLimits>;
  observe?: Observe;
  /** What an invocation is called in the meter; the route key unless given. */
  label?: (event: APIGatewayProxyEventV2) => string;
  onError?: (error: unknown, label: string) => void;
}

export interface HttpApi {
  /** Answers one request; never rejects. `path` is what is left of the URL's path after the prefix was stripped. */
  handle(request: IncomingMessage, response: ServerResponse, target: { path: string }): Promise<void>;
  /** Refuses new requests with 503 and resolves when running handlers are done, or after five seconds. */
  close(): Promise<void>;
}

/** Bytes received and sent, and what the invocation was called. Undefined instead: the client had left. */
type Answered = [bytesIn: number, bytesOut: number, handler: string | undefined];

/** Amazon API Gateway's HTTP API (payload format 2.0) in front of plain Lambda handlers. Not a server: an origin calls `handle`. */
export function createHttpApi(options: HttpApiOptions): HttpApi {
  const { trustProxy = false, decodePath = true, cors, observe = {}, label, onError = () => undefined } = options;
  const limits = { ...httpLimits, ...options.limits };
  const match = createRouteTable(options.routes.map((route) => ({ routeKey: route.routeKey, target: route })));
  const mayPass = createThrottle(options.throttle ?? accountThrottle);
  const invoker = new Invoker({ timeoutMs: limits.integrationTimeoutMs, observe, onError });
  let isClosing = false;

  async function answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<Answered | undefined> {
    const extra = corsHeaders(request, cors);
    const fail = (status: number, message: string, bytesIn = 0, handler?: string): Answered => {
      const headers = status === 503 ? { ...extra, "retry-after": "1" } : extra;
      return [bytesIn, writeMessage(response, status, message, headers), handler];
    };
    if (isClosing) return fail(503, "Service Unavailable");
    if (headBytes(request) > limits.headBytes) return fail(431, "Request Header Fields Too Large");
    if (!mayPass()) return fail(429, "Too Many Requests");
    const preflight = preflightHeaders(request, cors);
    if (preflight) {
      response.writeHead(204, preflight).end();
      return [0, 0, undefined];
    }
    const read = await readBody(request, limits.bodyBytes);
    if (read.kind === "aborted") return undefined;
    if (read.kind === "too_large") return fail(413, "Request Entity Too Large", read.bytes);
    const { body } = read;

    let route: ReturnType<typeof match>;
    let event: APIGatewayProxyEventV2;
    try {
      route = match(request.method ?? "GET", path);
      if (!route) return fail(404, "Not Found", body.length);
      const { routeKey, pathParameters } = route;
      event = toHttpEvent(request, { path, body, routeKey, ...(pathParameters ? { pathParameters } : {}), trustProxy, decodePath });
    } catch (error) {
      if (error instanceof URIError) return fail(400, "Bad Request", body.length);
      throw error;
    }
    const { handler, memoryMb } = route.target;
    const name = label?.(event) ?? route.routeKey;
    let result: APIGatewayProxyResultV2 | undefined;
    try {
      result = await invoker.invoke(handler, event, { label: name, ...(memoryMb === undefined ? {} : { memoryMb }) });
    } catch (error) {
      if (error instanceof IntegrationTimeout) return fail(503, "Service Unavailable", body.length, name);
      return fail(500, "Internal Server Error", body.length, name);
    }
    try {
      return [body.length, writeResult(response, result, extra), name];
    } catch (error) {
      onError(error, name); // the handler's fault, and the only place that can say so
      return fail(500, "Internal Server Error", body.length, name);
    }
  }

  return {
    async handle(request, response, { path }) {
      response.on("error", () => undefined); // the client left while it was being answered
      try {
        const answered = await answer(request, response, path);
        if (answered) observe.onHttpRequest?.(...answered);
      } catch (error) {
        onError(error, "gateway");
        if (response.headersSent) response.destroy();
        else writeMessage(response, 500, "Internal Server Error");
      }
    },
    async close() {
      isClosing = true;
      await invoker.drain(SHUTDOWN_GRACE_MS);
    },
  };
}

function headBytes(request: IncomingMessage): number {
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`;
  let bytes = Buffer.byteLength(line);
  // Name, colon, space, value, line break: rawHeaders holds names and values in turn, so two bytes for each of them.
  for (const part of request.rawHeaders) bytes += part.length + 2;
  return bytes;
}
