import type { ReadMark } from "@agora/core/protocol/channel";
import { backoffMs } from "./backoff";
import type { Clock } from "./clock";
import { isTransient } from "./errors";

/** From the first message that is shown to its mark: what is read in one go is marked once. */
const MARK_AFTER_MS = 1_000;
/** While messages keep coming a mark is worth a request and its pushes only so often. */
const MARK_EVERY_MS = 15_000;

interface MarkSenderOptions {
  clock: Clock;
  random: () => number;
  /** Moves the mark. What it answers comes as a `read` frame too, with the head up to which mentions were counted. */
  send(seq: number): Promise<ReadMark>;
}

/** Sends one log's mark: seldom, never backwards, never twice, again while it fails for now. */
export class MarkSender {
  readonly #options: MarkSenderOptions;
  #wanted = 0;
  /** The highest that was sent and has not failed. */
  #sent = 0;
  /** The server's mark is no lower. */
  #known = 0;
  #sentAt = -Infinity;
  #failures = 0;
  #timer: unknown;
  #isClosed = false;

  constructor(options: MarkSenderOptions) {
    this.#options = options;
  }

  want(seq: number): void {
    if (seq <= this.#wanted || seq <= this.#known) return;
    this.#wanted = seq;
    if (this.#timer === undefined) this.#sendIn(Math.max(MARK_AFTER_MS, this.#sentAt + MARK_EVERY_MS - this.#options.clock.now()));
  }

  /** The mark has been moved, perhaps on another device. */
  know(seq: number): void {
    this.#known = Math.max(this.#known, seq);
    if (!this.#isDue) this.#clearTimer();
  }

  /** Sends at once what waits. */
  flush(): void {
    if (this.#isDue) void this.#send(); // never rejects
  }

  /** Sends what waits, once. */
  close(): void {
    this.flush();
    this.discard();
  }

  /** Sends nothing any more. */
  discard(): void {
    this.#isClosed = true;
    this.#clearTimer();
  }

  get #isDue(): boolean {
    return !this.#isClosed && this.#wanted > Math.max(this.#sent, this.#known);
  }

  async #send(): Promise<void> {
    const { clock, random, send } = this.#options;
    this.#clearTimer();
    const seq = (this.#sent = this.#wanted);
    this.#sentAt = clock.now();
    try {
      await send(seq);
      this.#failures = 0;
      this.know(seq);
    } catch (error) {
      if (seq !== this.#sent) return; // a later one is on its way, and covers this one
      this.#sent = 0;
      if (!isTransient(error)) this.#wanted = this.#known;
      else this.#sendIn(Math.max(error.retryAfterMs ?? 0, backoffMs(this.#failures++, random())));
    }
  }

  #sendIn(delayMs: number): void {
    this.#clearTimer();
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.flush();
    }, delayMs);
  }

  #clearTimer(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
