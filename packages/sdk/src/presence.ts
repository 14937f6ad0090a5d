import type { SingleFrame } from "@agora/core/protocol/frames";
import type { Clock } from "./clock";

/** A change that nobody was told of is seen after this time at the latest. */
const PRESENCE_REFRESH_MS = 3 * 60_000;

/** When to ask again who is online: `presence:` topics are subscribed to again from time to time, and when the server asks for it. */
export class PresenceRefresh {
  readonly #clock: Clock;
  readonly #refresh: (topic: string) => void;
  readonly #timers = new Map<string, { at: number; handle: unknown }>();

  constructor(clock: Clock, refresh: (topic: string) => void) {
    this.#clock = clock;
    this.#refresh = refresh;
  }

  /** The topic has just been answered, perhaps without the list, which then comes by itself. What the server asked for before may be younger than the answer. */
  answered(topic: string): void {
    if (topic.startsWith("presence:")) this.#schedule(topic, PRESENCE_REFRESH_MS);
  }

  noticed(frame: SingleFrame): void {
    if (frame.type === "presence" && typeof frame.recheck_ms === "number") this.#schedule(frame.topic, frame.recheck_ms);
  }

  forget(topic: string): void {
    this.#clock.clearTimeout(this.#timers.get(topic)?.handle);
    this.#timers.delete(topic);
  }

  /** Of several times the earliest counts: the answer then tells all that happened before it. */
  #schedule(topic: string, delayMs: number): void {
    const at = this.#clock.now() + delayMs;
    if ((this.#timers.get(topic)?.at ?? Infinity) <= at) return;
    this.forget(topic);
    const handle = this.#clock.setTimeout(() => {
      this.#timers.delete(topic);
      this.#refresh(topic);
    }, delayMs);
    this.#timers.set(topic, { at, handle });
  }
}
