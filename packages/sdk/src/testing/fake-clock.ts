import type { Clock } from "../clock";

interface Timer {
  at: number;
  order: number;
  callback: () => void;
}

/** Time that stands still until it is told to pass. */
export class FakeClock implements Clock {
  #now = 1_000_000;
  #count = 0;
  readonly #timers = new Map<number, Timer>();

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const order = ++this.#count;
    this.#timers.set(order, { at: this.#now + Math.max(0, delayMs), order, callback });
    return order;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets time pass: every timer at its time, and all that follows from it without time. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settled();
    for (let timer = this.#due(until); timer; timer = this.#due(until)) {
      this.#timers.delete(timer.order);
      this.#now = timer.at;
      timer.callback();
      await settled();
    }
    this.#now = until;
  }

  #due(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers.values()) if (timer.at <= until && (!first || timer.at < first.at)) first = timer;
    return first;
  }
}

/** When all promises that can go on without time or input have done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
