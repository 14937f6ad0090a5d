import { limits } from "@agora/core/protocol/limits";
import { systemClock } from "../clock";
import type { Clock } from "../clock";
import { AgoraError } from "../errors";
import { randomName } from "../random-name";
import { Batches, byteLength } from "./batches";
import type { Sending } from "./batches";
import type { ProducerClient } from "./client";
import { isWorthRepeating, patienceMs, pause } from "./patience";

export interface ProducerOptions {
  client: ProducerClient;
  /** One of the account's own topics; it is made if there is none. */
  topic: string;
  /** How long a message waits for others to go with it. Default 20; 0: it goes at once, with what comes while another batch is on its way. */
  lingerMs?: number;
  /** Messages of a batch. Default and at most 500. */
  maxBatch?: number;
  /** Bytes of a batch as JSON. Default 900,000; at most what a request may weigh, which is 1 MB. */
  maxBytes?: number;
  /** Messages that may wait or be on their way: beyond that `send` rejects, and `ready` waits. Default 10,000. */
  maxPending?: number;
  clock?: Clock;
  random?: () => number;
  newNonce?: () => string;
}

const LINGER_MS = 20;
const BATCH_MAX_BYTES = 900_000;
const PENDING_MAX = 10_000;
/** Nonce, `after`, and what is around the messages. */
const ENVELOPE_BYTES = 2_048;
/** The server failed this often on the same batch: it will hardly do better, and those behind it wait. */
const INTERNAL_ERRORS_MAX = 8;

interface Message {
  payload: unknown;
  key?: string;
}

/**
 * Stores messages exactly once and in the order in which they were sent, as long as this process lives, over lost answers and lost connections.
 *
 * ```ts
 * const producer = createProducer({ client: createRest({ baseUrl, token }), topic: "orders" });
 * const offset = await producer.send({ total: 12 }, { key: "customer-7" });
 * for (const order of orders) {
 *   await producer.ready();
 *   producer.send(order).catch(report); // together with others, in one request
 * }
 * await producer.close();
 * ```
 */
export function createProducer(options: ProducerOptions): Producer {
  return new Producer(options);
}

/**
 * Messages go in batches, by size and time, and one batch is on its way at a time, so that none overtakes another. A batch keeps its nonce and `after`
 * over all repeats, so that it is stored once. What a repeat cannot mend rejects the messages of that batch alone, and the next one goes.
 */
export class Producer {
  readonly #options: ProducerOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #lingerMs: number;
  readonly #pendingMax: number;
  readonly #batches: Batches;
  readonly #ended = new AbortController();
  #isClosing = false;
  #isRunning = false;
  /** Messages that were taken, and how many of these are stored or refused. */
  #taken = 0;
  #done = 0;
  /** Up to this one nothing lingers. */
  #urgent = 0;
  #watchers: { isMet: () => boolean; resolve: () => void }[] = [];
  /** No message that is still to come is at or before this offset. Undefined: it is to be looked up. */
  #after: number | undefined;
  #endLinger: () => void = () => undefined;

