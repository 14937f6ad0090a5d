import { identityOf, lastOf } from "./entry";
import type { LogEntry } from "./entry";

type Seen = Pick<LogEntry, "seq" | "count" | "author" | "guest_id" | "nonce" | "created_at">;

/**
 * What a writer has seen of a log: every number from `from` to `end`, without a gap. Entries are never renumbered and keep their author and
 * nonce, so a view can become short of the newest entries but never wrong.
 */
export class View {
  /** The first number that was seen; `end + 1` if none was. */
  #from: number;
  #end: number;
  #endedAt: number | undefined;
  #seqByIdentity = new Map<string, number>();

  private constructor(end: number) {
    this.#end = end;
    this.#from = end + 1;
  }

  /** A log whose end is known and nothing else. */
  static endingAt(end: number): View {
    return new View(end);
  }

  /** The longest run of neighbours that ends with the last of `entries`, which ascend. A hole (a lagging replica) ends the run. */
  static of(entries: Seen[]): View {
    const last = entries.at(-1);
    const view = new View(last ? lastOf(last) : 0);
    view.#endedAt = last?.created_at;
    view.prepend(entries);
    return view;
  }

  get from(): number {
    return this.#from;
  }

  get end(): number {
    return this.#end;
  }

  /** When the last entry was made; undefined if the log is empty, or that was not seen. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** The first number of the entry with this identity, if it was seen. */
  find(identity: string): number | undefined {
    return this.#seqByIdentity.get(identity);
  }

  /** Adds an entry that stands right behind the end. Answers false, and adds nothing, for one that does not. */
  append(entry: Seen): boolean {
    if (entry.seq !== this.#end + 1) return false;
    this.#end = lastOf(entry);
    this.#endedAt = entry.created_at;
    this.#note(entry);
    return true;
  }

  /** Adds those of `entries` (ascending) that stand right before the first number that was seen, or begin before it. */
  prepend(entries: Seen[]): void {
    for (const entry of entries.toReversed()) {
      if (entry.seq >= this.#from) continue;
      if (lastOf(entry) < this.#from - 1) return;
      this.#from = entry.seq;
      this.#note(entry);
    }
  }

  /** Everything that both views have seen, as far as it hangs together; where it does not, the one that reaches further. */
  joinedWith(other: View): View {
    const [further, shorter] = this.#end >= other.#end ? [this, other] : [other, this];
    if (shorter.#end < further.#from - 1 || shorter.#from >= further.#from) return further;
    const joined = new View(further.#end);
    joined.#endedAt = further.#endedAt;
    joined.#from = shorter.#from;
    joined.#seqByIdentity = new Map([...shorter.#seqByIdentity, ...further.#seqByIdentity]);
    return joined;
  }

  /** Forgets all but about the last `count` numbers. */
  trim(count: number): void {
    if (this.#end - this.#from < count * 2) return;
    this.#from = this.#end - count + 1;
    for (const [identity, seq] of this.#seqByIdentity) if (seq < this.#from) this.#seqByIdentity.delete(identity);
  }

  #note(entry: Seen): void {
    const identity = identityOf(entry);
    if (identity !== undefined) this.#seqByIdentity.set(identity, entry.seq);
  }
}
