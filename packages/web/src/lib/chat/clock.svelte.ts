/** The time as a page shows it. */
export class Clock {
  now: number;

  /** @param now as the server had it, so that both draw the same. */
  constructor(now: number) {
    this.now = $state(now);
  }

  /** Looks at once, and so often. Returns how to stop. */
  run(everyMs: number): () => void {
    this.now = Date.now();
    const timer = setInterval(() => (this.now = Date.now()), everyMs);
    return () => clearInterval(timer);
  }
}
