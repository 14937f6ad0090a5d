import type { Ticket } from "@agora/core/protocol/account";
import type { SingleFrame } from "@agora/core/protocol/frames";
import type { Author, Message } from "@agora/core/protocol/message";
import type { RoomImageFields, Upload } from "@agora/core/protocol/upload";
import { backoffMs } from "./backoff";
import { systemClock } from "./clock";
import type { Clock } from "./clock";
import { Connection } from "./connection";
import type { TransportConstructor } from "./connection";
import { AgoraError, errorFromFrame } from "./errors";
import { browserOnlineSignal } from "./online";
import type { OnlineSignal } from "./online";
import { Outbox } from "./outbox";
import type { SendRequest } from "./outbox";
import type { OutboxItem } from "./outbox-draft";
import { RoomLog } from "./room-log";
import { run } from "./run";

/**
 * - `connecting`: on the way in, for the first time or again.
 * - `in`: in the room.
 * - `waiting`: out, until `retryAt`.
 * - `refused`: somebody has to do something, as `error.code` says: `room.code_required`, `room.code_wrong`, `room.alias_taken`, `room.full`, `room.closed`.
 *   Then `join` again.
 * - `left`: out for good.
 */
export type RoomState = "connecting" | "in" | "waiting" | "refused" | "left";

/** What a UI shows. A new object at every change. */
export interface RoomView {
  readonly state: RoomState;
  readonly error: AgoraError | null;
  /** When the next try is made, in milliseconds since the epoch. */
  readonly retryAt: number | null;
  /** The own one; null before the first join. */
  readonly alias: string | null;
  /** Who is here, by their aliases. */
  readonly members: readonly string[];
  readonly count: number;
  /** So long a message is there. */
  readonly expiresAfterMs: number | null;
  /** Oldest first; those that have expired are not among them. */
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
  /** What is not acknowledged yet. A message that is held back by the limit waits there and goes out by itself. */
  readonly outgoing: readonly OutboxItem<RoomSaying>[];
}

export interface RoomSaying {
  content: string;
  /** The number of the message that it answers. */
  reply_to?: number;
  /** Images that were uploaded for it; without words they are a message, too. */
  attachments?: readonly RoomImage[];
}

/** An own image that is uploaded, by the id that `Room.upload` gave. */
export interface RoomImage {
  id: string;
  filename: string;
}

export interface RoomOptions {
  room: string;
  /** Gets a guest's ticket for each try: `rest.createTicket({ guest })`. */
  getTicket: () => Promise<Pick<Ticket, "ticket" | "url">>;
  onchange?: (view: RoomView) => void;
  /** Somebody is writing; worth ten seconds, or until their message comes. */
  ontyping?: (user: Author) => void;
  /** A message came while this is in the room. */
  onmessage?: (message: Message) => void;
  WebSocket?: TransportConstructor;
  clock?: Clock;
  random?: () => number;
  onlineSignal?: OnlineSignal;
}

const TYPING_EVERY_MS = 8_000;
/** What one says ends for the others that one is writing: after so long they are told again. The server passes none on before. */
const TYPING_AGAIN_MS = 4_000;
/** API Gateway ends every socket after two hours: the next one is opened before that. */
const RENEW_AFTER_MS = 110 * 60_000;

/** Makes a client of one anonymous room. Nothing happens before `join`. */
export function createRoom(options: RoomOptions): Room {
  return new Room(options);
}

/**
 * A person in a room: comes in, comes back after every break with what was missed, sends each message exactly once and in order, and holds messages back
 * while the limit asks for it. What has expired leaves the view.
 */
