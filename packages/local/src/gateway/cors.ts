import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";

export interface CorsOptions {
  allowOrigins: string[];
  allowMethods?: string[];
  allowHeaders?: string[];
  exposeHeaders?: string[];
  allowCredentials?: boolean;
  maxAgeSeconds?: number;
}

/** The headers that the gateway adds to every answer for an origin that is allowed. */
export function corsHeaders(request: IncomingMessage, cors: CorsOptions | undefined): OutgoingHttpHeaders {
  const origin = request.headers.origin;
  if (!cors || !origin) return {};
  const isAllowed = cors.allowOrigins.includes("*") || cors.allowOrigins.includes(origin);
  if (!isAllowed) return {};
  return {
    "access-control-allow-origin": cors.allowOrigins.includes("*") && !cors.allowCredentials ? "*" : origin,
    vary: "origin",
    ...(cors.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    ...(cors.exposeHeaders?.length ? { "access-control-expose-headers": cors.exposeHeaders.join(",") } : {}),
  };
}

/** A preflight never reaches a handler: with CORS set, API Gateway answers it with 204. */
export function preflightHeaders(request: IncomingMessage, cors: CorsOptions | undefined): OutgoingHttpHeaders | undefined {
  if (!cors || request.method !== "OPTIONS" || !request.headers["access-control-request-method"]) return undefined;
  const allowed = corsHeaders(request, cors);
  if (!allowed["access-control-allow-origin"]) return {};
  return {
    ...allowed,
    ...(cors.allowMethods?.length ? { "access-control-allow-methods": cors.allowMethods.join(",") } : {}),
    ...(cors.allowHeaders?.length ? { "access-control-allow-headers": cors.allowHeaders.join(",") } : {}),
    ...(cors.maxAgeSeconds === undefined ? {} : { "access-control-max-age": String(cors.maxAgeSeconds) }),
  };
}
