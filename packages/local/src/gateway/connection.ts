import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { SocketLimits } from "./limits";
import type { Caller } from "./socket-event";

/** One open socket. Everything that is sent to its client goes through `enqueue`, so that frames keep their order. */
export class Connection {
  readonly caller: Caller;
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #limits: SocketLimits;
  #lastActiveAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  #isOpen = true;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #closing: { code: number; reason: string } | undefined;
  readonly #gone: Promise<void>;
  /** Until when its minutes have been counted. */
  countedAt: number;

  constructor(caller: Caller, socket: WebSocket, stream: Duplex, limits: SocketLimits) {
    this.caller = caller;
    this.#socket = socket;
    this.#stream = stream;
    this.#limits = limits;
    this.countedAt = caller.connectedAt;
    this.#gone = new Promise((resolve) => socket.once("close", () => resolve()));
    this.#watchClock();
  }

  get id(): string {
    return this.caller.id;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get lastActiveAt(): number {
    return this.#lastActiveAt;
  }

  /** How this side decided to end it. What the peer says afterwards does not count any more. */
  get closing(): { code: number; reason: string } | undefined {
    return this.#closing;
  }

  /** A message, a ping or a push: any traffic keeps the connection from being idle. */
  touch(now: number = Date.now()): void {
    this.#lastActiveAt = now;
  }

  /**
   * Takes a frame to be written at the next `flush`. A client that owes too much is cut off: it would get its frames late, and memory is
   * finite.
   * @returns false if the connection is gone, or has just been cut off
   */
  enqueue(frame: Buffer): boolean {
    if (!this.#isOpen) return false;
    if (this.#stream.writableLength + this.#pendingBytes + frame.length > this.#limits.owedBytes) {
      this.end(1008, "Too slow");
      this.#socket.terminate();
      return false;
    }
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    return true;
  }

  /** Writes what is pending in one go. The stream is written past ws, which is sound as long as nothing is compressed: ws then writes at once too. */
  flush(): void {
    const frames = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    const [first] = frames;
    if (!first || !this.#stream.writable) return;
    if (frames.length === 1) {
      this.#stream.write(first);
      return;
    }
    this.#stream.cork();
    for (const frame of frames) this.#stream.write(frame);
    this.#stream.uncork();
  }

  /** Ends the connection with a close frame, after whatever was enqueued before. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.flush();
    this.end(code, reason);
    this.#socket.close(code, reason);
  }

  /** As `close`, and waits until the peer has read all of it and gone too, so that nothing reaches it afterwards; one that does not go is cut off. */
  async closeForGood(code: number, reason: string, patienceMs: number): Promise<void> {
    this.close(code, reason);
    const cut = setTimeout(() => this.#socket.terminate(), patienceMs);
    await this.#gone;
    clearTimeout(cut);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** From here on it is gone, though its socket may still be closing. The first call says how it ended. */
  end(code: number, reason: string): void {
    this.#isOpen = false;
    this.#closing ??= { code, reason };
    clearTimeout(this.#timer);
  }

  /** One timer that looks at the clock when it fires, rather than one that is set again with every push. */
  #watchClock(): void {
    const endsAt = Math.min(this.#lastActiveAt + this.#limits.idleMs, this.caller.connectedAt + this.#limits.ageMs);
    const leftMs = endsAt - Date.now();
    if (leftMs <= 0) this.close(1001, "Going away");
    else this.#timer = setTimeout(() => this.#watchClock(), leftMs);
  }
}
