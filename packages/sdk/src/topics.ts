import type { EventFrame, SingleFrame, SubscribedTopic } from "@agora/core/protocol/frames";
import type { Message } from "@agora/core/protocol/message";
import type { Clock } from "./clock";
import { AgoraError } from "./errors";
import { LogReader } from "./log-reader";
import { run } from "./run";
import type { FetchAfter, Pushed } from "./log-reader";

export interface Listener {
  /** With `onentries`: every entry up to this seq is known already. Left out: begin with what is said from now on. */
  after?: number | undefined;
  /**
   * With `after` and `onupdates`: what changed among so many of the last known entries, while nobody listened, is learned with every subscribe, unless
   * more was said meanwhile than fits its answer. Default 0.
   */
  again?: number;
  /** With `onentries` or `onupdates`: how to page in what was missed; default is the one given to `createRealtime`. */
  fetchAfter?: FetchAfter;
  /** Logs only: the next entries, oldest first. Over all calls 1, 2, 3, … from behind `after`: no hole, no repeat, no reordering. */
  onentries?(messages: readonly Message[]): void;
  /**
   * Logs only: entries up to the last one that was delivered, which have changed since (a higher `revision`), or were deleted. With `pushed` they are as
   * they are for everybody: see `withOwnReactions`.
   */
  onupdates?(messages: readonly Message[], pushed: Pushed | undefined): void;
  /**
   * Logs only: the highest seq that is known to exist. At each answer to a subscribe, when it is exact, and whenever it rises. Fetches
   * nothing: a listener with neither `onentries` nor `onupdates` needs no `fetchAfter`.
   */
  onhead?(head: number): void;
  /**
   * Any other frame of the topic, at least once (twice while one connection takes over from another), and none from times without a
   * connection. A listener with neither `onentries` nor `onupdates` gets `new_message`, `message_updated` and `message_deleted` here too,
   * as they were pushed: in any order, perhaps twice. A newer server may send types that this SDK does not know: leave them alone.
   */
  onevent?(event: EventFrame): void;
  /** The topic is listened to again after a break in which events and revisions may have been missed: refetch what is shown. */
  onresumed?(): void;
  /** The topic is refused (`channel.not_found`, `limit.topics`, …). The subscription has ended. */
  onerror?(error: AgoraError): void;
}

export interface Subscription {
  readonly topic: string;
  /** The highest seq up to which everything was delivered; undefined until it is known where to begin, and without `onentries`. */
  readonly seen: number | undefined;
  /** The highest seq that is known to exist. */
  readonly head: number;
  /** Takes in entries that came another way, such as the answer to a send: they are ordered and counted as if they had been pushed. */
  offer(messages: readonly Message[]): void;
  close(): void;
}

interface Member {
  listener: Listener;
  reader: LogReader | undefined;
}

interface Topic {
  readonly name: string;
  readonly members: Set<Member>;
  head: number;
  /** Subscribed to, without a break since. */
  isLive: boolean;
  /** There was a break since somebody began to listen. */
  isResumable: boolean;
}

interface TopicsOptions {
  clock: Clock;
  random: () => number;
  fetchAfter: FetchAfter | undefined;
  /** A topic got a listener or lost one; `needsAnswer`: a listener that must see the answer to a subscribe. */
  onwanted(topic: string, needsAnswer: boolean): void;
  /** From now on nothing of the topic is missed: after its first subscribe and after every break. */
  onlive(topic: string): void;
  /** `isCaughtUp` may have changed. */
  onchange(): void;
}

/** Channels and direct conversations are logs; other topics have events only. */
function isLog(topic: string): boolean {
  return topic.startsWith("channel:") || topic.startsWith("dm:");
}

/**
 * A direct conversation or a group: whatever is said there comes to everybody in it, by `dm:<id>` to a connection that listens to that, else by
 * `user:<id>`. Of other logs those who do not listen hear hints.
 */
export function isConversation(topic: string): boolean {
  return topic.startsWith("dm:");
}

/** What concerns the account itself is heard in a hidden tab too. */
function staysAwake(topic: string): boolean {
  return topic.startsWith("user:");
}

/** Frames are trusted, but a log takes in nothing that has no place in it. */
export function isEntry(message: Partial<Message> | undefined): message is Message {
  return Number.isSafeInteger(message?.seq);
}

