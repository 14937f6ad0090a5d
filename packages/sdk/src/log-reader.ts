import type { SubscribedTopic } from "@agora/core/protocol/frames";
import { talkLimits } from "@agora/core/protocol/talk-limits";
import type { Message } from "@agora/core/protocol/message";
import { backoffMs } from "./backoff";
import type { Clock } from "./clock";
import { isTransient } from "./errors";
import type { ReactionChange } from "./reactions";

/** Pushes overtake one another by this much; a hole that lasts longer is fetched. */
export const GRACE_MS = 150;
/** Entries that are kept while those before them are on their way. What is beyond is dropped and fetched later. */
export const HELD_MAX = 200;
/** Entries that were delivered in a changed state, whose revision is remembered so that an older one is not taken for an update. */
const REVISIONS_MAX = 200;

/** A page of a log, oldest first, from behind `after`; `head` is the seq of the log's last entry. */
export interface EntryPage {
  messages: readonly Message[];
  head: number;
}
export type FetchAfter = (topic: string, after: number, limit: number) => Promise<EntryPage>;

/** Of entries that were pushed: they are the same for everybody, and know nobody's own reactions. */
export interface Pushed {
  /** The change that was pushed. */
  reaction?: ReactionChange | undefined;
}

interface LogReaderOptions {
  topic: string;
  /** Every entry up to it is known already; undefined: begin with what comes after the first subscribe. */
  after: number | undefined;
  /** So many of those that are known come again with every subscribe. */
  again: number;
  clock: Clock;
  random: () => number;
  fetchAfter: FetchAfter;
  onentries(messages: readonly Message[]): void;
  onupdates(messages: readonly Message[], pushed: Pushed | undefined): void;
  /** The log cannot be read any more. */
  onrefused(error: unknown): void;
  /** `isCaughtUp` or `seen` may have changed. */
  onchange(): void;
}

/**
 * Puts one log's entries in order. Whatever comes by push, subscribe answer or page, in whatever order and how often: `onentries` gets
 * 1, 2, 3, … each exactly once, without a hole. What is missing is fetched while the log is attached to a connection.
 */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #held = new Map<number, Message>();
  readonly #revisions = new Map<number, number>();
  #seen: number | undefined;
  /** The highest seq that is known to exist. */
  #head = 0;
  #attached = false;
  #caughtUp = false;
  #fetching = false;
  #failures = 0;
  #timer: unknown;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#seen = options.after;
  }

  /** The highest seq up to which everything was delivered; undefined until it is known where to begin. */
  get seen(): number | undefined {
    return this.#seen;
  }

  /** Behind which number a subscribe should ask. */
  get wantedAfter(): number | undefined {
    return this.#seen === undefined ? undefined : Math.max(0, this.#seen - this.#options.again);
  }

  get head(): number {
    return Math.max(this.#head, this.#seen ?? 0);
  }

  /** Everything that was said before the last (re)connect has been delivered. */
  get isCaughtUp(): boolean {
    return this.#caughtUp;
  }

  /** Takes in what a connection knows at its start, and what it missed. */
  attach({ head, entries = [] }: Pick<SubscribedTopic, "head" | "entries">): void {
    this.#attached = true;
    this.#head = Math.max(this.#head, head);
    this.#seen ??= head;
    this.#take(entries);
    this.#mend(0);
  }

  /** No connection carries the log any more: nothing is fetched until the next `attach`. */
  detach(): void {
    this.#attached = false;
    this.#caughtUp = false;
    this.#failures = 0;
    this.#clearTimer();
  }

  /** Takes in entries that were pushed, or learned in another way. */
  offer(entries: readonly Message[], pushed?: Pushed): void {
    this.#take(entries, pushed);
    this.#mend(GRACE_MS);
  }

  /** Takes in that the log goes up to `head`. */
  expect(head: number): void {
    this.#head = Math.max(this.#head, head);
    this.#mend(GRACE_MS);
  }

  #take(entries: readonly Message[], pushed?: Pushed): void {
    const updates: Message[] = [];
    for (const entry of entries) {
      this.#head = Math.max(this.#head, entry.seq);
      if (this.#seen === undefined || entry.seq > this.#seen) {
        if (entry.revision > (this.#held.get(entry.seq)?.revision ?? 0)) this.#held.set(entry.seq, entry);
      } else if (entry.revision > (this.#revisions.get(entry.seq) ?? 1)) {
        this.#remember(entry);
        updates.push(entry);
      }
    }
    this.#deliver();
    while (this.#held.size > HELD_MAX) this.#held.delete(Math.max(...this.#held.keys()));
    if (updates.length > 0) this.#options.onupdates(updates, pushed);
  }

  #deliver(): void {
    if (this.#seen === undefined) return;
    const ready: Message[] = [];
    for (let entry = this.#held.get(this.#seen + 1); entry; entry = this.#held.get(this.#seen + 1)) {
      this.#held.delete(entry.seq);
      this.#seen = entry.seq;
      this.#remember(entry);
      ready.push(entry);
    }
    for (const seq of this.#held.keys()) if (seq <= this.#seen) this.#held.delete(seq);
    if (ready.length > 0) this.#options.onentries(ready);
  }

  #remember({ seq, revision }: Message): void {
    if (revision === 1) return;
    this.#revisions.set(seq, revision);
    for (const oldest of this.#revisions.keys()) {
      if (this.#revisions.size <= REVISIONS_MAX) break;
      this.#revisions.delete(oldest);
    }
  }

  /** Sees to it that a hole is fetched after the delay, if it is still there. */
  #mend(delayMs: number): void {
    if (this.#isWhole()) {
      this.#clearTimer();
      this.#caughtUp = this.#attached;
    } else if (this.#attached && !this.#fetching && (this.#timer === undefined || delayMs === 0)) {
      this.#clearTimer();
      if (delayMs === 0)
        void this.#fetch(); // never rejects
      else this.#timer = this.#options.clock.setTimeout(() => void this.#fetch(), delayMs);
    }
    this.#options.onchange();
  }

  async #fetch(): Promise<void> {
    const { topic, clock, random, fetchAfter, onrefused } = this.#options;
    this.#clearTimer();
    this.#fetching = true;
    let refusal: unknown;
    let stuck = false;
    while (this.#attached && !this.#isWhole() && !stuck) {
      const before: number = this.#seen ?? 0;
      try {
        const page = await fetchAfter(topic, before, talkLimits.pageMax);
        this.#head = Math.max(this.#head, page.head);
        this.#take(page.messages);
      } catch (error) {
        if (!isTransient(error)) refusal = error;
      }
      stuck = this.#seen === before;
    }
    this.#fetching = false;
    if (refusal !== undefined) return onrefused(refusal);
    if (!stuck) this.#failures = 0;
    else if (this.#attached && !this.#isWhole()) {
      this.#timer = clock.setTimeout(() => void this.#fetch(), backoffMs(this.#failures++, random()));
    }
    this.#mend(GRACE_MS);
  }

  #isWhole(): boolean {
    return this.#seen !== undefined && this.#seen >= this.#head;
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
