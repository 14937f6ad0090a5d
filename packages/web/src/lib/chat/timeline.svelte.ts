import type { Me } from "@agora/core/protocol/account";
import type { Author, Message } from "@agora/core/protocol/message";
import { Repeater } from "@agora/sdk";
import type { Outbox, OutboxItem, Realtime, Rest, Subscription } from "@agora/sdk";
import { NewLine } from "./new-line.svelte";
import type { NewPart } from "./new-line.svelte";
import { append, lastSeqOf, prepend, revise } from "./stretch";
import type { Stretch } from "./stretch";
import { Writers } from "./typing.svelte";

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
  state: "sending" | "waiting" | "failed";
  /** Why it failed. */
  problem: string | null;
}

/** A message as it is shown: stored, or on its way. */
export interface TimelineRow {
  key: string;
  author: Author;
  created_at: number;
  /** Null: it was deleted. */
  content: string | null;
  seq?: number;
  /** Whom it names, as the server understood it. */
  names?: Pick<Message, "mentions" | "mentioned_role_ids">;
  outgoing?: OutgoingMessage;
}

/** One that is stored. */
export type StoredRow = TimelineRow & { seq: number };

/** What came last, for those who listen to the page. */
export interface Announcement {
  name: string;
  content: string | null;
  count: number;
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
const PAGE_BACK_LIMIT = 100;
/** When a reader goes back to a place far up, so many pages are loaded at most. */
const PAGES_BACK_MAX = 10;
/** What may have been deleted unheard is looked for among the last so many. */
const LOOKED_AGAIN_MAX = 300;

/** What one channel shows: a stretch of its log without a hole, and behind it what this person is sending. */
export class Timeline {
  readonly serverId: string;
  readonly channelId: string;
  readonly topic: string;
  hasOlder = $state(false);
  olderFailed = $state(false);
  announcement: Announcement | null = $state.raw(null);
  /** The channel is not open to this person any more. */
  refusal: string | null = $state(null);
  draft = $state("");
  /** Its server was left: nothing of it is to be kept. */
  isGone = false;
  readonly newLine = new NewLine();
  readonly writers = new Writers();

  readonly #options: TimelineOptions;
  #messages: Stretch = $state.raw([]);
  /** Sent from here and stored, while something that was said before it has not come yet. */
  #ahead: readonly Message[] = $state.raw([]);
  #outgoing: readonly OutboxItem<OutgoingBody>[] = $state.raw([]);
  #madeOf: readonly unknown[] = [];
  #rows: readonly TimelineRow[] = [];
  #subscription: Subscription | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.serverId = options.serverId;
    this.channelId = options.channelId;
    this.topic = `channel:${options.channelId}`;
    this.#messages = options.page.messages;
    this.hasOlder = options.page.hasOlder;
  }

