import { AppError } from "@agora/core/error";
import { limits } from "@agora/core/protocol/limits";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

/** A header of an API Gateway event, whose header names are in lower case. */
export function header(event: APIGatewayProxyEventV2, name: string): string | undefined {
  return event.headers[name];
}

/**
 * The body as a JSON object. No body at all is an empty object: where nothing is required nothing has to be sent.
 * @throws input.media_type, input.too_large, input.malformed, input.invalid
 */
export function readJson(event: APIGatewayProxyEventV2, maxBytes: number = limits.bodyMaxBytes): unknown {
  if (!event.body) return {};
  const type = header(event, "content-type") ?? "";
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type)) {
    throw new AppError("input.media_type", "Send the body as JSON, with Content-Type: application/json.");
  }
  const text = event.isBase64Encoded ? Buffer.from(event.body, "base64").toString("utf8") : event.body;
  if (Buffer.byteLength(text) > maxBytes) {
    throw new AppError("input.too_large", `The body may have at most ${maxBytes / 1024} KB.`);
  }
  const value = parseJson(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new AppError("input.invalid", "The body must be an object.", { details: { body: "must be an object" } });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("input.malformed", "The body is not JSON.", { cause, details: { body: "is not JSON" } });
  }
}

/** The query as an object. @throws input.invalid for a key that stands there twice. */
export function readQuery(event: APIGatewayProxyEventV2): Record<string, string> {
  const parameters = new URLSearchParams(event.rawQueryString);
  for (const name of parameters.keys()) {
    if (parameters.getAll(name).length > 1)
      throw new AppError("input.invalid", "The query is not right.", { details: { [name]: "stands there twice" } });
  }
  return Object.fromEntries(parameters);
}