  constructor(options: ProducerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#lingerMs = options.lingerMs ?? LINGER_MS;
    this.#pendingMax = Math.max(1, options.maxPending ?? PENDING_MAX);
    this.#batches = new Batches({
      maxCount: Math.min(limits.messagesPerBatchMax, Math.max(1, options.maxBatch ?? limits.messagesPerBatchMax)),
      maxBytes: Math.min(limits.produceMaxBytes - ENVELOPE_BYTES, options.maxBytes ?? BATCH_MAX_BYTES),
    });
  }

  /** Messages that were taken and are neither stored nor refused. */
  get pending(): number {
    return this.#taken - this.#done;
  }

  /** Resolves when there is room for a message: `await` it before each `send` that is not awaited itself, and memory stays bounded. */
  ready(): Promise<void> {
    return this.#when(() => this.pending < this.#pendingMax);
  }

  /**
   * Sends a message behind those that were sent before. The payload is taken as it is now: what is changed afterwards does not count.
   * @returns its offset, when it is stored.
   * @throws AgoraError: `input.invalid` for what is no JSON or too large; `unavailable` at once beyond `maxPending` (see `ready`); what the server refuses
   * (`auth.invalid`, `topic.full`, …); `network` if it was closed meanwhile. What was rejected as `network`, `internal` or `message.conflict` may have
   * been stored; all else was not.
   */
  async send(payload: unknown, { key }: { key?: string } = {}): Promise<number> {
    if (this.#isClosing) throw closed();
    const text = jsonOf(payload, key);
    if (this.pending >= this.#pendingMax)
      throw new AgoraError("unavailable", "As many messages as may be are waiting already.", { status: 0 });
    this.#taken++;
    return new Promise<number>((resolve, reject) => {
      this.#batches.add({ text, resolve, reject });
      if (this.#batches.isFull) this.#endLinger();
      if (!this.#isRunning) void this.#run(); // never rejects
    });
  }

  /** Resolves when all that was sent until now is stored or refused; nothing of it lingers. */
  flush(): Promise<void> {
    const upTo = this.#taken;
    this.#urgent = upTo;
    this.#endLinger();
    return this.#when(() => this.#done >= upTo);
  }

  /**
   * Takes no more messages, and resolves when all that were sent are stored or refused. With `drop` it does not try for long: they are rejected as
   * `network`, and those on their way may be stored nevertheless.
   */
  async close({ drop = false }: { drop?: boolean } = {}): Promise<void> {
    this.#isClosing = true;
    if (drop) this.#ended.abort();
    await this.flush();
  }

  #when(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => this.#watchers.push({ isMet, resolve }));
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    while (!this.#batches.isEmpty) {
      await this.#linger();
      const messages = this.#batches.take();
      await this.#deliver(messages);
      this.#done += messages.length;
      const met = this.#watchers.filter(({ isMet }) => isMet());
      this.#watchers = this.#watchers.filter((watcher) => !met.includes(watcher));
      for (const { resolve } of met) resolve();
    }
    this.#isRunning = false;
  }

  /** Until the first batch is full, or has waited long enough for more. */
  async #linger(): Promise<void> {
    if (this.#lingerMs <= 0 || this.#done < this.#urgent || this.#batches.isFull) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(resolve, this.#lingerMs);
      this.#endLinger = () => {
        this.#clock.clearTimeout(timer);
        resolve();
      };
    });
    this.#endLinger = () => undefined;
  }

  async #deliver(messages: readonly Sending[]): Promise<void> {
    try {
      const first = await this.#stored(messages.map(({ text }) => JSON.parse(text) as Message));
      for (const [i, { resolve }] of messages.entries()) resolve(first + i);
    } catch (error) {
      this.#after = undefined; // it may be stored all the same: what comes next is behind whatever is there by then
      for (const { reject } of messages) reject(AgoraError.from(error));
    }
  }

  /** The offset of the first of them. */
  async #stored(messages: Message[]): Promise<number> {
    const { client, topic, newNonce = randomName } = this.#options;
    const { signal } = this.#ended;
    const nonce = newNonce();
    let isPerhapsStored = false;
    for (let failures = 0, internal = 0; ; failures++) {
      if (signal.aborted) throw closed();
      let isSent = false;
      try {
        this.#after ??= await this.#end();
        isSent = true;
        const { offset, count } = await client.produce({ topic, messages, nonce, after: this.#after }, { signal });
        this.#after = offset + count - 1;
        return offset;
      } catch (thrown) {
        const error = AgoraError.from(thrown);
        // Others have written too much since `after` for the server to look through. If no copy can be there, the end will do as well.
        const isOvertaken = error.code === "message.conflict" && !isPerhapsStored;
        if (error.code === "internal") internal++;
        if (!(isOvertaken || isWorthRepeating(error)) || internal >= INTERNAL_ERRORS_MAX) throw error;
        if (isOvertaken) this.#after = undefined;
        else if (isSent && error.status !== 429) isPerhapsStored = true;
        await pause(this.#clock, patienceMs(failures, error, this.#random()), signal);
      }
    }
  }

  /** Where the topic ends before the first request of a batch: all copies of it are behind that. */
  async #end(): Promise<number> {
    const { client, topic } = this.#options;
    try {
      return (await client.consume({ topic, offset: Number.MAX_SAFE_INTEGER, limit: 1 }, { signal: this.#ended.signal })).head;
    } catch (error) {
      if (error instanceof AgoraError && error.code === "topic.not_found") return 0;
      throw error;
    }
  }
}

const closed = () => new AgoraError("network", "The producer was closed.");
const invalid = (problem: string, cause?: unknown) => new AgoraError("input.invalid", problem, { status: 0, cause });

/** Refused here, so that those in the same batch are not refused with it. */
function jsonOf(payload: unknown, key: string | undefined): string {
  if (key !== undefined && (key === "" || key.length > limits.messageKeyMax))
    throw invalid(`A key has 1 to ${limits.messageKeyMax} characters.`);
  const text = stringified(payload);
  if (text === undefined) throw invalid("A payload must be JSON.");
  if (byteLength(text) > limits.payloadMaxBytes) throw invalid(`A payload has at most ${limits.payloadMaxBytes / 1024} KB as JSON.`);
  return `{"payload":${text}${key === undefined ? "" : `,"key":${JSON.stringify(key)}`}}`;
}

function stringified(payload: unknown): string | undefined {
  try {
    return JSON.stringify(payload);
  } catch (cause) {
    throw invalid("A payload must be JSON.", cause);
  }
}
