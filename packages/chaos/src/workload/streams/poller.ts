import { setTimeout as sleep } from "node:timers/promises";
import { AgoraError, isTransient } from "@agora/sdk";
import { read } from "@agora/sdk/streams";
import type { Observer } from "../../history/history";
import { between, type Random } from "../choice";
import type { Life } from "../live-through";
import { counted, type StreamWorld } from "./world";

const SESSION_MS = { min: 1_000, max: 20_000 };
const TRY_AGAIN_MAX_MS = 500;
const LONG_POLL_MAX_SECONDS = 3;

interface Session {
  observer: Observer;
  ending: AbortController;
  done: Promise<void>;
}

/** Reads a topic in sessions, each from another offset on: every other one by requests, the others by the SDK. The last one goes on to the end. */
export class Poller implements Life {
  readonly name: string;
  readonly topic: string;
  readonly #world: StreamWorld;
  readonly #random: Random;
  #sessions = 0;
  #last: Session | undefined;

  constructor(world: StreamWorld, topic: string, name: string, random: Random) {
    this.name = name;
    this.topic = topic;
    this.#world = world;
    this.#random = random;
  }

  async live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.#end();
      this.#last = this.#begin();
      const until = performance.now() + between(this.#random, SESSION_MS.min, SESSION_MS.max);
      while (!isOver() && performance.now() < until) await sleep(50);
    }
  }

  /** Waits until the last session has come to the end of the topic. @returns whether it has. */
  async conclude(head: number, deadline: number): Promise<boolean> {
    const observer = this.#last?.observer;
    const isThere = () => (observer?.delivered.at(-1)?.seq ?? observer?.after ?? 0) >= head;
    while (!isThere() && performance.now() < deadline) await sleep(50);
    if (observer && isThere()) observer.end = "caught_up";
    await this.#end();
    return isThere();
  }

  async #end(): Promise<void> {
    this.#last?.ending.abort();
    await this.#last?.done;
  }

  #begin(): Session {
    const { recorder } = this.#world;
    const known = this.#last?.observer.delivered.at(-1)?.seq ?? 0;
    const from = this.#random() < 0.4 ? 1 : between(this.#random, 1, known + 1);
    const observer = recorder.observe(this.name, this.topic, from - 1);
    const ending = new AbortController();
    const run = this.#sessions++ % 2 === 0 ? this.#request(observer, from, ending.signal) : this.#read(observer, from, ending.signal);
    return { observer, ending, done: run.catch((thrown: unknown) => this.#failed(thrown)) };
  }

  #failed(thrown: unknown): void {
    const { code, message } = AgoraError.from(thrown);
    this.#world.failures.push(`${this.name} was told ${code}: ${message}`);
  }

  async #read(observer: Observer, from: number, signal: AbortSignal): Promise<void> {
    const { recorder, rest } = this.#world;
    const client = { consume: (...call: Parameters<typeof rest.consume>) => counted(this.#world, () => rest.consume(...call)) };
    const [limit, wait] = [between(this.#random, 1, 300), between(this.#random, 0, LONG_POLL_MAX_SECONDS)];
    // With `wait` 0 it ends at the end.
    for (let offset = from; !signal.aborted; await sleep(50)) {
      for await (const message of read({ client, topic: this.topic, from: offset, limit, wait, signal, random: this.#random })) {
        recorder.deliver(observer, message);
        offset = message.offset + 1;
      }
    }
  }

  async #request(observer: Observer, from: number, signal: AbortSignal): Promise<void> {
    const { recorder, rest } = this.#world;
    const [limit, wait] = [between(this.#random, 1, 300), between(this.#random, 0, LONG_POLL_MAX_SECONDS)];
    const isOver = () => signal.aborted;
    let known = 0;
    for (let offset = from; !isOver();) {
      const startAt = recorder.now();
      try {
        const asked = { topic: this.topic, offset, limit, wait: String(wait) };
        const { messages, next_offset, head } = await counted(this.#world, () => rest.consume(asked, { signal }));
        const page = { client: observer.id, log: observer.log, kind: "after", cursor: offset - 1, limit, startAt, head } as const;
        const entries = recorder.seeMessages(messages);
        recorder.history.reads.push({ ...page, hasMore: next_offset <= head, known, entries });
        for (const entry of entries) observer.delivered.push(entry);
        known = Math.max(known, head, entries.at(-1)?.seq ?? 0);
        offset = next_offset;
        if (messages.length === 0 && wait === 0) await sleep(50);
      } catch (thrown) {
        if (isOver()) return;
        if (!isTransient(thrown)) throw thrown;
        await sleep(this.#random() * TRY_AGAIN_MAX_MS);
      }
    }
  }
}
