import { AgoraError, createOutbox, createRealtime, type EntryPage, type Message, type OutboxSnapshot } from "@agora/sdk";
import type { Outbox, Realtime, Subscription } from "@agora/sdk";
import type { Observer, PageRead } from "../history/history";
import type { Account } from "./account";
import { RawSocket } from "./raw-socket";
import { at, type Place, type World } from "./world";

type Body = Place["path"] & { content: string };

interface Joined {
  place: Place;
  subscription: Subscription;
  observer: Observer;
}

export interface ClientOptions {
  world: World;
  person: number;
  id: string;
  /** What an earlier client of the same person had not sent yet. */
  snapshot?: OutboxSnapshot<Body>;
}

/**
 * The SDK as an application uses it, with everything that it does and is shown written down: one socket, one outbox, and the places that are
 * looked at. A client that is stopped is not used again.
 */
export class Client {
  readonly id: string;
  readonly person: number;
  readonly account: Account;
  readonly outbox: Outbox<Body>;
  readonly realtime: Realtime;
  /** How often it was connected and caught up. */
  connects = 0;
  readonly #world: World;
  readonly #joined = new Map<string, Joined>();
  /** The highest number of each log that this client has been shown. */
  readonly #known = new Map<string, number>();
  readonly #places = new Map<string, Place>();
  #waiting = new Set<() => void>();
  #nonce = "";
  #raw: Promise<RawSocket | undefined> | undefined;

  constructor({ world, person, id, snapshot }: ClientOptions) {
    this.#world = world;
    this.person = person;
    this.id = id;
    this.account = at(world.accounts, person);
    for (const { places } of world.communities) for (const place of places) this.#places.set(place.topic, place);
    const heard = (data: unknown) => world.exiles.heard(person, data);
    const fetchAfter = (topic: string, after: number, limit: number) => this.#fetchAfter(topic, after, limit);
    this.realtime = createRealtime({
      getTicket: () => this.account.rest.createTicket(),
      fetchAfter,
      WebSocket: class extends world.WebSocket {
        constructor(url: string) {
          super(url);
          this.on("message", heard);
          this.on("error", () => undefined);
        }
      },
    });
    this.realtime.onstate(({ state }) => {
      if (state === "connected") {
        this.connects++;
        this.outbox.wake();
      }
      if (state === "signed_out") this.realtime.connect();
    });
    this.outbox = createOutbox<Body>({
      newNonce: () => this.#nonce,
      isOwn: ({ author }) => author.id === this.account.userId,
      seen: (topic) => this.#joined.get(topic)?.subscription.seen,
      fetchAfter,
      send: ({ topic, body, nonce, after }, options) =>
        this.#sending(topic, nonce, () => this.account.rest.sendMessage({ ...body, nonce, after }, options)),
      onsent: (topic, message) => this.#joined.get(topic)?.subscription.offer([message]),
      onchange: () => this.#outboxChanged(),
    });
    if (snapshot) this.outbox.restore(snapshot);
    this.realtime.connect();
  }

  get places(): Place[] {
    return [...this.#joined.values()].map(({ place }) => place);
  }

  known(topic: string): number {
    return this.#known.get(topic) ?? 0;
  }

  /** Looks at a place from now on. */
  join(place: Place, after: number | undefined): void {
    if (this.#joined.has(place.topic)) return;
    const observer = this.#world.recorder.observe(this.id, place.topic, after);
    const subscription = this.realtime.listen(place.topic, {
      ...(after === undefined ? {} : { after }),
      onentries: (messages) => this.#entries(place.topic, observer, messages),
      onerror: (error) => {
        this.#joined.delete(place.topic);
        this.#note(error);
      },
    });
    this.#joined.set(place.topic, { place, subscription, observer });
  }

  /** @returns up to where it was read. */
  leave(topic: string): number | undefined {
    const joined = this.#joined.get(topic);
    this.#joined.delete(topic);
    joined?.subscription.close();
    return joined?.subscription.seen;
  }

  /** Writes a message into the outbox. */
  say(place: Place, text: string): void {
    const { nonce, content } = this.#world.recorder.begin(this.person, place.topic, text);
    this.#nonce = nonce;
    this.outbox.add(place.topic, { ...place.path, content });
  }

  /** Resolves when the outbox is empty, or after the time. */
  async said(withinMs: number): Promise<void> {
    if (this.outbox.items.length === 0) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.#waiting.add(done);
    });
  }

  /** Does not wait any longer for the next try, as if somebody had asked for it. */
  hurry(): void {
    if (!this.realtime.isAsleep) this.realtime.wake();
    this.outbox.wake();
  }

  /** Sends without the outbox: by HTTP. @throws AgoraError */
  post(place: Place, { nonce, content, after }: { nonce: string; content: string; after: number }): Promise<Message> {
    return this.#sending(place.topic, nonce, () => this.account.rest.sendMessage({ ...place.path, content, nonce, after }));
  }

