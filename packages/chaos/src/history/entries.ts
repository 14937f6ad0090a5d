/** A message as somebody saw it: where it stood, which send it is, and a digest of its author, nonce and content. */
export interface Seen {
  seq: number;
  /** The number of the send; `NOBODYS` if nobody in the history sent it. */
  send: number;
  digest: number;
}

export const NOBODYS = -1;

const FIELDS = 3;

/** A list of what was seen, twelve bytes each: a run of a million messages has many millions of deliveries. */
export class Entries {
  #data: Uint32Array;
  #length = 0;

  constructor(capacity = 16) {
    this.#data = new Uint32Array(capacity * FIELDS);
  }

  static of(seen: readonly Seen[]): Entries {
    const entries = new Entries(seen.length);
    for (const one of seen) entries.push(one);
    return entries;
  }

  get length(): number {
    return this.#length;
  }

  push({ seq, send, digest }: Seen): void {
    const at = this.#length * FIELDS;
    if (at === this.#data.length) {
      const grown = new Uint32Array(Math.max(16 * FIELDS, this.#data.length * 2));
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[at] = seq;
    this.#data[at + 1] = send + 1; // so that NOBODYS is 0
    this.#data[at + 2] = digest;
    this.#length++;
  }

  /** Negative indexes count from the end, as with `Array.at`. */
  at(index: number): Seen | undefined {
    const row = index < 0 ? this.#length + index : index;
    if (row < 0 || row >= this.#length) return undefined;
    const at = row * FIELDS;
    return { seq: this.#data[at] ?? 0, send: (this.#data[at + 1] ?? 0) - 1, digest: this.#data[at + 2] ?? 0 };
  }

  *[Symbol.iterator](): Generator<Seen> {
    for (let row = 0; row < this.#length; row++) {
      const seen = this.at(row);
      if (seen) yield seen;
    }
  }
}

/** Who stands at which number of a log that was read as a whole. The first wins where a number came twice. */
export class Places {
  readonly #entries: Entries;
  readonly #rowOfSeq: Uint32Array;
  readonly highest: number;

  constructor(entries: Entries) {
    this.#entries = entries;
    let highest = 0;
    for (const { seq } of entries) highest = Math.max(highest, seq);
    this.highest = highest;
    this.#rowOfSeq = new Uint32Array(highest + 1);
    let row = 0;
    for (const { seq } of entries) {
      row++;
      if (this.#rowOfSeq[seq] === 0) this.#rowOfSeq[seq] = row;
    }
  }

  at(seq: number): Seen | undefined {
    const row = this.#rowOfSeq[seq] ?? 0;
    return row === 0 ? undefined : this.#entries.at(row - 1);
  }
}
