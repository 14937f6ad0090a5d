import type { APIGatewayEventWebsocketRequestContextV2, APIGatewayProxyWebsocketEventV2WithRequestContext } from "aws-lambda";
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { clfTime } from "./clf-time";
import { splitTarget } from "./client-address";

/** The AWS types leave out what the gateway does send: who calls, what the authorizer said, and why a connection ended. */
export interface SocketRequestContext extends APIGatewayEventWebsocketRequestContextV2 {
  identity: { sourceIp: string; userAgent?: string };
  authorizer?: Record<string, unknown>;
  disconnectStatusCode?: number;
  disconnectReason?: string;
}

export interface SocketEvent extends APIGatewayProxyWebsocketEventV2WithRequestContext<SocketRequestContext> {
  /** In CONNECT and DISCONNECT only. Unlike in an HTTP API, names keep the case in which they were sent. */
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
}

/** What the events of one connection have in common. */
export interface Caller {
  id: string;
  connectedAt: number;
  sourceIp: string;
  userAgent: string | undefined;
  host: string;
  authorizer?: Record<string, unknown>;
}

type ContextPart = Pick<SocketRequestContext, "routeKey" | "eventType"> &
  Partial<Pick<SocketRequestContext, "messageId" | "disconnectStatusCode" | "disconnectReason">>;

/** Ids look like the real ones: eleven random bytes in base64url of which one `=` is kept, `L0SM9cOFvHcCIhw=`. */
export function newGatewayId(): string {
  return randomBytes(11).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

export function requestContext(caller: Caller, stage: string, part: ContextPart): SocketRequestContext {
  const now = Date.now();
  const context = {
    extendedRequestId: newGatewayId(),
    requestTime: clfTime(now),
    messageDirection: "IN" as const,
    stage,
    connectedAt: caller.connectedAt,
    requestTimeEpoch: now,
    identity: { sourceIp: caller.sourceIp, ...(caller.userAgent ? { userAgent: caller.userAgent } : {}) },
    requestId: newGatewayId(),
    domainName: caller.host,
    connectionId: caller.id,
    apiId: "local",
    ...(caller.authorizer ? { authorizer: caller.authorizer } : {}),
    ...part,
  };
  return context as SocketRequestContext; // the AWS type wants a messageId in every event; the real gateway sends it with messages only
}

/** What a CONNECT event says about the upgrade request. */
export function upgradePart(request: IncomingMessage): Omit<SocketEvent, "requestContext" | "isBase64Encoded"> {
  const headers: Record<string, string> = {};
  const multiValueHeaders: Record<string, string[]> = {};
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? "";
    const value = request.rawHeaders[i + 1] ?? "";
    headers[name] = value;
    (multiValueHeaders[name] ??= []).push(value);
  }
  const query: Record<string, string> = {};
  const multiValueQuery: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(splitTarget(request.url ?? "/").query)) {
    query[name] = value; // the last one wins
    (multiValueQuery[name] ??= []).push(value);
  }
  return {
    headers,
    multiValueHeaders,
    ...(Object.keys(query).length ? { queryStringParameters: query, multiValueQueryStringParameters: multiValueQuery } : {}),
  };
}

/** What a DISCONNECT event repeats of it. */
export function disconnectPart(host: string): Pick<SocketEvent, "headers" | "multiValueHeaders"> {
  const headers = { Host: host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" };
  return { headers, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])) };
}
