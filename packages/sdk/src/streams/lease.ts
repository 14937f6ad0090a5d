import type { StreamMessage } from "@agora/core/protocol/stream";
import type { Polled } from "@agora/core/protocol/stream-group";
import type { Clock } from "../clock";
import { AgoraError } from "../errors";
import type { ConsumerClient } from "./client";
import { isWorthRepeating, patienceMs, pause } from "./patience";

interface LeaseOptions {
  client: Pick<ConsumerClient, "commit">;
  topic: string;
  group: string;
  polled: Polled;
  leaseMs: number;
  /** What is known to be committed. */
  committed: number;
  clock: Clock;
  random: () => number;
  signal: AbortSignal;
}

/** So often within a lease it is renewed. */
const BEATS = 3;
/** To leave without having said so costs others no more than the rest of the lease. */
const LEAVING_TRIES = 3;

/** What one poll gave, and how much of it is done. As long as it is not finished or left, its lease is renewed by commits. */
export class Lease {
  readonly #options: LeaseOptions;
  /** The next offset that is not done. */
  #done: number;
  #committed: number;
  #failures = 0;
  #lost: AgoraError | undefined;
  #timer: unknown;
  #isOver = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#done = options.polled.messages[0]?.offset ?? options.polled.next_offset;
    this.#committed = options.committed;
    this.#beatIn(options.leaseMs / BEATS);
  }

  get messages(): readonly StreamMessage[] {
    return this.#options.polled.messages;
  }

  get committed(): number {
    return this.#committed;
  }

  /** As far as is known. */
  get isHeld(): boolean {
    return this.#lost === undefined;
  }

  /** Everything before that offset is done. */
  done(next: number): void {
    this.#done = Math.max(this.#done, next);
  }

  /**
   * All of it is done: commits that, however often it takes. @returns why, if the group is not ours any more.
   * @throws AgoraError: what a repeat cannot mend
   */
  async finish(): Promise<AgoraError | undefined> {
    const { clock, random, signal, polled } = this.#options;
    this.#stop();
    if (this.isHeld) this.done(polled.next_offset);
    for (let failures = 0; this.isHeld && this.#committed < this.#done && !signal.aborted; failures++) {
      const error = await this.#commit();
      if (error && isWorthRepeating(error)) await pause(clock, patienceMs(failures, error, random()), signal);
      else this.#lost = error;
    }
    if (this.#lost && !isLoss(this.#lost)) throw this.#lost;
    return this.#lost;
  }

  /** Commits what is done, and lets others in. Does not reject: what was not committed comes again. */
  async leave(): Promise<void> {
    const { clock, random } = this.#options;
    this.#stop();
    const mayWait = new AbortController().signal;
    for (let failures = 0; this.isHeld && failures < LEAVING_TRIES; failures++) {
      const error = await this.#commit({ release: true });
      if (!error || !isWorthRepeating(error)) return;
      await pause(clock, patienceMs(failures, error, random()), mayWait);
    }
  }

  #stop(): void {
    this.#isOver = true;
    this.#options.clock.clearTimeout(this.#timer);
  }

  #beatIn(delayMs: number): void {
    this.#timer = this.#options.clock.setTimeout(() => void this.#beat(), delayMs); // never rejects
  }

  async #beat(): Promise<void> {
    const { leaseMs, random } = this.#options;
    const error = await this.#commit();
    if (this.#isOver || !this.isHeld) return;
    if (error && !isWorthRepeating(error)) this.#lost = error;
    else this.#beatIn(error ? Math.min(leaseMs / BEATS, patienceMs(this.#failures++, error, random())) : leaseMs / BEATS);
    if (!error) this.#failures = 0;
  }

  async #commit({ release = false } = {}): Promise<AgoraError | undefined> {
    const { client, topic, group, polled } = this.#options;
    const offset = this.#done;
    try {
      await client.commit({ topic, group, generation: polled.generation, offset, ...(release ? { release } : {}) });
      this.#committed = Math.max(this.#committed, offset);
      return undefined;
    } catch (thrown) {
      const error = AgoraError.from(thrown);
      if (isLoss(error)) this.#lost = error;
      return error;
    }
  }
}

/** Another consumer has the group, or there is none any more: it can be polled for again. */
const isLoss = ({ code }: AgoraError): boolean => code === "group.fenced" || code === "group.not_found";
