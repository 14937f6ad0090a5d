import type { Me } from "@agora/core/protocol/account";
import type { Author, Message } from "@agora/core/protocol/message";
import type { Outbox, OutboxItem, Realtime, Rest, Subscription } from "@agora/sdk";

/** A stretch of a channel, oldest first, as the page was loaded with it. */
export interface LoadedPage {
  messages: Message[];
  hasOlder: boolean;
  /** False: it reaches the end of the channel, and goes on live. */
  hasNewer: boolean;
}

/** What the outbox keeps of a message; the rest of a request is made of the topic. */
export interface OutgoingBody {
  server_id: string;
  channel_id: string;
  content: string;
}

export interface OutgoingMessage {
  content: string;
  state: "sending" | "waiting" | "failed";
  /** Why it failed. */
  problem: string | null;
}

/** A message as it is shown: stored, or on its way. */
export interface TimelineRow {
  key: string;
  author: Author;
  created_at: number;
  content: string | null;
  seq?: number;
  outgoing?: OutgoingMessage;
}

interface TimelineOptions {
  serverId: string;
  channelId: string;
  me: Me;
  page: LoadedPage;
  rest: Pick<Rest, "listMessages">;
  realtime: Realtime;
  outbox: Outbox<OutgoingBody>;
}

const OLDER_LIMIT = 50;
/** When a reader comes back to a place far up, so many pages are loaded at most. */
const PAGES_BACK_MAX = 10;

/** What one channel shows: a stretch of its log without a hole, and behind it what this person is sending. */
export class Timeline {
  readonly channelId: string;
  readonly topic: string;
  hasOlder = $state(false);
  olderFailed = $state(false);
  /** Announced to people who listen to the page. */
  announcement = $state("");
  /** The channel is not open to this person any more. */
  refusal: string | null = $state(null);
  draft = $state("");

  readonly #options: TimelineOptions;
  #messages: readonly Message[] = $state.raw([]);
  #outgoing: readonly OutboxItem<OutgoingBody>[] = $state.raw([]);
  #laidOut: { messages: unknown; outgoing: unknown; rows: readonly TimelineRow[] } | undefined;
  #subscription: Subscription | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.channelId = options.channelId;
    this.topic = `channel:${options.channelId}`;
    this.#messages = options.page.messages;
    this.hasOlder = options.page.hasOlder;
  }

  /** By hand and not `$derived`: that ends with the page that made it, and a channel outlives its page. */
  get rows(): readonly TimelineRow[] {
    const [messages, outgoing] = [this.#messages, this.#outgoing];
    if (this.#laidOut?.messages !== messages || this.#laidOut.outgoing !== outgoing) {
      const rows = [...messages.map(storedRow), ...outgoing.map((item) => this.#outgoingRow(item))];
      this.#laidOut = { messages, outgoing, rows };
    }
    return this.#laidOut.rows;
  }

  get firstSeq(): number {
    return this.#messages[0]?.seq ?? 1;
  }

  get lastSeq(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** The highest seq up to which everything was seen, for the outbox. */
  get seen(): number | undefined {
    return this.#subscription?.seen;
  }

  /** Takes in what the page was loaded with again. Where that leaves a hole, it replaces what was here. */
  refresh({ messages, hasOlder }: LoadedPage): void {
    const first = messages[0]?.seq ?? Infinity;
    if (this.#messages.length > 0 && first <= this.lastSeq + 1) {
      this.#append(messages);
      return;
    }
    this.#messages = messages;
    this.hasOlder = hasOlder;
  }

  /** Shows what is said from now on, until the returned function is called. */
  follow(): () => void {
    const subscription = this.#options.realtime.listen(this.topic, {
      after: this.lastSeq,
      fetchAfter: async (_topic, after, limit) => this.#options.rest.listMessages({ ...this.#path, after, limit }),
      onentries: (messages) => this.#take(messages),
      onupdates: (messages) => this.#replace(messages),
      onerror: (error) => (this.refusal = error.message),
    });
    this.#subscription = subscription;
    return () => {
      subscription.close();
      if (this.#subscription === subscription) this.#subscription = undefined;
    };
  }

  /** What was sent from here, as the server stored it. */
  offer(message: Message): void {
    this.#subscription?.offer([message]);
  }

  showOutgoing(items: readonly OutboxItem<OutgoingBody>[]): void {
    this.#outgoing = items.filter((item) => item.topic === this.topic);
  }

  send(content: string): void {
    this.#options.outbox.add(this.topic, { ...this.#path, content });
  }

  retry(nonce: string): void {
    this.#options.outbox.retry(nonce);
  }

  discard(nonce: string): void {
    this.#options.outbox.discard(nonce);
  }

  /** How many messages of others are behind the given one. */
  countBehind(seq: number): number {
    let count = 0;
    for (let index = this.#messages.length - 1; index >= 0; index--) {
      const message = this.#messages[index];
      if (!message || message.seq <= seq) break;
      if (message.author.id !== this.#options.me.id) count++;
    }
    return count;
  }

  loadOlder(limit = OLDER_LIMIT): Promise<void> {
    if (!this.hasOlder) return Promise.resolve();
    this.#loading ??= this.#loadOlder(limit).finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  /** Loads until the message is there, unless it is too far back. */
  async loadBackTo(seq: number): Promise<void> {
    for (let pages = 0; pages < PAGES_BACK_MAX && seq < this.firstSeq && this.hasOlder && !this.olderFailed; pages++) {
      await this.loadOlder(100);
    }
  }

  async #loadOlder(limit: number): Promise<void> {
    this.olderFailed = false;
    try {
      const page = await this.#options.rest.listMessages({ ...this.#path, before: this.firstSeq, limit });
      this.#messages = [...page.messages.toReversed(), ...this.#messages];
      this.hasOlder = page.has_more;
    } catch {
      this.olderFailed = true; // Shown, with a way to try again.
    }
  }

  #take(messages: readonly Message[]): void {
    this.#append(messages);
    this.#options.outbox.settle(this.topic, messages);
    const news = messages.filter((message) => message.author.id !== this.#options.me.id);
    const last = news.at(-1);
    if (!last) return;
    const name = last.author.display_name ?? last.author.username;
    this.announcement = news.length === 1 ? `${name}: ${last.content ?? ""}` : `${news.length} new messages, the last one by ${name}`;
  }

  #append(messages: readonly Message[]): void {
    const last = this.lastSeq;
    const news = messages.filter((message) => message.seq > last);
    if (news.length > 0) this.#messages = [...this.#messages, ...news];
  }

  #replace(messages: readonly Message[]): void {
    const changed = new Map(messages.map((message) => [message.seq, message]));
    this.#messages = this.#messages.map((message) => changed.get(message.seq) ?? message);
  }

  #outgoingRow({ nonce, body, state, error, createdAt, retryAt }: OutboxItem<OutgoingBody>): TimelineRow {
    const { id, username, display_name, avatar_url } = this.#options.me;
    return {
      key: nonce,
      author: { id, username, display_name, avatar_url },
      created_at: createdAt,
      content: body.content,
      outgoing: {
        content: body.content,
        state: state === "failed" ? "failed" : retryAt === null ? "sending" : "waiting",
        problem: error?.message ?? null,
      },
    };
  }

  get #path() {
    return { server_id: this.#options.serverId, channel_id: this.channelId };
  }
}

function storedRow({ seq, author, created_at, content }: Message): TimelineRow {
  return { key: `#${seq}`, seq, author, created_at, content };
}
