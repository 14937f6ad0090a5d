import * as ws from "ws";
import type { Connection } from "./connection";
import type { Observe } from "./observe";

/** `Sender.frame` is exported by ws and missing from its types: it gives the header and the payload of one frame. */
interface FrameBuilder {
  frame(data: Buffer, options: { fin: boolean; opcode: number; mask: boolean; readOnly: boolean; rsv1: boolean }): Buffer[];
}
const { Sender } = ws as unknown as { Sender: FrameBuilder };

const TEXT_OPCODE = 1;

export interface PushResult {
  /** Connections that do not exist any more, among them those that were cut off just now for reading too slowly. */
  gone: string[];
  /** Connections that exist and did not get it: the frame is too large. */
  failed: string[];
}

export interface PusherOptions {
  connections: ReadonlyMap<string, Connection>;
  /** Payload bytes of one frame; more is refused. */
  maxBytes: number;
  observe: Observe;
}

/** Sends to sockets of this process. A frame is built once for all of them, and each socket is written to once per turn of the event loop. */
export class Pusher {
  readonly #options: PusherOptions;
  #waiting = new Set<Connection>();
  #flushed: Promise<void> | undefined;

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /**
   * Pushes one text frame to many connections. Resolves once it was handed to their sockets, which says nothing of whether it arrived.
   * Frames of one connection arrive in the order of the calls.
   */
  async pushMany(connectionIds: Iterable<string>, payload: string | Buffer): Promise<PushResult> {
    const { connections, maxBytes, observe } = this.#options;
    const data = typeof payload === "string" ? Buffer.from(payload) : payload;
    if (data.length > maxBytes) return this.#refuse(connectionIds);
    const frame = Buffer.concat(Sender.frame(data, { fin: true, opcode: TEXT_OPCODE, mask: false, readOnly: false, rsv1: false }));
    const gone: string[] = [];
    const now = Date.now();
    for (const id of connectionIds) {
      const connection = connections.get(id);
      if (!connection?.enqueue(frame)) {
        gone.push(id);
        continue;
      }
      connection.touch(now);
      this.#waiting.add(connection);
      observe.onPush?.(id, data.length);
    }
    if (this.#waiting.size) await (this.#flushed ??= this.#flushSoon());
    return { gone, failed: [] };
  }

  #refuse(connectionIds: Iterable<string>): PushResult {
    const result: PushResult = { gone: [], failed: [] };
    for (const id of connectionIds) (this.#options.connections.has(id) ? result.failed : result.gone).push(id);
    return result;
  }

  #flushSoon(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        const waiting = this.#waiting;
        this.#waiting = new Set();
        this.#flushed = undefined;
        for (const connection of waiting) connection.flush();
        resolve();
      });
    });
  }
}
