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

/** It may succeed later without anybody doing anything. */
export const isWorthRepeating = (error: AgoraError): boolean => isTransient(error);

/** How long to wait after so many failures in a row: what the server asks for, and never less than by backoff. */
export const patienceMs = (failures: number, error: AgoraError, random: number): number =>
  Math.max(error.retryAfterMs ?? 0, backoffMs(failures, random));

/** `crypto.randomUUID` is missing where a page is served over plain http, as in a home network. */
export const randomName = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
