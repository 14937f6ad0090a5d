import type { ClientFrameInput, SingleFrame } from "@agora/core/protocol/frames";
import type { Clock } from "./clock";

/** What the SDK needs of a WebSocket: the browser's and that of `ws` both fit. */
export interface Transport {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "open" | "close" | "error", listener: () => void): void;
}
export type TransportConstructor = new (url: string) => Transport;

/** API Gateway closes a socket after 10 minutes without a frame; a ping is sent when 8 have passed, and no earlier, since each is billed. */
const PING_AFTER_SILENCE_MS = 8 * 60_000;
const PONG_WITHIN_MS = 10_000;
const OPEN_WITHIN_MS = 15_000;
const ANSWER_WITHIN_MS = 15_000;

type Answered = (frame: SingleFrame) => void;
type Request = ClientFrameInput extends infer Frame ? (Frame extends unknown ? Omit<Frame, "id"> : never) : never;

interface ConnectionOptions {
  url: string;
  WebSocket: TransportConstructor;
  clock: Clock;
  onopen(): void;
  /** Every frame that is not an answer to `request`; those of a batch one by one. */
  onframe(frame: SingleFrame): void;
  /** Once, whatever the reason. */
  onclose(): void;
}

/** One socket: frames in and out, answers by id, and a watch on whether the other end is still there. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly #answers = new Map<number, Answered>();
  readonly #timers = new Set<unknown>();
  readonly #closeListeners = new Set<() => void>();
  #state: "opening" | "open" | "closed" = "opening";
  #lastId = 0;
  #lastReceivedAt: number;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#lastReceivedAt = options.clock.now();
    this.#transport = new options.WebSocket(options.url);
    this.#transport.addEventListener("open", () => this.#opened());
    this.#transport.addEventListener("message", ({ data }) => this.#received(data));
    this.#transport.addEventListener("close", () => this.close());
    this.#transport.addEventListener("error", () => this.close());
    this.#after(OPEN_WITHIN_MS, () => {
      if (this.#state === "opening") this.close();
    });
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Sends a frame and hands over its answer. Without one for 15 seconds the connection is given up. */
  request(frame: Request, answered: Answered): void {
    const id = ++this.#lastId;
    this.#answers.set(id, answered);
    this.#send({ ...frame, id });
    this.#after(ANSWER_WITHIN_MS, () => {
      if (this.#answers.has(id)) this.close();
    });
  }

  /** Calls the listener when the connection is closed, at once if it is. Returns how to stop that. */
  onceClosed(listener: () => void): () => void {
    if (this.#state === "closed") listener();
    else this.#closeListeners.add(listener);
    return () => this.#closeListeners.delete(listener);
  }

  /** Sends a frame that has no answer; false if it could not be sent. */
  post(frame: Request): boolean {
    if (this.isOpen) this.#send(frame);
    return this.isOpen;
  }

  /** Closes the connection unless the other end gives a sign of life within the time. */
  check(withinMs: number): void {
    if (!this.isOpen) return;
    const askedAt = this.#lastReceivedAt;
    let answered = false;
    const id = ++this.#lastId;
    this.#answers.set(id, () => (answered = true));
    this.#send({ action: "ping", id });
    this.#after(withinMs, () => {
      this.#answers.delete(id);
      if (!answered && this.#lastReceivedAt === askedAt) this.close();
    });
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    this.#timers.clear();
    this.#answers.clear();
    this.#transport.close(1000);
    this.#options.onclose();
    for (const listener of this.#closeListeners) listener();
    this.#closeListeners.clear();
  }

  #opened(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#lastReceivedAt = this.#options.clock.now();
    this.#watch(PING_AFTER_SILENCE_MS);
    this.#options.onopen();
  }

  #watch(delayMs: number): void {
    this.#after(delayMs, () => {
      const silentMs = this.#options.clock.now() - this.#lastReceivedAt;
      if (silentMs < PING_AFTER_SILENCE_MS) return this.#watch(PING_AFTER_SILENCE_MS - silentMs);
      this.check(PONG_WITHIN_MS);
      this.#watch(PING_AFTER_SILENCE_MS);
    });
  }

  #received(data: unknown): void {
    if (this.#state !== "open") return;
    this.#lastReceivedAt = this.#options.clock.now();
    for (const frame of parseFrames(data)) {
      // The server does not know this connection any more (closed, evicted, kicked). Whether the account is signed out, the next ticket tells.
      if (frame.type === "error" && frame.code === "auth.invalid") return this.close();
      const id = "id" in frame && typeof frame.id === "number" ? frame.id : 0;
      const answered = this.#answers.get(id);
      this.#answers.delete(id);
      if (answered) answered(frame);
      else this.#options.onframe(frame);
    }
  }

  #send(frame: ClientFrameInput): void {
    try {
      this.#transport.send(JSON.stringify(frame));
    } catch {
      this.close(); // a socket that is closing throws on send; its close event may be seconds away
    }
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = this.#options.clock.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
  }
}

/** Frames are trusted to have the shape that their `type` promises: they come from the server over TLS. What is no frame at all is ignored. */
function parseFrames(data: unknown): SingleFrame[] {
  if (typeof data !== "string") return [];
  try {
    const frame = JSON.parse(data) as unknown;
    const frames = isFrame(frame) && (frame.type as string) === "batch" && "frames" in frame ? frame.frames : [frame];
    return Array.isArray(frames) ? frames.filter(isFrame) : [];
  } catch {
    return []; // not JSON: not ours
  }
}

function isFrame(value: unknown): value is SingleFrame {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
