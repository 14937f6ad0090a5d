import type { Ticket } from "@agora/core/protocol/account";
import type { EventFrame, SingleFrame, SubscribedTopic } from "@agora/core/protocol/frames";
import { backoffMs, BACKOFF_CAP_MS } from "./backoff";
import { systemClock } from "./clock";
import type { Clock } from "./clock";
import { Connection } from "./connection";
import type { TransportConstructor } from "./connection";
import { AgoraError, isSignedOut } from "./errors";
import type { FetchAfter } from "./log-reader";
import { browserOnlineSignal } from "./online";
import type { OnlineSignal } from "./online";
import { PresenceRefresh } from "./presence";
import { Session } from "./session";
import { run } from "./run";
import { isConversation, isEntry, Topics } from "./topics";
import type { Listener, Subscription } from "./topics";

/**
 * - `idle`: not started. `closed`: stopped for good. `signed_out`: no ticket without a new log-in; `connect()` tries again.
 * - `connecting`; `catching_up`: connected, and what was missed is on its way; `connected`: it has been delivered.
 * - `waiting`: the next try is at `retryAt`. `offline`: the same, but there is no network, so rather when it comes back.
 */
export type RealtimeState = "idle" | "connecting" | "catching_up" | "connected" | "waiting" | "offline" | "signed_out" | "closed";

export interface RealtimeStatus {
  readonly state: RealtimeState;
  /** When the next try is made, in milliseconds since the epoch; null unless `waiting` or `offline`. */
  readonly retryAt: number | null;
}

export interface RealtimeOptions {
  /** A new ticket for each connection, as by `rest.createTicket`. If it fails with `auth.*`, the state becomes `signed_out`. */
  getTicket(): Promise<Pick<Ticket, "ticket" | "url">>;
  /** Pages in entries that were missed, oldest first; may be given for each `listen` instead. */
  fetchAfter?: FetchAfter;
  WebSocket?: TransportConstructor;
  clock?: Clock;
  random?: () => number;
  onlineSignal?: OnlineSignal;
}

/** API Gateway closes every socket after 2 hours; the next one is opened at a random time in this span, so that clients do not come together. */
const ROLL_OVER_MS = { min: 105 * 60_000, max: 115 * 60_000 };
/** A connection that lived this long was a good one: the next backoff starts over. */
const GOOD_AFTER_MS = 10_000;
const CHECK_WITHIN_MS = 5_000;
/**
 * Somebody has more tabs open than an account may have sockets. Coming back at once would push out another tab, which would do the same. Those
 * that nobody looks at have time; of exactly as many as may be open, the oldest is closed at each roll-over, and has its place back after the shorter.
 */
const EVICTED_RETRY_MS = { asleep: 10 * 60_000, awake: 60_000, awakeJitter: 60_000 };
/** How often others are told that somebody is writing. */
const TYPING_EVERY_MS = 8_000;

interface Link {
  session: Session;
  openedAt: number;
  /** The server said that the account has too many sockets, and closes this one. */
  isEvicted: boolean;
}

/** Makes a client of the socket. Nothing happens before `connect()`; `listen` may be called at any time. */
export function createRealtime(options: RealtimeOptions): Realtime {
  return new Realtime(options);
}

/**
 * One connection to the socket, kept alive, renewed before the gateway ends it and resumed after every break. The socket is a hint, the
 * log is the truth: entries are delivered in order and without a hole, and what the socket did not bring is fetched.
 */
export class Realtime {
  readonly #options: RealtimeOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #online: OnlineSignal;
  readonly #topics: Topics;
  readonly #presence: PresenceRefresh;
  readonly #statusListeners = new Set<(status: RealtimeStatus) => void>();
  readonly #eventListeners = new Set<(event: EventFrame) => void>();
  readonly #liveListeners = new Set<(topic: string) => void>();
  readonly #typedAt = new Map<string, number>();
  #status: RealtimeStatus = { state: "idle", retryAt: null };
  /** The connection in use. */
  #current: Link | undefined;
  /** The one that is being opened, the first or the next. Until the ticket is there it has no session. */
  #dialing: { link: Link | undefined } | undefined;
  #dialTimer: unknown;
  #reconcileTimer: unknown;
  #failures = 0;
  /** What is waited for is a place among the account's sockets. */
  #isEvicted = false;
  #ignoreOnline: (() => void) | undefined;

