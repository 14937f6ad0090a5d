import { AppError } from "@agora/core/error";
import { limits } from "@agora/core/protocol/limits";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** A header of an API Gateway event, whose header names are in lower case. */
export function header(event: APIGatewayProxyEventV2, name: string): string | undefined {
  return event.headers[name];
}

/**
 * The body as a JSON value. No body at all is an empty object: where nothing is required nothing has to be sent.
 * @throws input.media_type, input.too_large, input.malformed
 */
export function readJson(event: APIGatewayProxyEventV2): unknown {
  if (!event.body) return {};
  const type = header(event, "content-type") ?? "";
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type)) {
    throw new AppError("input.media_type", "Send the body as JSON, with Content-Type: application/json.");
  }
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  if (Buffer.byteLength(text) > limits.bodyMaxBytes) {
    throw new AppError("input.too_large", `The body may have at most ${limits.bodyMaxBytes / 1024} KB.`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("input.malformed", "The body is not JSON.", { cause });
  }
}

/** The query as an object. @throws input.invalid for a key that stands there twice. */
export function readQuery(event: APIGatewayProxyEventV2): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(event.rawQueryString)) {
    if (Object.hasOwn(query, name))
      throw new AppError("input.invalid", "The query is not right.", { details: { [name]: "stands there twice" } });
    query[name] = value;
  }
  return query;
}
