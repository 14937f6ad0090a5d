import type { APIGatewayProxyResultV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/** Set by the server itself: a handler that sends them would break the framing of the response. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "trailer"]);
const BODILESS = new Set([204, 304]);

/**
 * Writes what a handler returned. A result without `statusCode` is a 200 with that value as JSON.
 * @returns bytes of the body
 * @throws if the result cannot be sent (a status or header that HTTP does not know); nothing has been written then
 */
export function writeResult(
  response: ServerResponse,
  result: APIGatewayProxyResultV2 | undefined,
  extra: OutgoingHttpHeaders = {},
): number {
  const { statusCode, headers = {}, cookies, body = "", isBase64Encoded } = toStructured(result);
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new RangeError(`A handler answered with status ${statusCode}`);

  const bytes = BODILESS.has(status) ? Buffer.alloc(0) : Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  const outgoing: OutgoingHttpHeaders = {};
  if (bytes.length) outgoing["content-type"] = "text/plain;charset=UTF-8";
  for (const [name, value] of Object.entries(headers)) {
    if (!HOP_BY_HOP.has(name.toLowerCase())) outgoing[name.toLowerCase()] = String(value);
  }
  if (cookies?.length) outgoing["set-cookie"] = cookies;
  if (!BODILESS.has(status)) outgoing["content-length"] = bytes.length;
  response.writeHead(status, { ...outgoing, ...extra });
  response.end(bytes);
  return bytes.length;
}

/** The gateway's own answers, such as 404 `{"message":"Not Found"}`. */
export function writeMessage(response: ServerResponse, status: number, message: string, extra: OutgoingHttpHeaders = {}): number {
  const body = JSON.stringify({ message });
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...extra });
  response.end(body);
  return body.length;
}

function toStructured(result: APIGatewayProxyResultV2 | undefined): APIGatewayProxyStructuredResultV2 {
  if (result && typeof result === "object" && "statusCode" in result) return result;
  const body = typeof result === "string" ? result : JSON.stringify(result ?? null);
  return { statusCode: 200, headers: { "content-type": "application/json" }, body };
}
