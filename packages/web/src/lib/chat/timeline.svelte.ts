import type { Me } from "@agora/core/protocol/account";
import type { Message } from "@agora/core/protocol/message";
import { AgoraError, Repeater, withOwnReactions, withReaction } from "@agora/sdk";
import type { Outbox, OutboxItem, Pushed, Realtime, Subscription } from "@agora/sdk";
import type { Announcement } from "./announcement";
import type { Draft, Drafts } from "./drafts.svelte";
import { LogWindow } from "./log-window.svelte";
import type { LoadedPage } from "./log-window.svelte";
import { NewLine } from "./new-line.svelte";
import type { NewPart } from "./new-line.svelte";
import type { PlaceApi } from "./place-api";
import { outgoingRow, storedRow } from "./timeline-rows";
import type { OutgoingBody, OutgoingFile, Reacting, StoredRow, TimelineRow } from "./timeline-rows";
import { append } from "./stretch";
import type { Stretch } from "./stretch";
import type { Tray } from "./files/file-door.svelte";
import { Writers } from "./typing.svelte";

interface TimelineOptions {
  place: PlaceApi;
  me: Me;
  page: LoadedPage;
  realtime: Realtime;
  outbox: Outbox<OutgoingBody>;
  drafts: Pick<Drafts, "of" | "keep">;
}

/** What a page is loaded with. What is beyond may be as it was some time ago. */
const LOADED_MAX = 50;
/** What changed among so many of the last messages between the load of the page and the first that is heard is not missed. */
const AGAIN = 25;
const LOOKED_AGAIN_LIMIT = 100;
/** What may have been deleted unheard is looked for among the last so many. */
const LOOKED_AGAIN_MAX = 300;

/** What one place shows: a window over its log, and at its end what this person is sending. */
export class Timeline {
  readonly place: PlaceApi;
  readonly topic: string;
  announcement: Announcement | null = $state.raw(null);
  /** The place is not open to this person any more. */
  refusal: string | null = $state(null);
  /** The files of what is being written, once there were any. */
  tray: Tray | undefined = $state.raw();
  /** The seq of the own message whose words are being changed, where it stands. */
  editing: number | null = $state(null);
  /** It was left: nothing of it is to be kept. */
  isGone = false;
  readonly log: LogWindow;
  readonly newLine = new NewLine();
  readonly writers = new Writers();

  readonly #options: TimelineOptions;
  #draft = $state("");
  #answering: StoredRow | null = $state.raw(null);
  /** What the draft answers: it may not have been loaded yet. */
  #replyTo: number | undefined;
  /** Sent from here and stored, while something that was said before it has not come yet. */
  #ahead: Stretch = $state.raw([]);
  #outgoing: readonly OutboxItem<OutgoingBody>[] = $state.raw([]);
  #reacting: readonly Reacting[] = $state.raw([]);
  #lastReaction: Promise<unknown> = Promise.resolve();
  #madeOf: readonly unknown[] = [];
  #rows: readonly TimelineRow[] = [];
  #subscription: Subscription | undefined;

  constructor(options: TimelineOptions) {
    this.#options = options;
    this.place = options.place;
    this.topic = options.place.topic;
    this.log = new LogWindow({ page: options.page, list: (range) => this.place.list(range) });
    this.takeDraft(options.drafts.of(this.place.href));
  }

  get draft(): string {
    return this.#draft;
  }

  set draft(text: string) {
    this.#draft = text;
    this.#keepDraft();
  }

  /** What is being written will answer this. */
  get answering(): StoredRow | null {
    return this.#answering;
  }

  set answering(row: StoredRow | null) {
    this.#answering = row;
    this.#replyTo = row?.seq;
    this.#keepDraft();
  }

