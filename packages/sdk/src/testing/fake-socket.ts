import type { Transport, TransportConstructor } from "../connection";

type Listener = (event: { data: unknown }) => void;
type Frame = Record<string, unknown> & { action?: string; id?: number; topics?: { topic: string; after?: number }[] };

/** The other end of the wire: all sockets that were opened, in order, each played by the test. */
export class FakeSocket implements Transport {
  readonly url: string;
  readonly sent: Frame[] = [];
  isClosed = false;
  onsend: ((frame: Frame) => void) | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(data: string): void {
    if (this.isClosed) throw new Error("closed");
    const frame = JSON.parse(data) as Frame;
    this.sent.push(frame);
    this.onsend?.(frame);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#emit("close");
  }

  open(): void {
    this.#emit("open");
  }

  receive(frame: unknown): void {
    if (!this.isClosed) this.#emit("message", typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The frames of one action that were sent. */
  actions(action: string): Frame[] {
    return this.sent.filter((frame) => frame.action === action);
  }

  /** Answers every subscribe that was sent since, each topic with the same head. */
  answerSubscribes(head = 0, extra: object = {}): void {
    for (const { id, topics = [] } of this.actions("subscribe").splice(0)) {
      this.receive({ type: "subscribed", id, topics: topics.map(({ topic }) => ({ topic, head, ...extra })), denied: [] });
    }
  }

  #emit(type: string, data?: string): void {
    for (const listener of this.#listeners.get(type) ?? []) listener({ data });
  }
}

/** A constructor for `WebSocket` options, and the sockets that it made. */
export function fakeSockets(onmade: (socket: FakeSocket) => void = () => undefined): {
  WebSocket: TransportConstructor;
  all: FakeSocket[];
} {
  const all: FakeSocket[] = [];
  class Socket extends FakeSocket {
    constructor(url: string) {
      super(url);
      all.push(this);
      onmade(this);
    }
  }
  return { WebSocket: Socket, all };
}
