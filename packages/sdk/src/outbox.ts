import { talkLimits } from "@agora/core/protocol/talk-limits";
import type { Message } from "@agora/core/protocol/message";
import { backoffMs, BACKOFF_CAP_MS } from "./backoff";
import { systemClock } from "./clock";
import type { Clock } from "./clock";
import { AgoraError, isTransient } from "./errors";
import type { FetchAfter } from "./log-reader";
import { browserOnlineSignal } from "./online";
import type { OnlineSignal } from "./online";
import { Draft } from "./outbox-draft";
import type { OutboxItem, OutboxSnapshot } from "./outbox-draft";
import { randomName } from "./random-name";
import { run } from "./run";

export interface SendRequest<Body> {
  topic: string;
  body: Body;
  nonce: string;
  after: number;
}

export interface OutboxOptions<Body> {
  /** Sends one message, as by `rest.sendMessage({ ...body, nonce, after })`. Rejects with an AgoraError. */
  send(request: SendRequest<Body>, options: { signal: AbortSignal }): Promise<Message>;
  /** A page of the log: asked for where it ends when `seen` does not know, and when the server answers `message.conflict`. */
  fetchAfter: FetchAfter;
  /** The `seen` of the subscription to the topic, if there is one. Saves a request before the first message. */
  seen?(topic: string): number | undefined;
  /** Whether a message was written by this account. Default: every message with one of the outbox's nonces was. */
  isOwn?(message: Message): boolean;
  /**
   * At every change, with all items as they were written; neither the list nor its items change afterwards. Whoever keeps `snapshot()`
   * over a reload stores it before this returns: it is called before the first request of an item, and what is lost could be sent twice.
   */
  onchange?(items: readonly OutboxItem<Body>[]): void;
  /** A message was acknowledged; called before its item leaves the list. Give it to the subscription: `subscription.offer([message])`. */
  onsent?(topic: string, message: Message): void;
  clock?: Clock;
  random?: () => number;
  newNonce?: () => string;
  onlineSignal?: OnlineSignal;
}

/** The server failed this often on the same message: it will hardly do better, and those behind it wait. */
const INTERNAL_ERRORS_MAX = 8;

export function createOutbox<Body extends object>(options: OutboxOptions<Body>): Outbox<Body> {
  return new Outbox(options);
}

/**
 * Sends messages exactly once and, within one log, in the order in which they were written, over lost answers, lost connections and reloads.
 * A message goes out when the one before it is stored or has failed for good. Each has a nonce made once, and `after`: a seq up to which
 * every entry is known not to be this message. It is the end of the log before the first request, and is raised only past entries that
 * `settle` was shown one after another, so a server that finds no twin behind `after` may store it.
 */
export class Outbox<Body extends object> {
  readonly #options: OutboxOptions<Body>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #online: OnlineSignal;
  readonly #ignoreOnline: () => void;
  readonly #running = new Set<string>();
  #drafts: readonly Draft<Body>[] = [];
  #items: readonly OutboxItem<Body>[] = [];

  constructor(options: OutboxOptions<Body>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#online = options.onlineSignal ?? browserOnlineSignal();
    this.#ignoreOnline = this.#online.subscribe((signal) => signal !== "offline" && this.wake());
  }

  /** What is not acknowledged yet, as it was written. A new list at every change. */
  get items(): readonly OutboxItem<Body>[] {
    return this.#items;
  }

