import type { Message } from "@agora/sdk";
import { WebSocket } from "ws";

const OPEN_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 10_000;

/** As much of a frame as the workload looks at. */
export interface Frame {
  type: string;
  id?: string | number;
  topic?: string;
  message?: Message;
  code?: string;
}

/** The frames in what a socket received, those of a batch one by one. */
export function framesIn(data: unknown): Frame[] {
  const frame = JSON.parse(String(data)) as Frame & { frames?: Frame[] };
  return frame.type === "batch" ? (frame.frames ?? []) : [frame];
}

/** A client that speaks to the socket without the SDK: it asks, and does not mind what else comes. */
export class RawSocket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (frame: Frame | undefined) => void>();
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => {
      for (const frame of framesIn(data)) if (typeof frame.id === "string") this.#settle(frame.id, frame);
    });
    socket.on("close", () => {
      for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined);
    });
  }

  /** Resolves with undefined if it cannot be opened. */
  static open(url: string, onmessage: (data: unknown) => void): Promise<RawSocket | undefined> {
    return new Promise((resolve) => {
      const socket = new WebSocket(url, { handshakeTimeout: OPEN_WITHIN_MS });
      socket.on("message", onmessage);
      socket.once("open", () => resolve(new RawSocket(socket)));
      socket.on("error", () => resolve(undefined));
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The answer; undefined if none came. */
  ask(frame: object): Promise<Frame | undefined> {
    const id = `r${++this.#lastId}`;
    return new Promise((resolve) => {
      if (!this.isOpen) return resolve(undefined);
      this.#waiting.set(id, resolve);
      setTimeout(() => this.#settle(id, undefined), ANSWER_WITHIN_MS).unref();
      this.#socket.send(JSON.stringify({ ...frame, id }));
    });
  }

  close(): void {
    this.#socket.terminate();
  }

  #settle(id: string, frame: Frame | undefined): void {
    this.#waiting.get(id)?.(frame);
    this.#waiting.delete(id);
  }
}