  /** Sends without the SDK: as a frame. @throws AgoraError; without a connection or an answer `network`. */
  async push(place: Place, { nonce, content, after }: { nonce: string; content: string; after: number }): Promise<Message> {
    return this.#sending(place.topic, nonce, async () => {
      const raw = await this.#rawSocket();
      const answer = await raw?.ask({ action: "send", topic: place.topic, content, nonce, after });
      if (answer?.type === "sent" && answer.message) return answer.message;
      const code = answer?.code as AgoraError["code"] | undefined;
      throw new AgoraError(code ?? "network", "not sent");
    });
  }

  /** Reads a page and writes down what came. @throws AgoraError */
  async page(place: Place, kind: PageRead["kind"], cursor: number, limit: number): Promise<EntryPage> {
    const { recorder, exiles } = this.#world;
    const [startAt, known] = [recorder.now(), this.known(place.topic)];
    const answer = await this.account.rest.listMessages({ ...place.path, limit, ...(kind === "newest" ? {} : { [kind]: cursor }) });
    exiles.answered(this.person, place.topic, `page ${kind}`, startAt);
    const { messages, head, has_more: hasMore } = answer;
    const entries = recorder.seeAll(messages);
    const log = recorder.logOf(place.topic);
    recorder.history.reads.push({ client: this.id, log, kind, cursor, limit, startAt, head, hasMore, known, entries });
    this.#learn(place.topic, head);
    return answer;
  }

  /** Whether the SDK says that it is connected and has delivered everything that it knows of. */
  get isCaughtUp(): boolean {
    const isWhole = [...this.#joined.values()].every(
      ({ subscription }) => subscription.seen !== undefined && subscription.seen >= subscription.head,
    );
    return this.realtime.status.state === "connected" && isWhole && this.outbox.items.length === 0;
  }

  /** Whether every place that it looks at has been delivered up to there. */
  hasReached(heads: ReadonlyMap<string, number>): boolean {
    return [...this.#joined].every(([topic, { subscription }]) => (subscription.seen ?? -1) >= (heads.get(topic) ?? 0));
  }

  /** For whoever wonders why it has not caught up. */
  describe(): string {
    const places = [...this.#joined].map(([topic, { subscription }]) => `${topic} ${subscription.seen}/${subscription.head}`);
    return `${this.realtime.status.state}, ${this.outbox.items.length} unsent, ${places.join(", ")}`;
  }

  /** All is over, and it says that it has caught up: from now on that is a promise. */
  conclude(): void {
    for (const { observer } of this.#joined.values()) observer.end = "caught_up";
  }

  /** Ends it, as a closed tab does. @returns what its successor needs. */
  stop(): { snapshot: OutboxSnapshot<Body>; places: { place: Place; seen: number | undefined }[] } {
    const snapshot = JSON.parse(JSON.stringify(this.outbox.snapshot())) as OutboxSnapshot<Body>;
    const places = [...this.#joined.values()].map(({ place, subscription }) => ({ place, seen: subscription.seen }));
    this.#joined.clear();
    this.outbox.close();
    this.realtime.close();
    void this.#raw?.then((raw) => raw?.close()); // never rejects
    return { snapshot, places };
  }

  #note(error: unknown): void {
    const { code } = AgoraError.from(error);
    this.#world.errors.set(code, (this.#world.errors.get(code) ?? 0) + 1);
  }

  #learn(topic: string, seq: number): void {
    this.#known.set(topic, Math.max(seq, this.known(topic)));
  }

  #entries(topic: string, observer: Observer, messages: readonly Message[]): void {
    const { recorder } = this.#world;
    for (const message of messages) {
      const seen = recorder.see(message);
      observer.delivered.push(seen);
      // What was shown to its own author is as good as acknowledged: the outbox drops it.
      if (message.author.id === this.account.userId && seen.send >= 0) recorder.acknowledge(seen.send, message);
      this.#learn(topic, message.seq);
    }
    this.outbox.settle(topic, messages);
  }

  async #sending(topic: string, nonce: string, request: () => Promise<Message>): Promise<Message> {
    const { recorder, exiles } = this.#world;
    const startAt = recorder.now();
    try {
      const message = await request();
      exiles.answered(this.person, topic, "send", startAt);
      recorder.acknowledge(recorder.numberOf(nonce), message);
      this.#learn(topic, message.seq);
      return message;
    } catch (error) {
      this.#note(error);
      throw error;
    }
  }

  #fetchAfter(topic: string, after: number, limit: number): Promise<EntryPage> {
    const place = this.#places.get(topic);
    if (!place) throw new Error(`${topic} is no place`);
    return this.page(place, "after", after, limit);
  }

  async #rawSocket(): Promise<RawSocket | undefined> {
    const raw = await this.#raw;
    if (raw?.isOpen) return raw;
    this.#raw = this.#openRaw();
    return this.#raw;
  }

  async #openRaw(): Promise<RawSocket | undefined> {
    try {
      const { ticket, url } = await this.account.rest.createTicket();
      return await RawSocket.open(`${url}?ticket=${ticket}`, (data) => this.#world.exiles.heard(this.person, data));
    } catch (error) {
      this.#note(error);
      return undefined;
    }
  }

  /** A message that was refused for good is given up; it may have been stored by a try whose answer was lost. */
  #outboxChanged(): void {
    for (const { nonce, state, error } of this.outbox.items) {
      if (state !== "failed") continue;
      this.#note(error);
      this.outbox.discard(nonce);
      return; // which comes back here
    }
    if (this.outbox.items.length === 0) for (const done of [...this.#waiting]) done();
  }
}
