import { setTimeout as sleep } from "node:timers/promises";
import { AgoraError, isTransient } from "@agora/sdk";
import { createProducer, type Producer } from "@agora/sdk/streams";
import { between, type Random } from "../choice";
import type { Life } from "../live-through";
import { speech } from "./speech";
import { counted, type StreamWorld } from "./world";

const BURST_MAX = 30;
const PAUSE_MAX_MS = 150;
const TRY_AGAIN_MAX_MS = 500;
/** What is sent may fail so without a defect: the SDK says of each that it may be stored. */
const EXCUSED = new Set(["network", "unavailable", "message.conflict", "internal"]);

abstract class Writer implements Life {
  protected readonly world: StreamWorld;
  protected readonly topic: string;
  protected readonly random: Random;
  protected readonly person: number;
  protected readonly key: string;

  constructor(world: StreamWorld, topic: string, name: string, random: Random) {
    this.world = world;
    this.topic = topic;
    this.random = random;
    this.key = name;
    this.person = world.recorder.addPerson(name, name);
  }

  abstract live(isOver: () => boolean): Promise<void>;

  protected begin() {
    const { send, ...payload } = this.world.recorder.begin(this.person, this.topic, speech(this.random));
    return { send, payload };
  }

  protected stored({ send, payload }: ReturnType<Writer["begin"]>, offset: number): void {
    this.world.recorder.acknowledge(send, { seq: offset, author: { id: this.key }, ...payload });
  }

  protected failed(thrown: unknown): AgoraError {
    const error = AgoraError.from(thrown);
    if (!EXCUSED.has(error.code)) this.world.failures.push(`${this.key} was told ${error.code}: ${error.message}`);
    return error;
  }
}

/** Produces by the SDK, in bursts, with one producer after the other: some are closed, some are dropped with what they have not sent. */
export class SdkWriter extends Writer {
  async live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const { rest } = this.world;
      const producer = createProducer({
        client: {
          produce: (...call) => counted(this.world, () => rest.produce(...call)),
          consume: (...call) => counted(this.world, () => rest.consume(...call)),
        },
        topic: this.topic,
        lingerMs: between(this.random, 0, 40),
        maxBatch: between(this.random, 1, 100),
        maxPending: between(this.random, 10, 400),
        random: this.random,
      });
      for (let bursts = between(this.random, 5, 60); bursts > 0 && !isOver(); bursts--) await this.#burst(producer);
      await producer.close({ drop: this.random() < 0.25 && !isOver() });
    }
  }

  async #burst(producer: Producer): Promise<void> {
    for (let messages = between(this.random, 1, BURST_MAX); messages > 0; messages--) {
      await producer.ready();
      const one = this.begin();
      producer.send(one.payload, { key: this.key }).then(
        (offset) => this.stored(one, offset),
        (thrown: unknown) => this.failed(thrown),
      );
    }
    await sleep(this.random() * PAUSE_MAX_MS);
  }
}

/**
 * Appends by requests with `expected_offset`, each under one nonce: repeated when no answer came, and now and then sent twice at the same moment.
 * The others are often faster; then it looks where the end is now, and tries something else.
 */
export class Appender extends Writer {
  async live(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      const head = await this.#head(isOver);
      if (head !== undefined) await this.#append(head, isOver);
      await sleep(this.random() * PAUSE_MAX_MS);
    }
  }

  async #head(isOver: () => boolean): Promise<number | undefined> {
    const { rest } = this.world;
    while (!isOver()) {
      try {
        return (await counted(this.world, () => rest.consume({ topic: this.topic, offset: Number.MAX_SAFE_INTEGER, limit: 1 }))).head;
      } catch (thrown) {
        this.failed(thrown);
        await sleep(this.random() * TRY_AGAIN_MAX_MS);
      }
    }
    return undefined;
  }

  async #append(head: number, isOver: () => boolean): Promise<void> {
    const { rest, recorder } = this.world;
    const all = Array.from({ length: between(this.random, 1, 5) }, () => this.begin());
    const conditionals = all.map(({ send }, i) => ({ send, expected: head + 1 + i, isRefused: false }));
    recorder.streams.conditionals.push(...conditionals);
    const messages = all.map(({ payload }) => ({ payload, key: this.key }));
    const request = { topic: this.topic, messages, nonce: all[0]?.payload.nonce, after: head, expected_offset: head + 1 };
    const attempt = async (): Promise<boolean> => {
      try {
        const { offset } = await counted(this.world, () => rest.produce(request));
        for (const [i, one] of all.entries()) this.stored(one, offset + i);
        return true;
      } catch (thrown) {
        const isRefused = AgoraError.from(thrown).code === "topic.offset_moved";
        if (isRefused) for (const conditional of conditionals) conditional.isRefused = true;
        return isRefused || !isTransient(this.failed(thrown));
      }
    };
    for (;;) {
      const outcomes = await Promise.all(this.random() < 0.1 ? [attempt(), attempt()] : [attempt()]);
      if (outcomes.includes(true) || isOver()) return;
      await sleep(this.random() * TRY_AGAIN_MAX_MS);
    }
  }
}
