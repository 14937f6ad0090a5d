import type { Entries } from "./entries";
import { Sends } from "./sends";

/*
 * What the clients of a run did and saw: plain data, written as it happens and judged when it is over. Times are milliseconds of one clock, that of
 * the process that all clients run in; two events at the same time count as concurrent.
 */

/** One subscription of one client to one log. A client that is started again makes new ones. */
export interface Observer {
  id: string;
  log: number;
  /** The number behind which it was to begin; undefined: where the log ended when it came. */
  after: number | undefined;
  /** In the order in which the SDK handed them over. */
  delivered: Entries;
  /** How it ended: it left or its client was stopped, or it was listening, connected and caught up when all was over. */
  end: "left" | "caught_up";
}

/** One page, as asked for and answered. */
export interface PageRead {
  client: string;
  log: number;
  kind: "newest" | "before" | "after" | "around";
  /** What `kind` counts from; 0 for the newest. */
  cursor: number;
  limit: number;
  startAt: number;
  head: number;
  hasMore: boolean;
  /** The highest number of the log that this client had been shown, in any way, when it asked. */
  known: number;
  entries: Entries;
}

/** Somebody was removed from a server, and perhaps let in again. */
interface Kick {
  person: number;
  logs: readonly number[];
  ackAt: number;
  /** When they first tried to come back; infinite if they did not. */
  rejoinAt: number;
}

/** What a person who had been removed heard of the server afterwards: a frame of one of its topics, or an answer other than "not found". */
interface HeardAfterKick {
  kick: number;
  at: number;
  what: string;
  /** When what led to it began: the send of the message, or the request; undefined where that is not known. */
  causeAt: number | undefined;
}

/** A log, read back from its first entry to its last when all was over, or again after a last restart. */
export interface FinalLog {
  log: number;
  when: "healed" | "restarted";
  head: number;
  entries: Entries;
}

export interface History {
  /** Names, for findings. */
  people: string[];
  logs: string[];
  sends: Sends;
  observers: Observer[];
  reads: PageRead[];
  kicks: Kick[];
  heardAfterKick: HeardAfterKick[];
  finals: FinalLog[];
}

export const newHistory = (): History => ({
  people: [],
  logs: [],
  sends: new Sends(),
  observers: [],
  reads: [],
  kicks: [],
  heardAfterKick: [],
  finals: [],
});