  /** What was typed before a reload, or in another tab. What it answers is looked for if it is not here: 1 request. */
  takeDraft(draft: Draft | undefined): void {
    this.#draft = draft?.text ?? "";
    this.#replyTo = draft?.reply_to;
    if (this.#answering?.seq === this.#replyTo) return;
    this.#answering = null;
    if (this.#replyTo !== undefined) void this.#findOriginal(this.#replyTo);
  }

  /** By hand and not `$derived`: that ends with the page that made it, and a place outlives its page. */
  get rows(): readonly TimelineRow[] {
    const { messages, hasNewer, lastSeq } = this.log;
    const parts = [messages, hasNewer, this.#ahead, this.#outgoing, this.#reacting];
    if (parts.some((part, index) => part !== this.#madeOf[index])) {
      this.#madeOf = parts;
      const stored = messages.map((message) => storedRow(message, this.#reacting));
      // What stands behind the end is shown there, and not behind something else.
      this.#rows = hasNewer
        ? stored
        : [
            ...stored,
            ...this.#ahead.filter(({ seq }) => seq > lastSeq).map((message) => storedRow(message, this.#reacting)),
            ...this.#outgoing.map((item) => outgoingRow(item, this.#options.me, this.find(item.body.reply_to ?? 0))),
          ];
    }
    return this.#rows;
  }

  /** The highest seq up to which everything was seen, for the outbox. */
  get seen(): number | undefined {
    return this.#subscription?.seen;
  }

  /** So many messages are on their way from here. */
  get outgoingCount(): number {
    return this.#outgoing.length;
  }

  /** Takes in what the page was loaded with again. */
  refresh(page: LoadedPage): void {
    this.log.refresh(page);
    this.#forgetAhead();
  }

  /** Shows what is said from now on, until the returned function is called. */
  follow(): () => void {
    const { realtime } = this.#options;
    const again = new Repeater({ act: () => this.#lookAgain(), mayRepeat: () => realtime.isHearing });
    const subscription = realtime.listen(this.topic, {
      after: this.log.head,
      again: AGAIN,
      fetchAfter: async (_topic, after, limit) => this.place.list({ after, limit }),
      onentries: (messages) => this.#take(messages),
      onupdates: (messages, pushed) => this.revise(pushed ? messages.map((message) => this.#ownIn(message, pushed)) : messages),
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
    if (this.log.messages.length > LOADED_MAX) again.start();
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
    if (message.seq > this.log.head) this.#ahead = append(this.#ahead, [message]);
  }

  /** The message, if it is here. */
  find(seq: number): Message | undefined {
    return this.log.find(seq);
  }

  /** Takes in what has changed since it was shown. */
  revise(messages: readonly Message[]): void {
    this.log.revise(messages);
  }

  /** When a message that slow mode holds back goes out; null: none is. */
  get slowUntil(): number | null {
    return this.#outgoing.find(({ delayedBy }) => delayedBy === "limit.slow_mode")?.retryAt ?? null;
  }

  /** Its reader may not see it any more. */
  leave(): void {
    this.isGone = true;
    this.tray?.uploads.clear();
  }

  showOutgoing(items: readonly OutboxItem<OutgoingBody>[]): void {
    this.#outgoing = items.filter((item) => item.topic === this.topic);
  }

  /** What was said since the reader came or turned away. */
  get newPart(): NewPart | undefined {
    return this.newLine.partOf(this.log.messages, this.#options.me.id, this.log.hasOlder);
  }

  send(content: string, files: readonly OutgoingFile[] = []): void {
    this.newLine.clear();
    const reply = this.answering ? { reply_to: this.answering.seq } : {};
    this.answering = null;
    const attachments = files.length > 0 ? { attachments: files } : {};
    this.#options.outbox.add(this.topic, { ...this.place.path, content, ...reply, ...attachments });
  }

  /** Sends a message whose files were refused without them. */
  sendBare(nonce: string): void {
    const body = this.#giveUp(nonce);
    if (body) this.#options.outbox.add(this.topic, { ...body, attachments: [] });
  }

  /** Has a message whose files were refused written again, with the same files. False: they are not known here any more. */
  rewrite(nonce: string): boolean {
    const body = this.#giveUp(nonce);
    if (!body) return true;
    const { content, reply_to, attachments = [] } = body;
    this.draft = [content, this.draft].filter((text) => text !== "").join("\n");
    const original = this.rows.find(({ seq }) => seq !== undefined && seq === reply_to);
    this.answering ??= (original as StoredRow | undefined) ?? null;
    return this.tray?.uploads.takeBack(attachments) ?? false;
  }

  /** The last own message, if it is here; what a person changes first. */
  get lastOwn(): Message | undefined {
    return this.log.messages.findLast(({ author, content }) => author.id === this.#options.me.id && content !== null);
  }

  /** Gets new links to the files of a message: one is good for a day or two. @throws AgoraError */
  async renewFiles(seq: number): Promise<void> {
    const { messages } = await this.place.list({ around: seq, limit: 1 });
    const attachments = messages.find((message) => message.seq === seq)?.attachments;
    if (attachments) this.log.change(seq, (message) => ({ ...message, attachments }));
  }

  /** Adds an own reaction, or takes it back: shown at once, and taken back if it is refused. @throws AgoraError */
  async react(seq: number, emoji: string, added: boolean): Promise<void> {
    const reacting = { seq, emoji, added };
    this.#reacting = [...this.#reacting, reacting];
    const turn = this.#lastReaction.then(() => this.place.react(seq, emoji, added)); // one after the other: whoever clicks twice means the second
    this.#lastReaction = turn.catch(() => undefined); // whoever waits for `turn` hears of it
    try {
      await turn;
      // What was pushed of it has come, as a rule; if not, it is as it will be.
      this.log.change(seq, (message) => ({ ...message, reactions: [...withReaction(message.reactions, emoji, added)] }));
    } finally {
      this.#reacting = this.#reacting.filter((other) => other !== reacting);
    }
  }

  retry(nonce: string): void {
    this.#options.outbox.retry(nonce);
  }

  discard(nonce: string): void {
    this.#options.outbox.discard(nonce);
  }

  /** How many messages of others are behind the given one. Those beyond the window are taken to be of others. */
  countBehind(seq: number): number {
    const { messages, lastSeq, head } = this.log;
    let count = Math.max(0, head - Math.max(lastSeq, seq));
    for (let index = messages.length - 1; index >= 0; index--) {
      const message = messages[index];
      if (!message || message.seq <= seq) break;
      if (message.author.id !== this.#options.me.id) count++;
    }
    return count;
  }

  /** Looks at what is shown once more: what was deleted in a break was not heard of. */
  async #lookAgain(): Promise<void> {
    const { firstSeq, lastSeq } = this.log;
    const first = Math.max(firstSeq, lastSeq - LOOKED_AGAIN_MAX + 1);
    for (let before = lastSeq + 1; before > first; before -= LOOKED_AGAIN_LIMIT) {
      const limit = Math.min(LOOKED_AGAIN_LIMIT, before - first);
      const { messages } = await this.place.list({ before, limit });
      this.revise(messages);
    }
  }

  #keepDraft(): void {
    this.#options.drafts.keep(this.place.href, { text: this.#draft, reply_to: this.#replyTo });
  }

  async #findOriginal(seq: number): Promise<void> {
    const found =
      this.find(seq) ?? (await this.place.list({ around: seq, limit: 1 }).catch(orNothing))?.messages.find((one) => one.seq === seq);
    if (this.#replyTo !== seq) return; // it was sent, or something else is answered by now
    this.answering = found && found.content !== null ? (storedRow(found, []) as StoredRow) : null;
  }

  #take(messages: readonly Message[]): void {
    this.log.take(messages);
    this.#forgetAhead();
    this.#options.outbox.settle(this.topic, messages);
    const news = messages.filter(({ author, content }) => author.id !== this.#options.me.id && content !== null);
    for (const { author } of news) this.writers.said(author);
    const last = news.at(-1);
    if (!last) return;
    this.newLine.take(last.seq);
    const { author, content } = last;
    this.announcement = { name: author.display_name ?? author.username, content: content === "" ? "A file" : content, count: news.length };
  }

  #giveUp(nonce: string): OutgoingBody | undefined {
    const body = this.#outgoing.find((item) => item.nonce === nonce)?.body;
    this.discard(nonce);
    return body;
  }

  #ownIn(message: Message, { reaction }: Pushed): Message {
    return withOwnReactions(this.find(message.seq), message, reaction, this.#options.me.id);
  }

  #forgetAhead(): void {
    const { head } = this.log;
    if (this.#ahead.length > 0) this.#ahead = this.#ahead.filter(({ seq }) => seq > head);
  }
}

/** Without what it answers it is a message all the same. */
function orNothing(error: unknown): undefined {
  if (!(error instanceof AgoraError)) throw error;
}
