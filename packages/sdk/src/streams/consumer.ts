import type { Group, PutGroupBody } from "@agora/core/protocol/stream-group";
import type { StreamMessage } from "@agora/core/protocol/stream";
import { systemClock } from "../clock";
import type { Clock } from "../clock";
import { AgoraError } from "../errors";
import { randomName } from "../random-name";
import type { ConsumerClient } from "./client";
import { Lease } from "./lease";
import { isWorthRepeating, patienceMs, pause } from "./patience";

export interface ConsumerOptions {
  client: ConsumerClient;
  /** One of the account's own topics, or `channel:<id>` of a channel that it may read. */
  topic: string;
  /** What this and other consumers share: how far the topic has been read. It is made if there is none, which takes a key with `topics:write`. */
  group: string;
  /** A name that no other process has. Default: made by chance. */
  consumer?: string;
  /** Where a group that is made begins. Default `earliest`. */
  start?: PutGroupBody["start"];
  /** Of a group that is made: how long it stays with a consumer that is not heard of. Default 30. */
  leaseSeconds?: number;
  /** Messages of a poll. Default 100, at most 500. */
  limit?: number;
  /** How long a poll waits for something new, in seconds; at most 20 and less than the client's `timeoutMs`. Default 10. */
  wait?: number;
  /** Aborting it ends the loop after the present message, as if there were no more. */
  signal?: AbortSignal;
  /** The group went to another consumer while messages of a poll were worked on: what is left of them is not delivered here. */
  onlost?(error: AgoraError): void;
  clock?: Clock;
  random?: () => number;
}

export interface Consumer extends AsyncIterable<StreamMessage> {
  /** This message, and all before it, is done: for a loop that is left by `break` behind its work. Otherwise that the loop goes on says so. */
  done(message: StreamMessage): void;
}

const WAIT_SECONDS = 10;
const LIMIT = 100;
/** Who has the group may leave before the lease is over. */
const LEASED_WAIT_MAX_MS = 10_000;
const LEASED_JITTER_MS = 500;

/**
 * The messages of a topic for one of several consumers, at least once and in order; it goes on waiting for more.
 *
 * ```ts
 * const consumer = createConsumer({ client: createRest({ baseUrl, token }), topic: "orders", group: "mailer" });
 * for await (const { offset, payload } of consumer) await sendMail(payload, { idempotencyKey: `orders:${offset}` });
 * ```
 *
 * A message is done when the loop goes on to the next one. What is done is committed at the end of each poll's messages, and every third of a lease
 * meanwhile, which also renews the lease: the body may take as long as it likes. After a crash whoever comes next gets again what was not committed.
 * `break`, and an error of the body, commit what is done without the present message, and let the next consumer in at once.
 * While another consumer has the group it waits. If the group went to another one meanwhile, the rest of the poll is not delivered, and it waits again.
 * @throws AgoraError, in the loop: what a repeat cannot mend (`topic.not_found`, `auth.invalid`, …)
 */
export function createConsumer(options: ConsumerOptions): Consumer {
  let present: Lease | undefined;
  return {
    done: ({ offset }) => present?.done(offset + 1),
    [Symbol.asyncIterator]: () => messages(options, (lease) => (present = lease)),
  };
}

async function* messages(options: ConsumerOptions, onlease: (lease: Lease) => void): AsyncGenerator<StreamMessage, void, undefined> {
  const { client, topic, group, limit = LIMIT, wait = WAIT_SECONDS, clock = systemClock, random = Math.random } = options;
  const consumer = options.consumer ?? randomName();
  const signal = options.signal ?? new AbortController().signal;
  const isOver = () => signal.aborted;
  let found: Group | undefined;
  let lease: Lease | undefined;
  let failures = 0;
  try {
    while (!isOver()) {
      try {
        found ??= await findOrMake(options, signal);
        const polled = await client.poll({ topic, group, consumer, limit, wait }, { signal });
        failures = 0;
        const { lease_seconds, committed } = { ...found, ...(lease && { committed: lease.committed }) };
        lease = new Lease({ client, topic, group, polled, leaseMs: lease_seconds * 1_000, committed, clock, random, signal });
        onlease(lease);
      } catch (thrown) {
        const error = AgoraError.from(thrown);
        if (isOver()) return;
        if (error.code === "group.not_found") found = undefined;
        else if (error.code === "group.leased") {
          const restMs = Math.min(error.retryAfterMs ?? LEASED_WAIT_MAX_MS, LEASED_WAIT_MAX_MS);
          await pause(clock, restMs + random() * LEASED_JITTER_MS, signal);
        } else if (isWorthRepeating(error)) await pause(clock, patienceMs(failures++, error, random()), signal);
        else throw error;
        continue;
      }
      for (const message of lease.messages) {
        if (!lease.isHeld || isOver()) break;
        yield message;
        lease.done(message.offset + 1);
      }
      const lost = isOver() ? undefined : await lease.finish();
      if (lost) {
        lease = undefined;
        options.onlost?.(lost);
      }
    }
  } finally {
    await lease?.leave();
  }
}

async function findOrMake({ client, topic, group, start, leaseSeconds }: ConsumerOptions, signal: AbortSignal): Promise<Group> {
  try {
    return await client.getGroup({ topic, group }, { signal });
  } catch (error) {
    if (!(error instanceof AgoraError && error.code === "group.not_found")) throw error;
  }
  return client.putGroup(
    { topic, group, ...(start === undefined ? {} : { start }), ...(leaseSeconds === undefined ? {} : { lease_seconds: leaseSeconds }) },
    { signal },
  );
}
