import type { Message } from "@agora/core/protocol/message";
import type { Stretch } from "./stretch";

/** What is new in what is loaded. */
export interface NewPart {
  /** How many messages of others; of what is not loaded, all that was said. */
  count: number;
  /** The first of them, if it is loaded. */
  first: Message | undefined;
  /** It begins above what is loaded. */
  isAbove: boolean;
}

interface Span {
  /** New is what is behind the one seq, up to the other. */
  after: number;
  until: number;
  /** What was said before this moment is history: the reader was not there. */
  since: number;
}

/**
 * The line between what the reader knew when they came and what was said since. It stays where it is while they read, and goes with what
 * they say themselves.
 */
export class NewLine {
  #span: Span | null = $state.raw(null);
  /** The reader has turned away, and knew everything up to here. */
  #awaySince: number | null = null;

  /** Everything up to this seq was known; null: there is no line. */
  get after(): number | null {
    return this.#span?.after ?? null;
  }

  /** The reader comes, with a mark behind which something may have been said. Whoever never read here is told what was said since they joined. */
  draw({ last_read, head, joinedAt = 0 }: { last_read: number; head: number; joinedAt?: number | undefined }): void {
    this.#span = head > last_read ? { after: last_read, until: head, since: last_read === 0 ? joinedAt : 0 } : null;
    this.#awaySince = null;
  }

  clear(): void {
    this.#span = null;
  }

  /** The reader turns away: what comes now is new when they are back, if they knew all that is there. */
  leave({ known, last }: { known: number; last: number }): void {
    if (known >= last) this.#awaySince ??= last;
  }

  return(): void {
    this.#awaySince = null;
  }

  /** Messages have come, the last of them with this seq. */
  take(last: number): void {
    if (this.#awaySince !== null && last > this.#awaySince) this.#span = { after: this.#awaySince, until: last, since: 0 };
  }

  /** What of a stretch is new to the reader; undefined: nothing, or nothing that others said. */
  partOf(stretch: Stretch, ownId: string, hasOlder: boolean): NewPart | undefined {
    if (!this.#span) return undefined;
    const { after, until, since } = this.#span;
    const [oldest] = stretch;
    const newest = stretch.at(-1);
    if (!oldest || !newest) return undefined;
    const isAbove = hasOlder && oldest.seq > after + 1 && oldest.created_at >= since;
    const news = stretch.filter(({ seq, author, created_at }) => seq > after && seq <= until && created_at >= since && author.id !== ownId);
    const missingAbove = isAbove ? Math.min(oldest.seq - 1, until) - after : 0;
    const missingBelow = Math.max(0, until - Math.max(newest.seq, after));
    const count = missingAbove + news.length + missingBelow;
    return count > 0 ? { count, first: isAbove ? undefined : news[0], isAbove } : undefined;
  }
}
