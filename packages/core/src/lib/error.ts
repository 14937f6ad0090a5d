import type { ErrorCode } from "../protocol/error-status";

interface AppErrorOptions extends ErrorOptions {
  /** With `input.*`: the path of each problem, and the problem. */
  details?: Record<string, string>;
  /** When to try again; becomes the `Retry-After` header. */
  retryAfterSeconds?: number;
}

const BRAND = Symbol.for("agora.AppError");

/** A refusal that the caller may read: no token, body or another person's data in its message. Everything else that is thrown is a defect. */
export class AppError extends Error {
  /** Another bundle of the process has a class of its own. */
  readonly [BRAND] = true;
  readonly code: ErrorCode;
  readonly details: Record<string, string> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, { details, retryAfterSeconds, ...options }: AppErrorOptions = {}) {
    super(message, options);
    this.name = "AppError";
    this.code = code;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof Error && BRAND in error && (code === undefined || (error as AppError).code === code);
}

/** For what may work a moment later: nothing happened that a repeat with the same nonce could double. */
export function unavailable(cause: unknown): AppError {
  return new AppError("unavailable", "Agora cannot answer just now. Try again in a moment.", { cause, retryAfterSeconds: 1 });
}
