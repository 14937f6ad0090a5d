import path from "node:path";
import { startChild, type Child } from "./child";
import type { OpenSockets, Received, SocketsOpened } from "./processes/messages";

const LOST_AFTER_MS = 30_000;

/** The process that holds every listener's socket. */
export class ListenerProcess {
  readonly #child: Child = startChild(path.join(import.meta.dirname, "processes/listeners.mjs"));
  readonly #waiting = new Map<string, (message: Received | SocketsOpened) => void>();

  constructor() {
    this.#child.process.on("message", (message: Received | SocketsOpened) => {
      const key = message.type === "opened" ? message.system : `${message.system} ${message.message}`;
      this.#waiting.get(key)?.(message);
      this.#waiting.delete(key);
    });
  }

  async open(message: Omit<OpenSockets, "type">): Promise<void> {
    const opened = this.#next<SocketsOpened>(message.system);
    this.#child.process.send({ type: "open", ...message });
    const { error } = await opened;
    if (error !== undefined) throw new Error(`the sockets of ${message.system} could not be opened: ${error}`);
  }

  /** When every socket of the system has the message. To be called before it is sent. @throws Error if one of them does not get it */
  received(system: string, message: number): Promise<Received> {
    return this.#next(`${system} ${message}`);
  }

  stop(): Promise<void> {
    return this.#child.stop();
  }

  #next<M extends Received | SocketsOpened>(key: string): Promise<M> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${key} has not reached everybody`)), LOST_AFTER_MS);
      this.#waiting.set(key, (message) => {
        clearTimeout(timer);
        resolve(message as M); // the key says which of the two
      });
    });
  }
}