  /** Puts a message at the end of its log's queue. `body` must survive JSON. Returns its nonce. */
  add(topic: string, body: Body): string {
    const nonce = (this.#options.newNonce ?? randomName)();
    this.#enqueue([...this.#drafts, new Draft(this.#clock, { topic, body, nonce, createdAt: this.#clock.now() })]);
    return nonce;
  }

  /**
   * Shows the outbox entries of a log: give it all that `onentries` delivers. An own message that is among them has been stored, whatever
   * became of the answer to its request, and leaves the list.
   */
  settle(topic: string, messages: readonly Message[]): void {
    const waiting = this.#drafts.filter((draft) => draft.topic === topic);
    if (waiting.length === 0) return;
    for (const message of messages) {
      const own = waiting.find((draft) => draft.nonce === message.nonce && (this.#options.isOwn?.(message) ?? true));
      if (own) this.#remove(own);
      for (const draft of waiting) if (draft.after !== undefined && message.seq === draft.after + 1) draft.after = message.seq;
    }
  }

  /** Sends a failed message again, under the same nonce. */
  retry(nonce: string): void {
    const draft = this.#drafts.find((other) => other.nonce === nonce);
    if (draft?.state !== "failed") return;
    draft.reset();
    this.#enqueue(this.#drafts);
  }

  /** Gives a message up. If it was on its way it may have been stored nevertheless. */
  discard(nonce: string): void {
    const draft = this.#drafts.find((other) => other.nonce === nonce);
    if (!draft) return;
    draft.controller.abort();
    this.#remove(draft);
  }

  /** Does not wait any longer after a failure to reach the server: for when it is known to be back. A wait that it asked for is kept. */
  wake(): void {
    for (const draft of this.#drafts) draft.wake();
  }

  /** What to keep over a reload, as JSON. */
  snapshot(): OutboxSnapshot<Body> {
    return { version: 1, items: this.#drafts.map((draft) => draft.toJSON()) };
  }

  /** Takes back what a snapshot kept, before anything else. Restoring the same one twice, or in two tabs, sends nothing twice. */
  restore({ version, items }: OutboxSnapshot<Body>): void {
    if ((version as number) !== 1) return; // written by another version of the SDK: nothing that this one can read
    const nonces = new Set(this.#drafts.map(({ nonce }) => nonce));
    const restored = items.filter(({ nonce }) => !nonces.has(nonce)).map((saved) => new Draft(this.#clock, saved));
    this.#enqueue([...restored, ...this.#drafts]);
  }

  /** Stops sending. What is not acknowledged is lost unless a snapshot is kept. */
  close(): void {
    this.#ignoreOnline();
    const drafts = this.#drafts;
    this.#drafts = [];
    for (const draft of drafts) {
      draft.controller.abort();
      draft.leave();
    }
  }

  #enqueue(drafts: readonly Draft<Body>[]): void {
    this.#drafts = drafts;
    this.#changed();
    for (const { topic } of drafts) void this.#run(topic); // never rejects
  }

  async #run(topic: string): Promise<void> {
    if (this.#running.has(topic)) return;
    this.#running.add(topic);
    const next = () => this.#drafts.find((draft) => draft.topic === topic && draft.state !== "failed");
    for (let draft = next(); draft; draft = next()) await Promise.race([this.#deliver(draft), draft.left]);
    this.#running.delete(topic);
  }

  async #deliver(draft: Draft<Body>): Promise<void> {
    while (this.#has(draft) && draft.state !== "failed") {
      try {
        await this.#try(draft);
      } catch (error) {
        if (this.#has(draft)) await this.#afterFailure(draft, AgoraError.from(error));
      }
    }
  }

  async #try(draft: Draft<Body>): Promise<void> {
    const { topic, body, nonce, controller } = draft;
    draft.start();
    if (draft.after === undefined) draft.after = this.#options.seen?.(topic) ?? (await this.#end(topic));
    else if (draft.isConflicted) await this.#readOn(draft);
    if (!this.#has(draft)) return;
    this.#changed();
    const message = await this.#options.send({ topic, body, nonce, after: draft.after }, { signal: controller.signal });
    if (!this.#has(draft)) return;
    run(() => this.#options.onsent?.(topic, message));
    this.#remove(draft);
  }

  async #end(topic: string): Promise<number> {
    const { head } = await this.#options.fetchAfter(topic, Number.MAX_SAFE_INTEGER, 1);
    return head;
  }

  /** The server would have to look through too many entries: look through them here. */
  async #readOn(draft: Draft<Body>): Promise<void> {
    for (let head = Infinity; this.#has(draft) && (draft.after ?? 0) < head;) {
      const before = draft.after ?? 0;
      const page = await this.#options.fetchAfter(draft.topic, before, talkLimits.pageMax);
      head = page.head;
      this.settle(draft.topic, page.messages);
      if (draft.after === before && before < head) throw new AgoraError("unavailable", "The messages before this one could not be read.");
    }
    draft.isConflicted = false;
  }

  async #afterFailure(draft: Draft<Body>, error: AgoraError): Promise<void> {
    draft.failures++;
    const isConflict = error.code === "message.conflict";
    const isHopeless = error.code === "internal" && draft.failures >= INTERNAL_ERRORS_MAX;
    if (isHopeless || !(isTransient(error) || isConflict)) {
      draft.fail(error);
      this.#changed();
      return;
    }
    if (isConflict) draft.isConflicted = true;
    if (isConflict && draft.failures === 1) return;
    const isOffline = error.code === "network" && !this.#online.isOnline();
    if (isOffline) draft.failures--;
    const waitMs = isOffline ? BACKOFF_CAP_MS : Math.max(error.retryAfterMs ?? 0, backoffMs(draft.failures - 1, this.#random()));
    const waited = draft.wait(waitMs, error, error.retryAfterMs === undefined);
    this.#changed();
    await waited;
  }

  #has(draft: Draft<Body>): boolean {
    return this.#drafts.includes(draft);
  }

  #remove(draft: Draft<Body>): void {
    if (!this.#has(draft)) return;
    this.#drafts = this.#drafts.filter((other) => other !== draft);
    draft.leave();
    this.#changed();
  }

  #changed(): void {
    this.#items = Object.freeze(this.#drafts.map((draft) => draft.toItem()));
    run(() => this.#options.onchange?.(this.#items));
  }
}
