import { talkLimits } from "@agora/core/protocol/talk-limits";
import type { SingleFrame, SubscribedTopic } from "@agora/core/protocol/frames";
import { backoffMs } from "./backoff";
import type { Clock } from "./clock";
import type { Connection } from "./connection";
import { AgoraError, errorFromFrame, isTransient } from "./errors";

interface SessionOptions {
  connection: Connection;
  clock: Clock;
  random: () => number;
  /** The topics that should be listened to, each with the seq to resume behind. */
  wanted(): ReadonlyMap<string, number | undefined>;
  onsubscribed(topic: SubscribedTopic): void;
  ondenied(topic: string, error: AgoraError): void;
  onchange(): void;
}

/**
 * What one connection listens to. A topic's next subscribe or unsubscribe waits for the answer to the one before: the server
 * handles frames concurrently, so two on their way at once could be carried out in either order.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #phases = new Map<string, "joining" | "live" | "leaving">();
  /** Topics that need one more answer: there is a new listener, which may need older entries, or what was missed asleep. */
  readonly #again = new Set<string>();
  #failures = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get connection(): Connection {
    return this.#options.connection;
  }

  /** Every wanted topic is listened to. */
  get isSettled(): boolean {
    return this.connection.isOpen && [...this.#options.wanted().keys()].every((topic) => this.isLive(topic) && !this.#again.has(topic));
  }

  isLive(topic: string): boolean {
    return this.#phases.get(topic) === "live";
  }

  /** A topic that is subscribed to, or about to be, needs one more answer; `reconcile` asks for it. */
  resubscribe(topic: string): void {
    if (this.#phases.has(topic)) this.#again.add(topic);
  }

  /** Subscribes to what is wanted and unsubscribes from what is not, in as few frames as possible. */
  reconcile(): void {
    if (!this.connection.isOpen) return;
    const wanted = this.#options.wanted();
    const join = [...wanted.keys()].filter((topic) => !this.#phases.has(topic) || (this.isLive(topic) && this.#again.has(topic)));
    const leave = [...this.#phases.keys()].filter((topic) => this.isLive(topic) && !wanted.has(topic));
    for (const topic of leave) this.#phases.set(topic, "leaving");
    for (const topic of join) this.#phases.set(topic, "joining");
    for (const topic of join) this.#again.delete(topic);
    for (const topics of chunks(join)) this.#subscribe(topics, wanted);
    for (const topics of chunks(leave)) this.#unsubscribe(topics);
    this.#options.onchange();
  }

  #subscribe(topics: string[], wanted: ReadonlyMap<string, number | undefined>): void {
    const asked = topics.map((topic) => {
      const after = wanted.get(topic);
      return after === undefined ? { topic } : { topic, after };
    });
    this.connection.request({ action: "subscribe", topics: asked }, (frame) => {
      if (frame.type === "subscribed") {
        this.#failures = 0;
        const live = new Set(frame.topics.map(({ topic }) => topic));
        const denied = topics.filter((topic) => !live.has(topic));
        for (const topic of live) this.#phases.set(topic, "live");
        for (const topic of denied) this.#phases.delete(topic);
        for (const topic of denied) this.#options.ondenied(topic, deniedError(topic));
        for (const topic of frame.topics) this.#options.onsubscribed(topic);
      } else this.#refused(topics, frame);
      this.reconcile();
    });
  }

  #unsubscribe(topics: string[]): void {
    this.connection.request({ action: "unsubscribe", topics }, () => {
      for (const topic of topics) this.#phases.delete(topic);
      this.reconcile();
    });
  }

  #refused(topics: string[], frame: SingleFrame): void {
    const error = frame.type === "error" ? errorFromFrame(frame) : new AgoraError("internal", "The server gave an unknown answer.");
    // A frame is refused as a whole: by themselves some of its topics may find room.
    if (error.code === "limit.topics" && topics.length > 1) {
      for (const topic of topics) this.#subscribe([topic], this.#options.wanted());
      return;
    }
    if (!isTransient(error) || error.code === "limit.topics") {
      for (const topic of topics) this.#phases.delete(topic);
      for (const topic of topics) this.#options.ondenied(topic, error);
      return;
    }
    this.#options.clock.setTimeout(
      () => {
        for (const topic of topics) this.#phases.delete(topic);
        this.reconcile();
      },
      Math.max(error.retryAfterMs ?? 0, backoffMs(this.#failures++, this.#options.random())),
    );
  }
}

/** Absent and hidden are one answer. */
function deniedError(topic: string): AgoraError {
  if (topic.startsWith("channel:")) return new AgoraError("channel.not_found", "This channel does not exist.");
  if (topic.startsWith("server:")) return new AgoraError("server.not_found", "This server does not exist.");
  return new AgoraError("auth.denied", "You may not listen to this.");
}

function chunks(topics: string[]): string[][] {
  return Array.from({ length: Math.ceil(topics.length / talkLimits.subscribeMax) }, (_, index) =>
    topics.slice(index * talkLimits.subscribeMax, (index + 1) * talkLimits.subscribeMax),
  );
}
