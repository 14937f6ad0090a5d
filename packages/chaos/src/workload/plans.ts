import type { Plan } from "./mischief";
import type { StreamWorldSize } from "./streams/world";
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

/** Each topic is written and read by several at any time, and members wait for each other's leases. */
export const streams: StreamWorldSize = { topics: 2, producers: 2, appenders: 1, pollers: 2, groups: 2, members: 3 };

const HOUR_MS = 3_600_000;
/**
 * What was produced before is sealed at the start; and after the longer one the job has not run for so long that what is produced gets no date: then it
 * is the job that deletes it.
 */
const leap: Plan["leap"] = { every: 2, ms: [49 * HOUR_MS, 100 * HOUR_MS] };

/** What streams ask of the tables is hardly ever a batch. */
const { partial: _, ...single } = tables;

/** Everything, often: for half a minute. */
export const stormyStreams: Plan = {
  ...stormy,
  tables: { ...single, throttle: 0.006, server_error: 0.005, reset_before: 0.005, reset_after: 0.006, conflict: 0.006 },
  network: { cut: 3, stall: 2, storm: 2 },
  networkEvery: { minMs: 500, maxMs: 1_500, messages: 0 },
  rareEvery: { ...stormy.rareEvery, messages: 10 },
  killEvery: { minMs: 1_500, maxMs: 3_000, messages: 10 },
  leap,
};

/** The same with longer spells in between. */
export const changeableStreams: Plan = {
  ...stormyStreams,
  tables: single,
  rareEvery: changeable.rareEvery,
  networkEvery: changeable.networkEvery,
  killEvery: { minMs: 4_000, maxMs: 15_000, messages: 300 },
  leap,
};
