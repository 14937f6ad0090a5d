import { errorStatus } from "@agora/core/protocol/error-status";
import type { ErrorCode } from "@agora/core/protocol/error-status";
import type { SingleFrame } from "@agora/core/protocol/frames";

/** `network`: no answer came (no connection, time-out, aborted by the caller). Whether the request was carried out is not known. */
export type AgoraErrorCode = ErrorCode | "network";

interface AgoraErrorOptions {
  status?: number;
  requestId?: string | undefined;
  details?: Record<string, string> | undefined;
  retryAfterMs?: number | undefined;
  cause?: unknown;
}

/** Every failure of the SDK. `message` is a sentence that is safe to show; decide by `code`, which is stable. */
export class AgoraError extends Error {
  override readonly name = "AgoraError";
  readonly code: AgoraErrorCode;
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  /** Quote it when asking the operator of the instance. */
  readonly requestId: string | undefined;
  /** With 400: the path of each problem, and the problem. */
  readonly details: Record<string, string> | undefined;
  /** How long the server asked to wait before the next try. */
  readonly retryAfterMs: number | undefined;

  constructor(code: AgoraErrorCode, message: string, options: AgoraErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? (code === "network" ? 0 : errorStatus[code]);
    this.requestId = options.requestId;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Any thrown value as an AgoraError; what is none already is `internal`, with the value as its cause. */
  static from(error: unknown): AgoraError {
    return error instanceof AgoraError ? error : new AgoraError("internal", "Something went wrong.", { cause: error, status: 0 });
  }
}

/** True if the same request may succeed later without anybody doing anything: no answer, 5xx or 429. */
export function isTransient(error: unknown): error is AgoraError {
  if (!(error instanceof AgoraError)) return false;
  return error.code === "network" || error.code === "unavailable" || error.status === 429 || error.status >= 500;
}

/** True if nobody is logged in, or not any more. */
export function isSignedOut(error: unknown): error is AgoraError {
  return error instanceof AgoraError && (error.code === "auth.required" || error.code === "auth.invalid");
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(errorStatus, code);
}

/** For a body that is not ours (a proxy's page) or a code that is newer than this SDK. */
function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return "auth.invalid";
    case 403:
      return "auth.denied";
    case 404:
      return "route.not_found";
    case 413:
      return "input.too_large";
    case 429: // a throttle in front of the API
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      if (status < 400) return "unavailable"; // a page where our JSON should be: something in between answered
      return status < 500 ? "input.malformed" : "internal";
  }
}

/** `Retry-After` is seconds or a date (RFC 9110 §10.2.3). */
function parseRetryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const delayMs = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}

export function errorFromFrame({ code, error, details, retry_after_ms }: Extract<SingleFrame, { type: "error" }>): AgoraError {
  return new AgoraError(code, error, { details, retryAfterMs: retry_after_ms });
}

interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  /** The body as JSON; undefined if it is none. */
  body: unknown;
}

export function errorFromAnswer({ status, headers, body }: Answer): AgoraError {
  const { error, code, request_id, details } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new AgoraError(
    isErrorCode(code) ? code : codeOfStatus(status),
    typeof error === "string" ? error : `The server answered with status ${status}.`,
    {
      status,
      requestId: typeof request_id === "string" ? request_id : undefined,
      details: typeof details === "object" && details !== null ? (details as Record<string, string>) : undefined,
      retryAfterMs: parseRetryAfterMs(headers.get("retry-after"), Date.now()),
    },
  );
}
