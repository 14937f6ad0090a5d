import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { clfTime } from "./clf-time";
import { clientView, splitTarget } from "./client-address";

const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded)|[^;]*\+(json|xml))/i;

/** What only a proxy of one's own may say. From anybody else these would let a client choose the scheme and the host of the site. */
const FORWARDED = new Set(["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-for", "forwarded"]);

export interface HttpEventOptions {
  /** The path as the API sees it, still percent-encoded. */
  path: string;
  body: Buffer;
  routeKey: string;
  pathParameters?: Record<string, string>;
  trustProxy: boolean;
  /** API Gateway hands over the decoded path; a function URL (the site's) the one that was sent. */
  decodePath: boolean;
}

/**
 * One HTTP request as the payload 2.0 event that API Gateway makes of it.
 * @throws URIError if the path is not well-formed percent-encoding
 */
export function toHttpEvent(request: IncomingMessage, options: HttpEventOptions): APIGatewayProxyEventV2 {
  const { body, routeKey, pathParameters, trustProxy } = options;
  const decoded = decodeURI(options.path);
  const rawPath = options.decodePath ? decoded : options.path;
  const rawQueryString = splitTarget(request.url ?? "/").query;
  const client = clientView(request, trustProxy);
  const { headers, cookies } = readHeaders(request, trustProxy);
  headers["x-forwarded-for"] = client.forwardedFor;
  headers["x-forwarded-proto"] = client.protocol;
  headers["x-forwarded-port"] = client.port;

  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(rawQueryString)) query[name] = name in query ? `${query[name]},${value}` : value;

  const isBase64Encoded = body.length > 0 && !TEXT.test(headers["content-type"] ?? "");
  const now = Date.now();
  return {
    version: "2.0",
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookies.length ? { cookies } : {}),
    headers,
    ...(Object.keys(query).length ? { queryStringParameters: query } : {}),
    ...(pathParameters ? { pathParameters } : {}),
    requestContext: {
      accountId: "000000000000",
      apiId: "local",
      domainName: headers.host ?? "",
      domainPrefix: "local",
      http: {
        method: request.method ?? "GET",
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: client.sourceIp,
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: clfTime(now),
      timeEpoch: now,
    },
    ...(body.length ? { body: body.toString(isBase64Encoded ? "base64" : "utf8") } : {}),
    isBase64Encoded,
  };
}

/** Names in lower case, repeated headers joined by commas, cookies apart. */
function readHeaders(request: IncomingMessage, trustProxy: boolean) {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? "").toLowerCase();
    const value = request.rawHeaders[i + 1] ?? "";
    if (FORWARDED.has(name) && !trustProxy) continue;
    if (name === "cookie") cookies.push(...value.split(/;\s*/).filter(Boolean));
    else headers[name] = name in headers ? `${headers[name]},${value}` : value;
  }
  return { headers, cookies };
}
