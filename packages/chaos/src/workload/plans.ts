import type { Plan } from "./mischief";
import type { WorldSize } from "./world";

/** Enough people that every channel has several writers and several observers at any time. */
export const crowd: WorldSize = { people: 28, servers: 4, channels: 4 };

/** Rates of about two faults in a hundred table calls, a message being four calls or more. */
const tables: Plan["tables"] = {
  throttle: 0.003,
  conflict: 0.003,
  server_error: 0.002,
  reset_before: 0.002,
  reset_after: 0.003,
  partial: 0.005,
  delay: 0.01,
};

/** Everything, often: for a minute. */
export const stormy: Plan = {
  tables,
  // A log waits for seconds each time.
  rare: ["hang_after", "hang_before"],
  rareEveryMs: { min: 3_000, max: 6_000 },
  network: { cut: 5, stall: 4, storm: 1 },
  networkEveryMs: { min: 500, max: 2_500 },
  killEveryMs: { min: 5_000, max: 9_000 },
  killAllEvery: 3,
};

/** The same with longer spells in between, in which logs grow: for an hour. */
export const changeable: Plan = {
  ...stormy,
  rareEveryMs: { min: 10_000, max: 30_000 },
  networkEveryMs: { min: 1_000, max: 8_000 },
  killEveryMs: { min: 15_000, max: 60_000 },
};
