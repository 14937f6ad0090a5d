const KB = 1024;
const MB = 1024 * KB;

/**
 * What Amazon API Gateway allows, by name. Sources: "Quotas for configuring and running an HTTP API" and "… a WebSocket API" in its
 * developer guide. Code that stays inside these on one machine stays inside them on AWS.
 */
export const httpLimits = {
  /** Request line and headers together. */
  headBytes: 10_240,
  bodyBytes: 10 * MB,
  integrationTimeoutMs: 30_000,
};

export const socketLimits = {
  messageBytes: 128 * KB,
  /** One frame of a message from a client. */
  frameBytes: 32 * KB,
  /**
   * One payload that is posted to a connection. The quota page says that the frame limit applies to these too; there are reports that the
   * real gateway splits up to 128 KB by itself. What stays inside the documented limit works either way.
   */
  pushBytes: 32 * KB,
  idleMs: 10 * 60_000,
  ageMs: 2 * 60 * 60_000,
  connectsPerSecond: 500,
  integrationTimeoutMs: 29_000,
  /** Ours, not AWS's: what a socket that reads slowly may owe before it is cut off. Without it one stalled client eats the memory. */
  owedBytes: 1 * MB,
  /** Ours: how long a peer may take to answer a close frame. */
  closeTimeoutMs: 2_000,
  /** Ours: the same for a connection that must be gone before somebody is told so. */
  closePatienceMs: 500,
};

export type HttpLimits = typeof httpLimits;
export type SocketLimits = typeof socketLimits;

/** The account's default: steady requests a second, and how many may come at once. */
export const accountThrottle = { perSecond: 10_000, burst: 5_000 };

/** How long `close()` waits for handlers that are running. Ours: AWS never shuts down. */
export const SHUTDOWN_GRACE_MS = 5_000;
