import type { EventFrame, SingleFrame, SubscribedTopic } from "@agora/core/protocol/frames";
import type { Message } from "@agora/core/protocol/message";
import type { Clock } from "./clock";
import { AgoraError } from "./errors";
import { LogReader } from "./log-reader";
import type { FetchAfter } from "./log-reader";

export interface Listener {
  /** Logs only: every entry up to this seq is known already. Left out: begin with what is said from now on. */
  after?: number | undefined;
  /** Logs only: how to page in what was missed; default is the one given to `createRealtime`. */
  fetchAfter?: FetchAfter;
  /** Logs only: the next entries, oldest first. Over all calls 1, 2, 3, … from behind `after`: no hole, no repeat, no reordering. */
  onentries?(messages: readonly Message[]): void;
  /** Logs only: entries that were delivered before and have changed since (a higher `revision`). */
  onupdates?(messages: readonly Message[]): void;
  /**
   * Any other frame of the topic, at least once (twice while one connection takes over from another), and none from times without a
   * connection. A newer server may send types that this SDK does not know: leave them alone.
   */
  onevent?(event: EventFrame): void;
  /** The topic is listened to again after a break in which events and revisions may have been missed: refetch what is shown. */
  onresumed?(): void;
  /** The topic is refused (`channel.not_found`, `limit.topics`, …). The subscription has ended. */
  onerror?(error: AgoraError): void;
}

export interface Subscription {
  readonly topic: string;
  /** The highest seq up to which everything was delivered; undefined until it is known where to begin, and where there is no log. */
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

interface TopicsOptions {
  clock: Clock;
  random: () => number;
  fetchAfter: FetchAfter | undefined;
  /** A topic got a listener or lost one. */
  onwanted(topic: string, change: "joined" | "left"): void;
  /** `isCaughtUp` may have changed. */
  onchange(): void;
}

/** Channels and direct conversations are logs; other topics have events only. */
function isLog(topic: string): boolean {
  return topic.startsWith("channel:") || topic.startsWith("dm:");
}

/** Frames are trusted, but a log takes in nothing that has no place in it. */
function isEntry(message: Partial<Message> | undefined): message is Message {
  return Number.isSafeInteger(message?.seq);
}

/** Who listens to what, independent of connections. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #members = new Map<string, Set<Member>>();
  readonly #resumable = new Set<string>();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  add(topic: string, listener: Listener): Subscription {
    const member: Member = { listener, reader: undefined };
    const fetchAfter = listener.fetchAfter ?? this.#options.fetchAfter;
    if (isLog(topic)) {
      if (!fetchAfter) throw new TypeError(`listen(${topic}): a log needs fetchAfter`);
      const { clock, random, onchange } = this.#options;
      member.reader = new LogReader({
        topic,
        after: listener.after,
        clock,
        random,
        fetchAfter,
        onentries: (messages) => this.#isMember(topic, member) && run(() => listener.onentries?.(messages)),
        onupdates: (messages) => this.#isMember(topic, member) && run(() => listener.onupdates?.(messages)),
        onrefused: (error) => this.#end(topic, member, AgoraError.from(error)),
        onchange,
      });
    }
    const members = this.#members.get(topic) ?? new Set();
    this.#members.set(topic, members.add(member));
    this.#options.onwanted(topic, "joined");

    const { reader } = member;
    return {
      topic,
      get seen() {
        return reader?.seen;
      },
      get head() {
        return reader?.head ?? 0;
      },
      offer: (messages) => {
        if (this.#isMember(topic, member)) reader?.offer(messages);
      },
      close: () => this.#remove(topic, member),
    };
  }

  /** Each topic with the seq to resume behind: the lowest that one of its listeners needs. */
  wanted(): ReadonlyMap<string, number | undefined> {
    return new Map(
      [...this.#members].map(([topic, members]) => {
        const seen = [...members].flatMap(({ reader }) => reader?.seen ?? []);
        return [topic, seen.length > 0 ? Math.min(...seen) : undefined];
      }),
    );
  }

  get isCaughtUp(): boolean {
    return [...this.#members.values()].every((members) => [...members].every(({ reader }) => reader?.isCaughtUp ?? true));
  }

  subscribed(answer: SubscribedTopic): void {
    for (const { reader, listener } of this.#listening(answer.topic)) {
      reader?.attach(answer);
      if (this.#resumable.has(answer.topic)) run(() => listener.onresumed?.());
    }
    this.#resumable.delete(answer.topic);
  }

  /** The connection is gone. What another one carries already goes on without a break. */
  detach(isCarried: (topic: string) => boolean = () => false): void {
    for (const [topic, members] of this.#members) {
      if (isCarried(topic)) continue;
      this.#resumable.add(topic);
      for (const { reader } of members) reader?.detach();
    }
  }

  dispatch(frame: SingleFrame): void {
    if (!("topic" in frame) || typeof frame.topic !== "string") return;
    for (const { listener, reader } of this.#listening(frame.topic)) {
      if (frame.type !== "new_message") run(() => listener.onevent?.(frame));
      else if (!reader) run(() => listener.onevent?.(frame));
      else if (isEntry(frame.message)) reader.offer([frame.message]);
    }
  }

  refuse(topic: string, error: AgoraError): void {
    for (const member of this.#listening(topic)) this.#end(topic, member, error);
  }

  clear(): void {
    for (const [topic, members] of this.#members) for (const member of members) this.#remove(topic, member);
  }

  #end(topic: string, member: Member, error: AgoraError): void {
    if (!this.#isMember(topic, member)) return;
    this.#remove(topic, member);
    run(() => member.listener.onerror?.(error));
  }

  #remove(topic: string, member: Member): void {
    const members = this.#members.get(topic);
    if (!members?.delete(member)) return;
    member.reader?.detach();
    if (members.size === 0) {
      this.#members.delete(topic);
      this.#resumable.delete(topic);
    }
    this.#options.onwanted(topic, "left");
  }

  #isMember(topic: string, member: Member): boolean {
    return this.#members.get(topic)?.has(member) ?? false;
  }

  /** A copy: listeners may come and go while they are called. */
  #listening(topic: string): Member[] {
    return [...(this.#members.get(topic) ?? [])];
  }
}

/** A listener that throws is a bug in the application: reported as uncaught, and no other listener suffers. */
export function run(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
