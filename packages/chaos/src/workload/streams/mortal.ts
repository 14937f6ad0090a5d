import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "@agora/sdk";

/**
 * What a process lives in, as far as a part of one can: when it dies its timers are silent and its calls are not heard of any more, and while it stalls
 * both are late.
 */
export class Mortal {
  #isDead = false;
  #stalledUntil = 0;
  readonly clock: Clock = {
    now: () => Date.now(),
    setTimeout: (callback, delayMs) =>
      setTimeout(() => {
        if (this.#isDead) return;
        if (this.#restMs <= 0) callback();
        else void this.#awake().then(callback);
      }, delayMs),
    clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  };

  /** Whatever is on its way may arrive. */
  die(): void {
    this.#isDead = true;
  }

  stall(ms: number): void {
    this.#stalledUntil = performance.now() + ms;
  }

  async through<T>(call: () => Promise<T>): Promise<T> {
    await this.#awake();
    try {
      return await call();
    } finally {
      await this.#awake();
    }
  }

  get #restMs(): number {
    return this.#stalledUntil - performance.now();
  }

  async #awake(): Promise<void> {
    while (this.#restMs > 0) await sleep(this.#restMs);
    if (this.#isDead) await new Promise(() => undefined);
  }
}
