/* What the processes of a benchmark tell each other. Times are those of `nowMs`. */

/** How a message is known again among all that arrives: this and its number. */
export const MARK = "bench-";

export interface OpenSockets {
  type: "open";
  system: string;
  urls: string[];
  /** How many the system will have in the end. */
  total: number;
  /** Sent on each socket; when it was answered with a frame that contains `answer`, the socket listens. */
  subscribe?: { frame: string; answer: string };
}

export interface SocketsOpened {
  type: "opened";
  system: string;
  error?: string;
}

/** All sockets of the system have it. */
export interface Received {
  type: "received";
  system: string;
  message: number;
  medianAt: number;
  lastAt: number;
}

/** From the server: its message is stored, and it begins to push it. */
export interface Pushing {
  type: "pushing";
  storedAt: number;
  pushAt: number;
}
