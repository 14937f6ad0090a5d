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
  rareEvery: { minMs: 2_000, maxMs: 4_000, messages: 50 },
  network: { cut: 5, stall: 4, storm: 1 },
  networkEvery: { minMs: 500, maxMs: 2_500, messages: 50 },
  killEvery: { minMs: 4_000, maxMs: 8_000, messages: 300 },
  killAllEvery: 3,
};

/** The same with longer spells in between, in which logs grow: for an hour. */
export const changeable: Plan = {
  ...stormy,
  rareEvery: { minMs: 8_000, maxMs: 20_000, messages: 300 },
  networkEvery: { minMs: 1_000, maxMs: 8_000, messages: 200 },
  killEvery: { minMs: 15_000, maxMs: 60_000, messages: 1_000 },
};
