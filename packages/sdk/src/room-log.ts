import type { Message } from "@agora/core/protocol/message";
import type { Clock } from "./clock";

interface RoomLogOptions {
  clock: Clock;
  fetch: (range: { before?: number; after?: number }) => Promise<{ messages: Message[]; has_more: boolean }>;
  onchange: () => void;
}

interface Joined {
  messages: readonly Message[];
  head: number;
  hasMore: boolean;
  /** More was missed than came along: what is here is dropped. */
  isNew: boolean;
  expiresAfterMs: number;
}

/** A message that comes by itself is hardly older than this: if it is, the clocks differ. */
const CLOCKS_DIFFER_MS = 60_000;

/**
 * What was said in a room, in order, as far as it was loaded and has not expired. A number that is missing is asked for once: it may have expired, since the
 * numbers of a room that was silent for long go on behind a gap.
 */
export class RoomLog {
  readonly #options: RoomLogOptions;
  #messages: readonly Message[] = [];
  #hasMore = false;
  /** The highest number that was seen. */
  #head = 0;
  #expiresAfterMs = Infinity;
  /** By how much this clock is ahead of the server's, as far as its messages tell. */
  #aheadMs = 0;
  #timer: unknown;
  #asked = 0;
  /** All up to this number have expired. */
  #gone = 0;

  constructor(options: RoomLogOptions) {
    this.#options = options;
  }

  get messages(): readonly Message[] {
    return this.#messages;
  }

  get hasMore(): boolean {
    return this.#hasMore;
  }

  get head(): number {
    return this.#head;
  }

  joined({ messages, head, hasMore, isNew, expiresAfterMs }: Joined): void {
    this.#expiresAfterMs = expiresAfterMs;
    const [oldest] = messages;
    // What the server gives has not expired.
    if (oldest) this.#aheadMs = Math.max(this.#aheadMs, this.#options.clock.now() - oldest.created_at - expiresAfterMs + 1);
    if (isNew) this.#messages = [];
    if (isNew || this.#messages.length === 0) this.#hasMore = hasMore;
    this.#asked = Math.max(this.#asked, head); // what is missing below has expired
    this.#merge(messages);
    this.#head = Math.max(this.#head, head);
  }

  /** What came by itself: a message that is out of turn waits for none, but what is before it is asked for. */
  add(messages: readonly Message[]): void {
    const before = this.#head;
    const [first] = messages;
    const ageMs = this.#options.clock.now() - (first?.created_at ?? 0);
    this.#aheadMs = Math.abs(ageMs) > CLOCKS_DIFFER_MS ? ageMs : 0;
    this.#merge(messages);
    if (first && first.seq > before + 1 && before >= this.#asked) void this.#fillFrom(before);
  }

  async loadOlder(): Promise<void> {
    const [first] = this.#messages;
    if (!first || !this.#hasMore) return;
    const { messages, has_more } = await this.#options.fetch({ before: first.seq });
    this.#hasMore = has_more;
    this.#merge(messages);
  }

  clear(): void {
    this.#messages = [];
    this.#hasMore = false;
    this.#changed();
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer);
  }

  async #fillFrom(after: number): Promise<void> {
    this.#asked = this.#head;
    try {
      const { messages } = await this.#options.fetch({ after });
      this.#merge(messages);
    } catch {
      this.#asked = Math.min(this.#asked, after); // the next message, or the next join, asks again
    }
  }

  #merge(messages: readonly Message[]): void {
    const bySeq = new Map(this.#messages.map((message) => [message.seq, message]));
    for (const message of messages) bySeq.set(message.seq, message);
    this.#messages = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
    this.#head = Math.max(this.#head, this.#messages.at(-1)?.seq ?? 0);
    this.#dropExpired();
  }

  #dropExpired(): void {
    const { clock } = this.#options;
    const now = clock.now() - this.#aheadMs;
    const kept = this.#messages.filter(({ created_at }) => created_at + this.#expiresAfterMs > now);
    if (kept.length < this.#messages.length) this.#hasMore = false; // what is older has expired too
    const lastGone = this.#messages.findLast((message) => !kept.includes(message));
    this.#gone = Math.max(this.#gone, lastGone?.seq ?? 0);
    // What has expired is not quoted any more either.
    this.#messages = kept.map((message) => ((message.reply_to?.seq ?? Infinity) <= this.#gone ? { ...message, reply_to: null } : message));
    clock.clearTimeout(this.#timer);
    const [first] = this.#messages;
    // A timer takes no more than 24 days.
    if (first && Number.isFinite(this.#expiresAfterMs))
      this.#timer = clock.setTimeout(() => this.#dropExpired(), Math.max(1, first.created_at + this.#expiresAfterMs - now));
    this.#changed();
  }

  #changed(): void {
    this.#options.onchange();
  }
}
