import { backoffMs } from "./backoff";
import { systemClock } from "./clock";
import type { Clock } from "./clock";
import { AgoraError } from "./errors";
import { run } from "./run";

interface RepeaterOptions {
  /** @param isRepeat the one before rejected. */
  act(isRepeat: boolean): void | Promise<unknown>;
  /** If not, it is given up: something else will `start` it anew. */
  mayRepeat(): boolean;
  clock?: Clock;
  random?: () => number;
}

/** Does something until it has succeeded, with capped backoff, so that many who were refused at once do not come back at once. */
export class Repeater {
  readonly #options: Required<RepeaterOptions>;
  #timer: unknown;
  /** The newest start: what an older one comes to is of no interest. */
  #round = 0;

  constructor(options: RepeaterOptions) {
    this.#options = { clock: systemClock, random: Math.random, ...options };
  }

  /** Does it at once, instead of a repeat that waits. */
  start(): void {
    this.stop();
    void this.#try(this.#round, 0); // never rejects
  }

  stop(): void {
    this.#round++;
    this.#options.clock.clearTimeout(this.#timer);
  }

  async #try(round: number, failures: number): Promise<void> {
    try {
      await this.#options.act(failures > 0);
    } catch (error) {
      // Anything else is a bug in the application: reported as uncaught.
      if (!(error instanceof AgoraError))
        run(() => {
          throw error;
        });
      if (round === this.#round) this.#waitIn(failures, error instanceof AgoraError ? error.retryAfterMs : undefined);
    }
  }

  #waitIn(failures: number, atLeastMs = 0): void {
    const { clock, random, mayRepeat } = this.#options;
    const again = () => {
      if (mayRepeat()) void this.#try(this.#round, failures + 1); // never rejects
    };
    this.#timer = clock.setTimeout(again, Math.max(atLeastMs, backoffMs(failures, random())));
  }
}
