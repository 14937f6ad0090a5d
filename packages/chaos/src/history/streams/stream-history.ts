import type { History } from "../history";

/** Something that was asked for and answered. */
export interface Span {
  startAt: number;
  endAt: number;
}

/** A consumer group, and what its members have worked on. */
export interface Group {
  name: string;
  log: number;
  leaseMs: number;
  /** Offsets whose message some member was done with. */
  processed: Set<number>;
}

/** What an answer gave as committed, or where a poll began. */
export interface Sighting extends Span {
  group: number;
  /** Who was told, and by what. */
  by: string;
  committed: number;
}

/** A poll that was answered with messages, or with none. */
export interface Poll extends Span {
  group: number;
  member: string;
  generation: number;
}

/** A commit that was sent. */
export interface Commit {
  group: number;
  member: string;
  generation: number;
  offset: number;
  release: boolean;
  startAt: number;
  /** What it was answered; undefined: it was refused, or nobody knows. */
  answer: { endAt: number; committed: number } | undefined;
}

/** A send with an `expected_offset`. */
interface Conditional {
  send: number;
  expected: number;
  /** It was refused with `topic.offset_moved`. */
  isRefused: boolean;
}

/** What a history of streams has beside that of logs: offsets are numbers, a poller's session is an observer, a producer is a person. */
export interface Streams {
  groups: Group[];
  sightings: Sighting[];
  polls: Poll[];
  commits: Commit[];
  conditionals: Conditional[];
  /** When the server's clock was put forward. */
  leaps: readonly number[];
}

export type StreamHistory = History & Streams;

export const newStreams = (): Streams => ({ groups: [], sightings: [], polls: [], commits: [], conditionals: [], leaps: [] });

/** Each event that says less than one that had ended before it began, with the highest of those. */
export function* goneBack<T extends Span>(events: readonly T[], valueOf: (event: T) => number): Generator<{ before: T; after: T }> {
  const ended = [...events].sort((a, b) => a.endAt - b.endAt);
  const begun = [...events].sort((a, b) => a.startAt - b.startAt);
  let highest: T | undefined;
  let next = 0;
  for (const after of begun) {
    for (let before = ended[next]; before && before.endAt < after.startAt; before = ended[++next]) {
      if (!highest || valueOf(before) > valueOf(highest)) highest = before;
    }
    if (highest && valueOf(after) < valueOf(highest)) yield { before: highest, after };
  }
}
