/** A message that was taken. */
export interface Sending {
  /** It as JSON. */
  text: string;
  resolve(offset: number): void;
  reject(error: Error): void;
}

const encoder = new TextEncoder();
export const byteLength = (text: string): number => encoder.encode(text).length;

/** Messages in their order, in batches that are no larger than they may be; one that is larger goes by itself. */
export class Batches {
  readonly #maxCount: number;
  readonly #maxBytes: number;
  readonly #batches: { messages: Sending[]; bytes: number }[] = [];

  constructor({ maxCount, maxBytes }: { maxCount: number; maxBytes: number }) {
    this.#maxCount = maxCount;
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  /** The first batch need not wait for more. */
  get isFull(): boolean {
    const [first] = this.#batches;
    return first !== undefined && (this.#batches.length > 1 || first.messages.length >= this.#maxCount);
  }

  add(message: Sending): void {
    const bytes = byteLength(message.text) + 1;
    const last = this.#batches.at(-1);
    if (last && last.messages.length < this.#maxCount && last.bytes + bytes <= this.#maxBytes) {
      last.messages.push(message);
      last.bytes += bytes;
    } else this.#batches.push({ messages: [message], bytes });
  }

  /** The messages of the first batch; none if there is none. */
  take(): readonly Sending[] {
    return this.#batches.shift()?.messages ?? [];
  }
}