  /** By hand and not `$derived`: that ends with the page that made it, and a channel outlives its page. */
  get rows(): readonly TimelineRow[] {
    const parts = [this.#messages, this.#ahead, this.#outgoing];
    if (parts.some((part, index) => part !== this.#madeOf[index])) {
      this.#madeOf = parts;
      this.#rows = [
        ...this.#messages.map(storedRow),
        ...this.#ahead.map(storedRow),
        ...this.#outgoing.map((item) => this.#outgoingRow(item)),
      ];
    }
    return this.#rows;
  }

  get firstSeq(): number {
    return this.#messages[0]?.seq ?? 1;
  }

  get lastSeq(): number {
    return lastSeqOf(this.#messages);
  }

  /** The highest seq up to which everything was seen, for the outbox. */
  get seen(): number | undefined {
    return this.#subscription?.seen;
  }

  /** Takes in what the page was loaded with again. Where that leaves a hole, it replaces what was here. */
  refresh({ messages, hasOlder }: LoadedPage): void {
    const first = messages[0]?.seq ?? Infinity;
    if (this.#messages.length > 0 && first <= this.lastSeq + 1) {
      this.revise(messages);
      this.#append(messages);
      return;
    }
    this.#messages = messages;
    this.#ahead = [];
    this.hasOlder = hasOlder;
  }

  /** Shows what is said from now on, until the returned function is called. */
  follow(): () => void {
    const { realtime } = this.#options;
    const again = new Repeater({ act: () => this.#lookAgain(), mayRepeat: () => realtime.isHearing });
    const subscription = realtime.listen(this.topic, {
      after: this.lastSeq,
      fetchAfter: async (_topic, after, limit) => this.#options.rest.listMessages({ ...this.#path, after, limit }),
      onentries: (messages) => this.#take(messages),
      onupdates: (messages) => this.revise(messages),
      onevent: (event) => {
        if (event.type === "typing") this.writers.began(event.user);
      },
      onresumed: () => again.start(),
      onerror: (error) => {
        again.stop();
        this.refusal = error.message;
      },
    });
    this.#subscription = subscription;
    if (this.#messages.length > OLDER_LIMIT) again.start(); // what is above the page that was just loaded is as it was some time ago
    return () => {
      subscription.close();
      again.stop();
      if (this.#subscription === subscription) this.#subscription = undefined;
      this.writers.clear();
    };
  }

  /** What was sent from here, as the server stored it. It stays in sight even if what was said before it has yet to come. */
  offer(message: Message): void {
    this.#subscription?.offer([message]);
    if (message.seq > this.lastSeq) this.#ahead = append(this.#ahead, [message]);
  }

  /** The message, if it is here. */
  find(seq: number): Message | undefined {
    return this.#messages.find((message) => message.seq === seq);
  }

  /** Takes in what has changed since it was shown. */
  revise(messages: readonly Message[]): void {
    this.#messages = revise(this.#messages, messages);
  }

  /** When a message that slow mode holds back goes out; null: none is. */
  get slowUntil(): number | null {
    return this.#outgoing.find(({ delayedBy }) => delayedBy === "limit.slow_mode")?.retryAt ?? null;
  }

  showOutgoing(items: readonly OutboxItem<OutgoingBody>[]): void {
    this.#outgoing = items.filter((item) => item.topic === this.topic);
  }

  /** What was said since the reader came or turned away. */
  get newPart(): NewPart | undefined {
    return this.newLine.partOf(this.#messages, this.#options.me.id, this.hasOlder);
  }

  send(content: string): void {
    this.newLine.clear();
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

  /** May the message be loaded without leaving what is here? If not, there is a page that begins with it. */
  isWithinReach(seq: number, pagesMax = PAGES_BACK_MAX): boolean {
    return seq >= this.firstSeq - pagesMax * PAGE_BACK_LIMIT;
  }

  /** Loads until the message is there, unless it is too far back. */
  async loadBackTo(seq: number): Promise<void> {
    for (let pages = 0; pages < PAGES_BACK_MAX && seq < this.firstSeq && this.hasOlder && !this.olderFailed; pages++) {
      await this.loadOlder(PAGE_BACK_LIMIT);
    }
  }

  async #loadOlder(limit: number): Promise<void> {
    this.olderFailed = false;
    try {
      const page = await this.#options.rest.listMessages({ ...this.#path, before: this.firstSeq, limit });
      this.#messages = prepend(this.#messages, page.messages);
      this.hasOlder = page.has_more;
    } catch {
      this.olderFailed = true; // Shown, with a way to try again.
    }
  }

  /** Looks at what is shown once more: what was deleted in a break was not heard of. */
  async #lookAgain(): Promise<void> {
    const first = Math.max(this.firstSeq, this.lastSeq - LOOKED_AGAIN_MAX + 1);
    for (let before = this.lastSeq + 1; before > first; before -= PAGE_BACK_LIMIT) {
      const limit = Math.min(PAGE_BACK_LIMIT, before - first);
      const { messages } = await this.#options.rest.listMessages({ ...this.#path, before, limit });
      this.revise(messages);
    }
  }

  #take(messages: readonly Message[]): void {
    this.#append(messages);
    this.#options.outbox.settle(this.topic, messages);
    const news = messages.filter(({ author, content }) => author.id !== this.#options.me.id && content !== null);
    for (const { author } of news) this.writers.said(author);
    const last = news.at(-1);
    if (!last) return;
    this.newLine.take(last.seq);
    const { author, content } = last;
    this.announcement = { name: author.display_name ?? author.username, content, count: news.length };
  }

  #append(messages: readonly Message[]): void {
    this.#messages = append(this.#messages, messages);
    if (this.#ahead.length > 0) this.#ahead = this.#ahead.filter(({ seq }) => seq > this.lastSeq);
  }

  #outgoingRow(item: OutboxItem<OutgoingBody>): TimelineRow {
    const { id, username, display_name, avatar_url } = this.#options.me;
    return {
      key: item.nonce,
      author: { id, username, display_name, avatar_url },
      created_at: item.createdAt,
      content: item.body.content,
      outgoing: { state: outgoingState(item), problem: item.error?.message ?? null },
    };
  }

  get #path() {
    return { server_id: this.serverId, channel_id: this.channelId };
  }
}

function outgoingState({ state, retryAt }: OutboxItem<OutgoingBody>): OutgoingMessage["state"] {
  if (state === "failed") return "failed";
  return retryAt === null ? "sending" : "waiting";
}

function storedRow({ seq, author, created_at, content, mentions, mentioned_role_ids }: Message): TimelineRow {
  return { key: `#${seq}`, seq, author, created_at, content, names: { mentions, mentioned_role_ids } };
}