/** Who listens to what, independent of connections. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #topics = new Map<string, Topic>();
  #isAsleep = false;

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  get isAsleep(): boolean {
    return this.#isAsleep;
  }

  add(name: string, listener: Listener): Subscription {
    const topic = this.#topics.get(name) ?? { name, members: new Set(), head: 0, isLive: false, isResumable: false };
    const member: Member = { listener, reader: undefined };
    const reader = isLog(name) && (listener.onentries ?? listener.onupdates) ? this.#newReader(topic, member) : undefined;
    member.reader = reader;
    const needsAnswer = topic.members.size === 0 || reader !== undefined || name.startsWith("presence:");
    this.#topics.set(name, topic);
    topic.members.add(member);
    this.#options.onwanted(name, needsAnswer);
    if (topic.isLive && listener.onhead) {
      queueMicrotask(() => topic.isLive && topic.members.has(member) && run(() => listener.onhead?.(topic.head)));
    }
    return {
      topic: name,
      get seen() {
        return reader?.seen;
      },
      get head() {
        return reader?.head ?? topic.head;
      },
      offer: (messages) => {
        if (!topic.members.has(member)) return;
        reader?.offer(messages);
        this.#raise(topic, Math.max(0, ...messages.map(({ seq }) => seq)));
      },
      close: () => this.#remove(topic, member),
    };
  }

  /** Each topic with the seq to resume behind: the lowest that one of its listeners needs. */
  wanted(): ReadonlyMap<string, number | undefined> {
    return new Map(
      this.#awake().map(({ name, members }) => {
        const seen = [...members].flatMap(({ reader }) => reader?.wantedAfter ?? []);
        return [name, seen.length > 0 ? Math.min(...seen) : undefined];
      }),
    );
  }

  get isCaughtUp(): boolean {
    return this.#awake().every(({ members }) => [...members].every(({ reader }) => reader?.isCaughtUp ?? true));
  }

  /** From now on only `user:` topics are wanted. */
  sleep(): void {
    this.detach(staysAwake);
    this.#isAsleep = true;
  }

  /** Everything is wanted again. Returns what was not. */
  wake(): string[] {
    this.#isAsleep = false;
    return [...this.#topics.keys()].filter((name) => !staysAwake(name));
  }

  subscribed(answer: SubscribedTopic): void {
    const topic = this.#topics.get(answer.topic);
    if (!topic || !this.#isAwake(topic)) return; // an answer that was on its way when it was closed, or went to sleep
    const { isLive, isResumable } = topic;
    topic.isLive = true;
    topic.isResumable = false;
    topic.head = Math.max(topic.head, answer.head);
    for (const { reader, listener } of [...topic.members]) {
      reader?.attach(answer);
      run(() => listener.onhead?.(topic.head));
      if (isResumable) run(() => listener.onresumed?.());
    }
    if (!isLive) this.#options.onlive(topic.name);
  }

  /** The connection is gone. What another one carries already goes on without a break. */
  detach(isCarried: (topic: string) => boolean = () => false): void {
    for (const topic of this.#topics.values()) {
      if (isCarried(topic.name)) continue;
      topic.isLive = false;
      topic.isResumable = true;
      for (const { reader } of topic.members) reader?.detach();
    }
  }

  has(name: string): boolean {
    return this.#topics.has(name);
  }

  dispatch(frame: SingleFrame): void {
    if (!("topic" in frame) || typeof frame.topic !== "string" || frame.type === "rate_limited") return;
    const topic = this.#topics.get(frame.topic);
    if (!topic) return;
    const bearsEntry = frame.type === "new_message" || frame.type === "message_updated" || frame.type === "message_deleted";
    for (const { listener, reader } of [...topic.members]) {
      if (!bearsEntry || !reader) run(() => listener.onevent?.(frame));
      else if (isEntry(frame.message)) reader.offer([frame.message], frame.type === "message_updated" ? { reaction: frame.reaction } : {});
    }
    if (bearsEntry && isEntry(frame.message)) this.#raise(topic, frame.message.seq);
    if (frame.type === "unread" && Number.isSafeInteger(frame.head)) {
      for (const { reader } of topic.members) reader?.expect(frame.head);
      this.#raise(topic, frame.head);
    }
  }

  refuse(name: string, error: AgoraError): void {
    const topic = this.#topics.get(name);
    if (topic) for (const member of [...topic.members]) this.#end(topic, member, error);
  }

  clear(): void {
    for (const topic of this.#topics.values()) for (const member of topic.members) this.#remove(topic, member);
  }

  #newReader(topic: Topic, member: Member): LogReader {
    const { listener } = member;
    const { clock, random, onchange } = this.#options;
    const fetchAfter = listener.fetchAfter ?? this.#options.fetchAfter;
    if (!fetchAfter) throw new TypeError(`listen(${topic.name}): to deliver entries in order takes fetchAfter`);
    return new LogReader({
      topic: topic.name,
      after: listener.after,
      again: listener.again ?? 0,
      clock,
      random,
      fetchAfter,
      onentries: (messages) => topic.members.has(member) && run(() => listener.onentries?.(messages)),
      onupdates: (messages, pushed) => topic.members.has(member) && run(() => listener.onupdates?.(messages, pushed)),
      onrefused: (error) => this.#end(topic, member, AgoraError.from(error)),
      onchange,
    });
  }

  #raise(topic: Topic, head: number): void {
    if (head <= topic.head) return;
    topic.head = head;
    for (const { listener } of [...topic.members]) run(() => listener.onhead?.(head));
  }

  #end(topic: Topic, member: Member, error: AgoraError): void {
    if (!topic.members.has(member)) return;
    this.#remove(topic, member);
    run(() => member.listener.onerror?.(error));
  }

  #remove(topic: Topic, member: Member): void {
    if (!topic.members.delete(member)) return;
    member.reader?.detach();
    if (topic.members.size === 0) this.#topics.delete(topic.name);
    this.#options.onwanted(topic.name, false);
  }

  #awake(): Topic[] {
    return [...this.#topics.values()].filter((topic) => this.#isAwake(topic));
  }

  #isAwake({ name }: Topic): boolean {
    return !this.#isAsleep || staysAwake(name);
  }
}
