import type { StreamMessage } from "@agora/core/protocol/stream";
import { systemClock } from "../clock";
import type { Clock } from "../clock";
import { AgoraError } from "../errors";
import type { ReaderClient } from "./client";
import { isWorthRepeating, patienceMs, pause } from "./patience";

export interface ReadOptions {
  client: ReaderClient;
  /** One of the account's own topics, or `channel:<id>` of a channel that it may read. */
  topic: string;
  /** The first offset. Default 1. */
  from?: number;
  /** How long a request waits for something new, in seconds; at most 20 and less than the client's `timeoutMs`. Default 10; 0: ends at the end. */
  wait?: number;
  /** Messages of a request. Default 100, at most 500. */
  limit?: number;
  /** Aborting it ends the loop. */
  signal?: AbortSignal;
  clock?: Clock;
  random?: () => number;
}

const WAIT_SECONDS = 10;
const LIMIT = 100;

/**
 * The messages of a topic in their order, each once, over lost connections; it goes on waiting for more unless `wait` is 0. Nothing is remembered: whoever
 * comes back says `from`. Where an offset is missing the message has expired.
 *
 * ```ts
 * for await (const { offset, payload } of read({ client, topic: "orders", from: 1 })) console.log(offset, payload);
 * ```
 * @throws AgoraError: what a repeat cannot mend (`topic.not_found`, `auth.invalid`, …)
 */
export async function* read(options: ReadOptions): AsyncGenerator<StreamMessage, void, undefined> {
  const { client, topic, from = 1, wait = WAIT_SECONDS, limit = LIMIT, clock = systemClock, random = Math.random } = options;
  const signal = options.signal ?? new AbortController().signal;
  const isOver = () => signal.aborted;
  let failures = 0;
  for (let offset = from; !isOver();) {
    try {
      const page = await client.consume({ topic, offset, limit, wait: String(wait) }, { signal });
      failures = 0;
      for (const message of page.messages) {
        if (isOver()) return;
        yield message;
      }
      offset = page.next_offset;
      if (wait === 0 && offset > page.head) return;
    } catch (thrown) {
      const error = AgoraError.from(thrown);
      if (isOver()) return;
      if (!isWorthRepeating(error)) throw error;
      await pause(clock, patienceMs(failures++, error, random()), signal);
    }
  }
}