export class Room {
  readonly topic: string;
  readonly #options: RoomOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #online: OnlineSignal;
  readonly #ignoreOnline: () => void;
  readonly #log: RoomLog;
  readonly #outbox: Outbox<RoomSaying>;
  #wish: { alias?: string | undefined; code?: string | undefined } = {};
  #connection: Connection | undefined;
  #timer: unknown;
  #renewTimer: unknown;
  #failures = 0;
  #typedAt = -Infinity;
  #dial = 0;
  #view: RoomView;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.topic = `room:${options.room}`;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#online = options.onlineSignal ?? browserOnlineSignal();
    this.#log = new RoomLog({
      clock: this.#clock,
      fetch: (range) => this.#fetch(range),
      onchange: () => this.#show({}),
    });
    this.#outbox = new Outbox<RoomSaying>({
      send: (request, { signal }) => this.#send(request, signal),
      seen: () => this.#log.head,
      fetchAfter: async (_, after) => ({ messages: (await this.#fetch({ after })).messages, head: this.#log.head }),
      onchange: () => this.#show({}),
      onsent: (_, message) => this.#log.add([message]),
      clock: this.#clock,
      random: this.#random,
      onlineSignal: this.#online,
    });
    this.#view = {
      state: "left",
      error: null,
      retryAt: null,
      alias: null,
      members: [],
      count: 0,
      expiresAfterMs: null,
      messages: [],
      hasMore: false,
      outgoing: [],
    };
    this.#ignoreOnline = this.#online.subscribe((signal) => signal !== "offline" && this.#wake());
  }

  get view(): RoomView {
    return this.#view;
  }

  /** Comes in, or comes in again under another alias or with another code. @param alias absent: a friendly one is given. */
  join({ alias, code }: { alias?: string | undefined; code?: string | undefined } = {}): void {
    this.#wish = { alias: alias ?? this.#wish.alias, code: code ?? this.#wish.code };
    if (this.#view.state === "in" && this.#connection) return this.#enter(this.#connection);
    this.#failures = 0;
    this.#open();
  }

  /** Says something. It is in `outgoing` until it is stored. */
  say(saying: RoomSaying): void {
    this.#typedAt = Math.min(this.#typedAt, this.#clock.now() - TYPING_EVERY_MS + TYPING_AGAIN_MS);
    this.#outbox.add(this.topic, saying);
  }

  /**
   * A form by which an image is uploaded that is then said here, once: post `upload.fields` and then the file as `file` to `upload.url`.
   * @throws AgoraError room.not_found, room.closed, input.too_large, input.invalid, limit.uploads; network while this is not in the room
   */
  async upload({ filename, size, content_type }: RoomImageFields, { signal }: { signal?: AbortSignal } = {}): Promise<Upload> {
    const answer = await this.#ask({ action: "upload", room: this.#options.room, filename, size, content_type }, signal);
    if (answer.type !== "upload") throw unexpected(answer);
    return { id: answer.upload_id, upload: answer.upload, expires_at: answer.expires_at };
  }

  /** Sends a message that has failed again, under the same name. */
  retry(nonce: string): void {
    this.#outbox.retry(nonce);
  }

  discard(nonce: string): void {
    this.#outbox.discard(nonce);
  }

  /** Loads what was said before. @throws AgoraError */
  async loadOlder(): Promise<void> {
    await this.#log.loadOlder();
  }

  /** Somebody is writing here. Call it at every key: it is sent every 8 seconds at most, and sooner after what was said. */
  typing(): void {
    const now = this.#clock.now();
    if (this.#view.state !== "in" || now - this.#typedAt < TYPING_EVERY_MS) return;
    if (this.#connection?.post({ action: "typing", topic: this.topic })) this.#typedAt = now;
  }

  /** Goes out, for good. What was not acknowledged is lost. */
  leave(): void {
    this.#connection?.post({ action: "leave", room: this.#options.room });
    this.#ignoreOnline();
    this.#stop();
    this.#outbox.close();
    this.#log.close();
    this.#show({ state: "left", members: [], count: 0, retryAt: null });
  }

  #stop(): void {
    this.#dial++;
    this.#clock.clearTimeout(this.#timer);
    this.#clock.clearTimeout(this.#renewTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  #open(): void {
    this.#stop();
    this.#show({ state: "connecting", error: null, retryAt: null });
    void this.#follow(this.#dial);
  }

  async #follow(dial: number): Promise<void> {
    try {
      const { ticket, url } = await this.#options.getTicket();
      if (dial !== this.#dial) return;
      const connection: Connection = new Connection({
        url: `${url}${url.includes("?") ? "&" : "?"}ticket=${encodeURIComponent(ticket)}`,
        WebSocket: this.#options.WebSocket ?? WebSocket,
        clock: this.#clock,
        onopen: () => this.#enter(connection),
        onframe: (frame) => this.#received(frame),
        onclose: () => this.#connection === connection && this.#retry(),
      });
      this.#connection = connection;
    } catch (error) {
      if (dial === this.#dial) this.#retry(AgoraError.from(error));
    }
  }

  #enter(connection: Connection): void {
    const { alias, code } = this.#wish;
    const after = this.#log.head;
    connection.request(
      {
        action: "join",
        room: this.#options.room,
        ...(alias === undefined ? {} : { alias }),
        ...(code === undefined ? {} : { code }),
        ...(after > 0 ? { after } : {}),
      },
      (answer) => {
        if (answer.type === "joined") this.#joined(answer);
        else if (answer.type === "error") this.#refused(errorFromFrame(answer));
      },
    );
  }

  #joined({ alias, members, count, messages, head, gap, has_more, expires_after_hours }: Extract<SingleFrame, { type: "joined" }>): void {
    const expiresAfterMs = expires_after_hours * 60 * 60_000;
    this.#wish.alias = alias;
    this.#failures = 0;
    this.#log.joined({ messages, head, hasMore: has_more, isNew: gap === true, expiresAfterMs });
    this.#outbox.settle(this.topic, messages);
    this.#clock.clearTimeout(this.#renewTimer);
    this.#renewTimer = this.#clock.setTimeout(() => this.#open(), RENEW_AFTER_MS);
    this.#show({ state: "in", error: null, retryAt: null, alias, members, count, expiresAfterMs });
    this.#outbox.wake();
  }

  #refused(error: AgoraError): void {
    if (error.status === 429 || error.status >= 500) return this.#retry(error);
    if (this.#view.state === "in") return this.#show({ error }); // only another alias was refused
    this.#stop();
    this.#show({ state: "refused", error, retryAt: null });
  }

  #retry(error?: AgoraError): void {
    const { state } = this.#view;
    if (state === "left" || state === "refused") return;
    this.#stop();
    const delayMs = Math.max(error?.retryAfterMs ?? 0, backoffMs(this.#failures++, this.#random()));
    this.#timer = this.#clock.setTimeout(() => this.#open(), delayMs);
    this.#show({ state: "waiting", error: error ?? null, retryAt: this.#clock.now() + delayMs });
  }

  /** The network is back, or somebody looks at the page again. */
  #wake(): void {
    if (this.#view.state === "waiting") this.#open();
    else if (this.#view.state === "in") this.#connection?.check(5_000);
  }

  #received(frame: SingleFrame): void {
    switch (frame.type) {
      case "new_message":
        if (frame.topic !== this.topic) return;
        this.#log.add([frame.message]);
        this.#outbox.settle(this.topic, [frame.message]);
        return run(() => this.#options.onmessage?.(frame.message));
      case "room_presence":
        return this.#show({ members: frame.members, count: frame.count });
      case "typing":
        return run(() => this.#options.ontyping?.(frame.user));
      case "room_closed":
        this.#stop();
        this.#log.clear();
        return this.#show({ state: "refused", error: new AgoraError("room.closed", "This room was closed."), members: [], count: 0 });
      default:
        return undefined;
    }
  }

  #send({ body: { attachments, ...words }, nonce, after }: SendRequest<RoomSaying>, signal: AbortSignal): Promise<Message> {
    const images = attachments ? { attachments: attachments.map(({ id }) => id) } : {};
    return this.#ask({ action: "send", topic: this.topic, ...words, ...images, nonce, after }, signal).then((answer) => {
      if (answer.type === "sent") return answer.message;
      if (answer.type === "rate_limited")
        throw new AgoraError("limit.room_messages", answer.error, { retryAfterMs: answer.retry_after_ms });
      throw unexpected(answer);
    });
  }

  async #fetch(range: { before?: number; after?: number }): Promise<{ messages: Message[]; has_more: boolean }> {
    const answer = await this.#ask({ action: "messages", room: this.#options.room, ...range });
    if (answer.type !== "messages") throw unexpected(answer);
    return answer;
  }

  /** @throws AgoraError also when the connection breaks before the answer is there. */
  #ask(frame: Parameters<Connection["request"]>[0], signal?: AbortSignal): Promise<SingleFrame> {
    const connection = this.#connection;
    if (this.#view.state !== "in" || !connection) return Promise.reject(new AgoraError("network", "You are not in the room right now."));
    return new Promise((resolve, reject) => {
      const give = () => reject(new AgoraError("network", "The connection broke."));
      const ignoreClose = connection.onceClosed(give);
      signal?.addEventListener("abort", give, { once: true });
      connection.request(frame, (answer) => {
        ignoreClose();
        resolve(answer);
      });
    });
  }

  #show(change: Partial<RoomView>): void {
    const { messages, hasMore } = this.#log;
    this.#view = Object.freeze({ ...this.#view, messages, hasMore, outgoing: this.#outbox.items, ...change });
    run(() => this.#options.onchange?.(this.#view));
  }
}

const unexpected = (answer: SingleFrame): AgoraError =>
  answer.type === "error" ? errorFromFrame(answer) : new AgoraError("internal", "The server gave another answer than was asked for.");
