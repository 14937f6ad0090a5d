import { backoffMs } from "../backoff";
import type { Clock } from "../clock";
import { isTransient } from "../errors";
import type { AgoraError } from "../errors";

/** Waits, unless it is not to go on: then it resolves at once. */
export function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = clock.setTimeout(end, delayMs);
    signal.addEventListener("abort", end);
  });
}

/** As `isTransient`, which as a type guard would leave nothing of an error that is not. */
export const isWorthRepeating = (error: AgoraError): boolean => isTransient(error);

/** How long to wait after so many failures in a row: what the server asks for, and never less than by backoff. */
export const patienceMs = (failures: number, error: AgoraError, random: number): number =>
  Math.max(error.retryAfterMs ?? 0, backoffMs(failures, random));