  constructor(options: RealtimeOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#online = options.onlineSignal ?? browserOnlineSignal();
    this.#topics = new Topics({
      clock: this.#clock,
      random: this.#random,
      fetchAfter: options.fetchAfter,
      onwanted: (topic, needsAnswer) => this.#wantedChanged(topic, needsAnswer),
      onlive: (topic) => this.#tell(this.#liveListeners, topic),
      onchange: () => this.#refreshStatus(),
    });
    this.#presence = new PresenceRefresh(this.#clock, (topic) => this.#refresh(topic));
  }

  get status(): RealtimeStatus {
    return this.#status;
  }

  /** Calls the listener at every change of the status. Returns how to stop that. */
  onstate(listener: (status: RealtimeStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /**
   * Calls the listener with every event frame of any topic: `unread` and `read` carry the topic of the log that they speak of, though they come by
   * `server:<id>` and `user:<id>`. Of `new_message` those of conversations alone (`dm:<id>`), whether or not somebody listens to them, in any order: they
   * are what a person is notified of. An entry of another log that nobody listens to any more comes as `unread`: until the server has heard of that it
   * sends no hint. Twice while one connection takes over from another, or when it has come by `user:<id>` and by the conversation. Returns how to stop that.
   */
  onevent(listener: (event: EventFrame) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  /**
   * Calls the listener with each topic of which nothing is missed from now on: after its first subscribe, and after every break or sleep.
   * What was read before that call may be out of date. Returns how to stop that.
   */
  onlive(listener: (topic: string) => void): () => void {
    this.#liveListeners.add(listener);
    return () => this.#liveListeners.delete(listener);
  }

  /**
   * Starts, and starts again after `signed_out` or when another tab took this one's place. Harmless at any other time.
   * @throws TypeError where there is no WebSocket (Node before 22) and none was given.
   */
  connect(): void {
    const { state } = this.#status;
    if (!this.#options.WebSocket && typeof WebSocket === "undefined")
      throw new TypeError("createRealtime needs a WebSocket, such as that of ws");
    if (this.#isEvicted && state === "waiting") return this.#dial();
    if (state !== "idle" && state !== "signed_out") return;
    this.#ignoreOnline ??= this.#online.subscribe((signal) => this.#onlineChanged(signal));
    this.#dial();
  }

  /**
   * Listens to a topic until the subscription is closed. Of several listeners to one topic each has its own place in the log; the topic
   * is subscribed to once.
   * @throws TypeError for the entries of a log (`channel:`, `dm:`) without `fetchAfter`; refusals by the server come by `onerror`.
   */
  listen(topic: string, listener: Listener): Subscription {
    return this.#topics.add(topic, listener);
  }

  get isAsleep(): boolean {
    return this.#topics.isAsleep;
  }

  /** Awake and connected. What happens while it is not is made up for by `onresumed` and `onlive`. */
  get isHearing(): boolean {
    return !this.isAsleep && this.#current !== undefined;
  }

  /**
   * Nobody looks, so nothing is pushed but `user:` topics. Other subscriptions stay, silent until `wake()`; new ones are taken and begin then.
   * Cost: one frame.
   */
  sleep(): void {
    if (this.isAsleep) return;
    this.#topics.sleep();
    this.#reconcileSoon();
  }

  /** Ends the sleep: what slept goes on as after a break, exactly behind what was seen. Does not wait any longer for the next try. Cost: one frame. */
  wake(): void {
    if (this.isAsleep) {
      const slept = this.#topics.wake();
      for (const session of this.#sessions()) for (const topic of slept) session.resubscribe(topic);
      if (this.#current && slept.length > 0) this.#setStatus({ state: "catching_up", retryAt: null });
      this.#reconcileSoon();
    }
    this.#retryNow();
  }

  /** Somebody is writing in the log. Call it at every key: it is sent every 8 seconds at most, and not at all without a connection. */
  typing(topic: string): void {
    const now = this.#clock.now();
    if (now - (this.#typedAt.get(topic) ?? -Infinity) < TYPING_EVERY_MS) return;
    if (this.#current?.session.connection.post({ action: "typing", topic })) this.#typedAt.set(topic, now);
  }

  /** Ends the connection and all subscriptions, for good. */
  close(): void {
    this.#ignoreOnline?.();
    this.#stop({ state: "closed", retryAt: null });
    this.#topics.clear();
    this.#clock.clearTimeout(this.#reconcileTimer);
  }

  #stop(status: RealtimeStatus): void {
    const links = [this.#current, this.#dialing?.link];
    this.#current = undefined;
    this.#dialing = undefined;
    this.#clock.clearTimeout(this.#dialTimer);
    this.#setStatus(status);
    for (const link of links) link?.session.connection.close();
    this.#topics.detach();
  }

  #dial(): void {
    this.#clock.clearTimeout(this.#dialTimer);
    const dialing: { link: Link | undefined } = { link: undefined };
    this.#dialing = dialing;
    if (!this.#current) this.#setStatus({ state: "connecting", retryAt: null });
    void this.#follow(dialing); // never rejects
  }

  async #follow(dialing: { link: Link | undefined }): Promise<void> {
    try {
      const { ticket, url } = await this.#options.getTicket();
      if (this.#dialing !== dialing) return;
      dialing.link = this.#link(`${url}${url.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}`);
    } catch (error) {
      if (this.#dialing === dialing) this.#dialFailed(error);
    }
  }

  #link(url: string): Link {
    const connection: Connection = new Connection({
      url,
      WebSocket: this.#options.WebSocket ?? WebSocket,
      clock: this.#clock,
      onopen: () => this.#opened(link),
      onframe: (frame) => this.#received(link, frame),
      onclose: () => this.#closed(link),
    });
    const session = new Session({
      connection,
      clock: this.#clock,
      random: this.#random,
      wanted: () => this.#topics.wanted(),
      onsubscribed: (answer) => this.#subscribed(answer),
      ondenied: (topic, error) => this.#topics.refuse(topic, error),
      onchange: () => this.#sessionChanged(),
    });
    const link: Link = { session, openedAt: Infinity, isEvicted: false };
    return link;
  }

  #received(link: Link, frame: SingleFrame): void {
    if (frame.type === "error" && frame.code === "limit.sockets") {
      link.isEvicted = true;
      return link.session.connection.close();
    }
    this.#dispatch(frame);
  }

  #subscribed(answer: SubscribedTopic): void {
    const { topic, online } = answer;
    this.#topics.subscribed(answer);
    if (!this.#topics.wanted().has(topic)) return;
    this.#presence.answered(topic);
    if (online) this.#dispatch({ type: "presence", topic, online });
  }

  #dispatch(frame: SingleFrame): void {
    this.#presence.noticed(frame);
    this.#topics.dispatch(frame);
    if (!("topic" in frame) || frame.type === "rate_limited") return;
    if (frame.type !== "new_message") this.#tell(this.#eventListeners, frame);
    else if (!isEntry(frame.message)) return;
    else if (isConversation(frame.topic)) this.#tell(this.#eventListeners, frame);
    else if (!this.#topics.has(frame.topic)) this.#tell(this.#eventListeners, hintOf(frame));
  }

  #opened(link: Link): void {
    link.openedAt = this.#clock.now();
    if (!this.#current) this.#promote(link);
    link.session.reconcile();
  }

  /** Takes the link into use; what was in use has been replaced and is closed. */
  #promote(link: Link): void {
    const before = this.#current;
    this.#current = link;
    this.#dialing = undefined;
    const delayMs = ROLL_OVER_MS.min + this.#random() * (ROLL_OVER_MS.max - ROLL_OVER_MS.min);
    this.#clock.clearTimeout(this.#dialTimer);
    this.#dialTimer = this.#clock.setTimeout(() => this.#dial(), delayMs);
    before?.session.connection.close();
    this.#refreshStatus();
  }

  #sessionChanged(): void {
    const next = this.#dialing?.link;
    if (this.#current && next?.session.isSettled) this.#promote(next);
    this.#refreshStatus();
  }

  #closed(link: Link): void {
    if (this.#dialing?.link === link) return this.#dialFailed(undefined, link.isEvicted);
    if (this.#current !== link) return;
    this.#current = undefined;
    const next = this.#dialing?.link;
    this.#topics.detach((topic) => next?.session.isLive(topic) ?? false);
    if (this.#clock.now() - link.openedAt >= GOOD_AFTER_MS) this.#failures = 0;
    if (next?.session.connection.isOpen) {
      this.#setStatus({ state: "catching_up", retryAt: null });
      this.#promote(next);
    } else if (this.#dialing) this.#setStatus({ state: "connecting", retryAt: null });
    else this.#retry(0, link.isEvicted);
  }

  /** A refused ticket looks like any other failure to open: a browser does not tell them apart. The next try takes a new one. */
  #dialFailed(error: unknown, isEvicted = false): void {
    this.#dialing = undefined;
    if (isSignedOut(error) && !this.#current) return this.#stop({ state: "signed_out", retryAt: null });
    this.#retry(error instanceof AgoraError ? error.retryAfterMs : undefined, isEvicted);
  }

  #retry(retryAfterMs = 0, isEvicted = false): void {
    const isOnline = this.#online.isOnline();
    this.#isEvicted = isEvicted;
    // Even offline there is a slow try: "no network" does not mean that a server on this machine is out of reach.
    let delayMs = isOnline ? Math.max(retryAfterMs, backoffMs(this.#failures++, this.#random())) : BACKOFF_CAP_MS;
    if (isEvicted)
      delayMs = this.isAsleep ? EVICTED_RETRY_MS.asleep : EVICTED_RETRY_MS.awake + this.#random() * EVICTED_RETRY_MS.awakeJitter;
    this.#clock.clearTimeout(this.#dialTimer);
    this.#dialTimer = this.#clock.setTimeout(() => this.#dial(), delayMs);
    if (!this.#current) this.#setStatus({ state: isOnline ? "waiting" : "offline", retryAt: this.#clock.now() + delayMs });
  }

  #onlineChanged(signal: "online" | "offline" | "visible"): void {
    const { state } = this.#status;
    this.#current?.session.connection.check(CHECK_WITHIN_MS);
    if (state === "waiting" && signal === "offline") this.#setStatus({ ...this.#status, state: "offline" });
    else if (state === "offline" && signal === "online" && this.#isEvicted) this.#setStatus({ ...this.#status, state: "waiting" });
    else if (signal === "visible" || (signal === "online" && !this.#isEvicted)) this.#retryNow();
  }

  #retryNow(): void {
    const { state } = this.#status;
    if (state === "waiting" || state === "offline") this.#dial();
  }

  #wantedChanged(topic: string, needsAnswer: boolean): void {
    if (needsAnswer) for (const session of this.#sessions()) session.resubscribe(topic);
    if (!this.#topics.wanted().has(topic)) this.#presence.forget(topic);
    this.#refreshStatus();
    this.#reconcileSoon();
  }

  #reconcileSoon(): void {
    this.#clock.clearTimeout(this.#reconcileTimer);
    this.#reconcileTimer = this.#clock.setTimeout(() => {
      for (const session of this.#sessions()) session.reconcile();
    }, 0);
  }

  #refresh(topic: string): void {
    this.#current?.session.resubscribe(topic);
    this.#reconcileSoon();
  }

  #sessions(): Session[] {
    return [this.#current, this.#dialing?.link].flatMap((link) => link?.session ?? []);
  }

  /** Once a connection has caught up it stays `connected`: a topic that is opened later does not take that back. */
  #refreshStatus(): void {
    if (!this.#current || this.#status.state === "connected") return;
    const isComplete = this.#current.session.isSettled && this.#topics.isCaughtUp;
    this.#setStatus({ state: isComplete ? "connected" : "catching_up", retryAt: null });
  }

  #setStatus(status: RealtimeStatus): void {
    if (status.state === this.#status.state && status.retryAt === this.#status.retryAt) return;
    this.#status = status;
    this.#tell(this.#statusListeners, status);
  }

  #tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of [...listeners]) run(() => listener(value));
  }
}

function hintOf({ topic, seq, message }: EventFrame & { type: "new_message" }): EventFrame {
  return { type: "unread", topic, head: seq, ...(message.mentioned_role_ids && { role_ids: message.mentioned_role_ids }) };
}
