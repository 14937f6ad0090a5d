import { isAppError } from "@agora/core/error";
import { logger } from "@agora/core/logger";
import { errorStatus } from "@agora/core/protocol/error-status";
import type { ErrorBody } from "@agora/core/protocol/errors";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store", "x-content-type-options": "nosniff" };

export function success(status: number, value: unknown): APIGatewayProxyStructuredResultV2 {
  if (value === undefined) return { statusCode: 204, headers: { "cache-control": "no-store" } };
  return { statusCode: status, headers, body: JSON.stringify(value) };
}

/** For one person only: what stands between must not keep it for others. */
export function redirect({ url, seconds }: { url: string; seconds: number }): APIGatewayProxyStructuredResultV2 {
  const cached = { "cache-control": `private, max-age=${seconds}`, "x-content-type-options": "nosniff" };
  return { statusCode: 302, headers: { ...cached, location: url } };
}

/** What is not an AppError is a defect: it is logged whole, and the caller learns nothing but the id under which it was. */
export function failure(error: unknown, requestId: string, route: string): APIGatewayProxyStructuredResultV2 {
  if (!isAppError(error)) {
    logger.error("request.failed", { request_id: requestId, route }, error);
    return answer({ error: "Something went wrong on our side.", code: "internal", request_id: requestId });
  }
  if (errorStatus[error.code] >= 500) logger.warn("request.unavailable", { request_id: requestId, route }, error.cause ?? error);
  const { message, code, details, retryAfterSeconds } = error;
  return answer(
    { error: message, code, request_id: requestId, ...(details ? { details } : {}) },
    retryAfterSeconds === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfterSeconds))) },
  );
}

function answer(body: ErrorBody, more: Record<string, string> = {}): APIGatewayProxyStructuredResultV2 {
  return { statusCode: errorStatus[body.code], headers: { ...headers, ...more }, body: JSON.stringify(body) };
}
