const BACKOFF_BASE_MS = 500;
export const BACKOFF_CAP_MS = 30_000;

/**
 * How long to wait before try number `tries` + 1: capped exponential backoff with full jitter, so that many clients that lost
 * the same server do not come back at the same moment.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param tries failures so far in a row, from 0
 * @param random 0 ≤ random < 1
 * @returns milliseconds, 0 to 30,000
 */
export function backoffMs(tries: number, random: number): number {
  return Math.floor(random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** tries));
}
