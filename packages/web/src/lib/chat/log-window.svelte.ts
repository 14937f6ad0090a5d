import type { Message, MessagePage } from "@agora/core/protocol/message";
import { append, firstSeqOf, isBeside, join, lastSeqOf, prepend, revise, shorten } from "./stretch";
import type { Span, Stretch } from "./stretch";

/** A stretch of a channel, oldest first, as the page was loaded with it. */
export interface LoadedPage {
  messages: Message[];
  hasOlder: boolean;
  /** The channel's last message. Beyond the stretch: it does not reach the end. */
  head: number;
}

/** Which part of the log: its newest, unless one of these says otherwise. */
interface Range {
  before?: number;
  after?: number;
  around?: number;
}

interface LogWindowOptions {
  page: LoadedPage;
  list: (range: Range & { limit: number }) => Promise<MessagePage>;
}

const PAGE_LIMIT = 50;
const PAGE_BACK_LIMIT = 100;
/** So many pages are loaded at most to reach what is further up without leaving the end. */
const PAGES_BACK_MAX = 2;
/** While the newest page was on its way more may have been said than fits in it. */
const PAGES_TO_END_MAX = 3;

/**
 * The part of a log that is in the page: without a hole, at most some hundred rows, and anywhere in the log. When it grows at one end it loses
 * what is far from the reader at the other. What is said live is put behind it while it reaches the end, and passed over while it does not;
 * the numbers tell which, so it reaches the end again without hole or double, however pages and pushes cross.
 */
export class LogWindow {
  hasOlder = $state(false);
  olderFailed = $state(false);
  newerFailed = $state(false);
  /** What the reader has on the screen; null: unknown, so rather what came last. */
  seen: Span | null = null;

  readonly #options: LogWindowOptions;
  #messages: Stretch = $state.raw([]);
  /** The highest number that was heard of: by a page, or live, one after the other. */
  #end = $state(0);
  /** What is on its way, and for which edge: another one by now means that nobody waits for it. */
  #older: { edge: number; load: Promise<void> } | undefined;
  #newer: { edge: number; load: Promise<void> } | undefined;
  /** Of several jumps at once the last one counts. */
  #jumps = 0;
  #loads = 0;
  /** What was heard of while pages were on their way, which may have been read before. */
  #heard: readonly Message[] = [];

  constructor(options: LogWindowOptions) {
    const { page } = options;
    this.#options = options;
    this.#messages = page.messages;
    this.hasOlder = page.hasOlder;
    this.#end = page.head;
  }

  get messages(): Stretch {
    return this.#messages;
  }

