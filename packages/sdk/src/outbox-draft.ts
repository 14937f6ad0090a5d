import type { Clock } from "./clock";
import { AgoraError } from "./errors";
import type { AgoraErrorCode } from "./errors";

/** A message that is not acknowledged yet, as a UI shows it. */
export interface OutboxItem<Body> {
  readonly topic: string;
  readonly nonce: string;
  readonly body: Body;
  /** `pending`: waits for its turn, or for `retryAt`. `failed`: refused for good; `retry` or `discard` it. */
  readonly state: "pending" | "sending" | "failed";
  readonly error: AgoraError | null;
  readonly createdAt: number;
  /** When it is tried again, in milliseconds since the epoch, if the last request failed. */
  readonly retryAt: number | null;
  /** Why it waits for `retryAt`: `network`, `limit.slow_mode`, … */
  readonly delayedBy: AgoraErrorCode | null;
}

export interface SavedDraft<Body> {
  topic: string;
  nonce: string;
  body: Body;
  createdAt: number;
  /** Left out if it was never sent. */
  after?: number;
  error?: { code: AgoraErrorCode; message: string };
}

/** What an outbox keeps over a reload. Survives JSON. */
export interface OutboxSnapshot<Body> {
  version: 1;
  items: SavedDraft<Body>[];
}

/** One message on its way. */
export class Draft<Body> {
  readonly topic: string;
  readonly nonce: string;
  readonly body: Body;
  readonly createdAt: number;
  readonly controller = new AbortController();
  /** Resolves when it is out of the outbox. */
  readonly left: Promise<void>;
  readonly #clock: Clock;
  state: OutboxItem<Body>["state"] = "pending";
  /** Every entry up to this seq is not this message; undefined: it was never sent. */
  after: number | undefined;
  isConflicted = false;
  failures = 0;
  retryAt: number | null = null;
  delayedBy: AgoraErrorCode | null = null;
  error: AgoraError | null = null;
  #leave: () => void = () => undefined;
  #wait: { isShortened: boolean; end: () => void } | undefined;

  constructor(clock: Clock, { topic, nonce, body, createdAt, after, error }: SavedDraft<Body>) {
    this.#clock = clock;
    this.topic = topic;
    this.nonce = nonce;
    this.body = body;
    this.createdAt = createdAt;
    this.after = after;
    if (error) this.fail(new AgoraError(error.code, error.message));
    this.left = new Promise((resolve) => (this.#leave = resolve));
  }

  /** Begins a try. */
  start(): void {
    this.state = "sending";
    this.retryAt = null;
    this.delayedBy = null;
  }

  /** @param isShortened whether `wake` ends the wait. */
  async wait(delayMs: number, { code }: AgoraError, isShortened: boolean): Promise<void> {
    this.state = "pending";
    this.retryAt = this.#clock.now() + delayMs;
    this.delayedBy = code;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(resolve, delayMs);
      this.#wait = {
        isShortened,
        end: () => {
          this.#clock.clearTimeout(timer);
          resolve();
        },
      };
    });
    this.#wait = undefined;
  }

  wake(): void {
    if (this.#wait?.isShortened) this.#wait.end();
  }

  leave(): void {
    this.#leave();
    this.#wait?.end();
  }

  fail(error: AgoraError): void {
    this.state = "failed";
    this.error = error;
    this.retryAt = null;
  }

  reset(): void {
    this.state = "pending";
    this.error = null;
    this.failures = 0;
  }

  toItem(): OutboxItem<Body> {
    const { topic, nonce, body, state, error, createdAt, retryAt, delayedBy } = this;
    return Object.freeze({ topic, nonce, body, state, error, createdAt, retryAt, delayedBy });
  }

  toJSON(): SavedDraft<Body> {
    const { topic, nonce, body, createdAt, after, error } = this;
    return {
      topic,
      nonce,
      body,
      createdAt,
      ...(after !== undefined && { after }),
      ...(error && { error: { code: error.code, message: error.message } }),
    };
  }
}
