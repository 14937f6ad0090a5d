import type { Produced, StreamMessage } from "@agora/core/protocol/stream";
import type { Group } from "@agora/core/protocol/stream-group";
import { AgoraError } from "../../errors";
import type { ConsumerClient, ProducerClient } from "../client";

type Body = Parameters<ProducerClient["produce"]>[0];

/** A topic with one group, as the server promises them, for a client without a network. Its messages arrive when `around` says so. */
export class FakeTopic implements ProducerClient, ConsumerClient {
  readonly log: StreamMessage[] = [];
  readonly requests: Body[] = [];
  readonly commits: number[] = [];
  /** So many entries are looked through. */
  lookMax = Infinity;
  around: (produce: () => Produced, body: Body) => Produced | Promise<Produced> = (produce) => produce();
  /** What a call of the group is answered with instead, one after the other. */
  refusals: Partial<Record<"poll" | "commit", AgoraError[]>> = {};
  group: { committed: number; generation: number; holder: string | null; until: number; leaseSeconds: number } | undefined;
  readonly #now: () => number;
  readonly #nonces = new Map<string, number>();

  constructor(now: () => number = () => 0) {
    this.#now = now;
  }

  get head(): number {
    return this.log.length;
  }

  other(payload: unknown = "another's"): void {
    this.log.push({ offset: this.head + 1, payload, timestamp: 0 });
  }

  produce = async (body: Body): Promise<Produced> => {
    this.requests.push(body);
    return this.around(() => this.#store(body), body);
  };

  #store({ messages = [], nonce = "", after = 0 }: Body): Produced {
    if (this.head - after > this.lookMax) throw new AgoraError("message.conflict", "Too far back.");
    const there = this.#nonces.get(nonce);
    if (there !== undefined && there > after) return { topic: "t", offset: there, count: messages.length };
    const offset = this.head + 1;
    this.#nonces.set(nonce, offset);
    for (const { payload, key } of messages)
      this.log.push({ offset: this.head + 1, payload, ...(key === undefined ? {} : { key }), timestamp: 0 });
    return { topic: "t", offset, count: messages.length };
  }

  consume: ProducerClient["consume"] = ({ offset = 1, limit = 10 }) => {
    const messages = this.log.slice(Number(offset) - 1, Number(offset) - 1 + Number(limit));
    return Promise.resolve({ messages, next_offset: Math.max(Number(offset), (messages.at(-1)?.offset ?? 0) + 1), head: this.head });
  };

  getGroup: ConsumerClient["getGroup"] = async () => this.#shown();

  putGroup: ConsumerClient["putGroup"] = async ({ lease_seconds = 30, start }) => {
    const committed = start === "latest" ? this.head + 1 : 1;
    this.group ??= { committed, generation: 0, holder: null, until: 0, leaseSeconds: lease_seconds };
    return this.#shown();
  };

  poll: ConsumerClient["poll"] = async ({ consumer, limit = 10 }) => {
    this.#refuse("poll");
    const group = this.#group();
    const isHeld = group.holder !== null && group.until > this.#now();
    if (isHeld && group.holder !== consumer)
      throw new AgoraError("group.leased", "Another has it.", { retryAfterMs: group.until - this.#now() });
    if (!isHeld) group.generation++;
    group.holder = consumer;
    group.until = this.#now() + group.leaseSeconds * 1_000;
    const messages = this.log.slice(group.committed - 1, group.committed - 1 + limit);
    return { messages, next_offset: group.committed + messages.length, generation: group.generation, lease_until: group.until };
  };

  commit: ConsumerClient["commit"] = async ({ generation, offset, release = false }) => {
    this.#refuse("commit");
    const group = this.#group();
    if (group.generation !== generation) throw new AgoraError("group.fenced", "Another has got it.");
    this.commits.push(offset);
    if (offset >= group.committed) {
      group.committed = offset;
      group.until = release ? 0 : this.#now() + group.leaseSeconds * 1_000;
      if (release) group.holder = null;
    }
    return this.#shown();
  };

  /** Another consumer comes after the lease is over. */
  takeOver(): void {
    const group = this.#group();
    group.generation++;
    group.holder = "another";
    group.until = this.#now() + group.leaseSeconds * 1_000;
  }

  #refuse(call: "poll" | "commit"): void {
    const refusal = this.refusals[call]?.shift();
    if (refusal) throw refusal;
  }

  #group() {
    if (!this.group) throw new AgoraError("group.not_found", "There is none.");
    return this.group;
  }

  #shown(): Group {
    const { committed, generation, leaseSeconds } = this.#group();
    return { group: "g", lease_seconds: leaseSeconds, committed, lag: 0, holder: null, generation, lease_until: null };
  }
}
