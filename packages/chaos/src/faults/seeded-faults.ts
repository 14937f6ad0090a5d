import type { AwsProxy } from "./aws-proxy";
import { canHappen, type Fault } from "./fault";

/** What can be drawn by chance: to kill, one must know whom. */
export type SeededKind = Exclude<Fault["kind"], "kill_before" | "kill_after">;

const DELAY_MAX_MS = 100;

/**
 * Numbers in [0, 1) that look random and are the same for the same seed: mulberry32, a 32-bit state, enough for choosing faults, and for nothing
 * that must not be guessed. Source: Tommy Ettinger, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A plan that injects each kind at its rate (0–1 of the requests to which it can happen). One number is drawn for each request, and one more
 * for a delay, so that the n-th request of a run meets the same fault in the next run with the same seed and the same order of requests.
 */
export function seededFaults(random: () => number, rates: Partial<Record<SeededKind, number>>): AwsProxy["plan"] {
  const kinds = Object.entries(rates) as [SeededKind, number][];
  return ({ operation }) => {
    let left = random();
    for (const [kind, rate] of kinds) {
      if (!canHappen(kind, operation)) continue;
      if (left < rate) return kind === "delay" ? { kind, ms: Math.ceil(random() * DELAY_MAX_MS) } : { kind };
      left -= rate;
    }
    return undefined;
  };
}