  get firstSeq(): number {
    return firstSeqOf(this.#messages);
  }

  get lastSeq(): number {
    return lastSeqOf(this.#messages);
  }

  /** The channel's last message, as far as it was heard of. */
  get head(): number {
    return Math.max(this.#end, this.lastSeq);
  }

  /** It does not reach the end: what is said is not in it. */
  get hasNewer(): boolean {
    return this.lastSeq < this.#end;
  }

  find(seq: number): Message | undefined {
    return this.#messages.find((message) => message.seq === seq);
  }

  /** Changes what is shown of a message, whatever its revision. */
  change(seq: number, change: (message: Message) => Message): void {
    this.#messages = this.#messages.map((message) => (message.seq === seq ? change(message) : message));
  }

  has(seq: number): boolean {
    return seq >= this.firstSeq && seq <= this.lastSeq;
  }

  /** Takes in a page that was loaded anew. Where that leaves a hole, it replaces what was here. */
  refresh(page: LoadedPage): void {
    const { messages, hasOlder, head } = page;
    if (!isBeside(this.#messages, messages)) return this.#replace(page);
    this.seen = null;
    this.#end = Math.max(this.#end, head);
    if (firstSeqOf(messages) < this.firstSeq) this.hasOlder = hasOlder;
    this.#show(join(this.#messages, messages), messages);
  }

  /** Takes in what was said live: the next ones, without a hole. */
  take(messages: readonly Message[]): void {
    const isAtEnd = !this.hasNewer;
    this.#end = Math.max(this.#end, messages.at(-1)?.seq ?? 0);
    this.revise(messages); // a page may have been faster, with an older state
    if (isAtEnd) this.#show(append(this.#messages, messages), messages);
  }

  /** Takes in what has changed since it was shown. */
  revise(messages: readonly Message[]): void {
    if (this.#loads > 0) this.#heard = [...this.#heard, ...messages];
    this.#messages = revise(this.#messages, messages);
  }

  /** Resolves when it is there, or has failed. */
  loadOlder(limit = PAGE_LIMIT): Promise<void> {
    if (!this.hasOlder) return Promise.resolve();
    const edge = this.firstSeq;
    if (this.#older?.edge !== edge) this.#older = { edge, load: this.#loadOlder(edge, limit) };
    return this.#older.load;
  }

  /** Resolves when it is there, or has failed. */
  loadNewer(): Promise<void> {
    if (!this.hasNewer) return Promise.resolve();
    const edge = this.lastSeq;
    if (this.#newer?.edge !== edge) this.#newer = { edge, load: this.#loadNewer(edge) };
    return this.#newer.load;
  }

  /** Is the message so close above that it can be loaded without leaving what is here? */
  isWithinReach(seq: number): boolean {
    return seq >= this.firstSeq - PAGES_BACK_MAX * PAGE_BACK_LIMIT;
  }

  /** Loads until the message is there, if it is within reach. */
  async loadBackTo(seq: number): Promise<void> {
    for (let pages = 0; pages < PAGES_BACK_MAX && seq < this.firstSeq && this.hasOlder && !this.olderFailed; pages++) {
      await this.loadOlder(PAGE_BACK_LIMIT);
    }
  }

  /** Has the message among what is here: without leaving it if it is close above. False as `goTo`. */
  async reach(seq: number): Promise<boolean> {
    if (this.isWithinReach(seq)) await this.loadBackTo(seq);
    return this.goTo(seq);
  }

  /** Goes to where the message is. False: it is not there, could not be loaded, or somebody wanted to go elsewhere meanwhile. */
  async goTo(seq: number): Promise<boolean> {
    const jump = ++this.#jumps;
    if (!this.has(seq)) await this.#jump({ around: seq }, jump);
    return jump === this.#jumps && this.has(seq);
  }

  /** Goes to the end. False as above. */
  async goToEnd(): Promise<boolean> {
    const jump = ++this.#jumps;
    if (this.hasNewer && (await this.#jump({}, jump))) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while a page is loaded
      for (let pages = 0; pages < PAGES_TO_END_MAX && this.hasNewer && !this.newerFailed; pages++) await this.loadNewer();
    }
    return jump === this.#jumps && !this.hasNewer;
  }

  #replace({ messages, hasOlder, head }: LoadedPage): void {
    this.#end = Math.max(this.#end, head);
    this.#messages = messages;
    this.hasOlder = hasOlder;
    this.olderFailed = false;
    this.newerFailed = false;
    this.seen = null;
  }

  async #jump(range: Range, jump: number): Promise<boolean> {
    this.newerFailed = false;
    try {
      const { messages, has_more, head } = await this.#load({ ...range, limit: PAGE_LIMIT });
      const { around } = range;
      const isMissing = around !== undefined && !messages.some(({ seq }) => seq === around);
      if (jump !== this.#jumps || isMissing) return false;
      this.#replace({ messages: messages.toReversed(), hasOlder: has_more, head });
      return true;
    } catch {
      if (jump === this.#jumps) this.newerFailed = range.around === undefined; // Shown, with a way to try again.
      return false;
    }
  }

  async #loadOlder(edge: number, limit: number): Promise<void> {
    this.olderFailed = false;
    try {
      const { messages, has_more } = await this.#load({ before: edge, limit });
      if (this.firstSeq !== edge) return; // it is elsewhere by now
      this.hasOlder = has_more;
      this.#show(prepend(this.#messages, messages.toReversed()), messages.toReversed());
    } catch {
      this.olderFailed = this.firstSeq === edge; // Shown, with a way to try again.
    } finally {
      if (this.#older?.edge === edge) this.#older = undefined;
    }
  }

  async #loadNewer(edge: number): Promise<void> {
    this.newerFailed = false;
    try {
      const { messages, head } = await this.#load({ after: edge, limit: PAGE_LIMIT });
      if (this.lastSeq !== edge) return;
      this.#end = Math.max(this.#end, head);
      this.#show(append(this.#messages, messages), messages);
    } catch {
      this.newerFailed = this.lastSeq === edge;
    } finally {
      if (this.#newer?.edge === edge) this.#newer = undefined;
    }
  }

  async #load(range: Range & { limit: number }): Promise<MessagePage> {
    this.#loads++;
    try {
      const page = await this.#options.list(range);
      return { ...page, messages: [...revise(page.messages, this.#heard)] };
    } finally {
      if (--this.#loads === 0) this.#heard = [];
    }
  }

  /** Shows a stretch that has grown by these, unless it has grown too long. */
  #show(grown: Stretch, by: readonly Message[]): void {
    if (grown === this.#messages) return;
    const shown = shorten(grown, this.seen ?? { first: by[0]?.seq ?? 0, last: by.at(-1)?.seq ?? 0 });
    if (firstSeqOf(shown) > firstSeqOf(grown)) this.hasOlder = true;
    this.#messages = shown;
  }
}
