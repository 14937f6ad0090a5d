import type { EventFrame } from "@agora/core/protocol/frames";
import type { ReadMark } from "@agora/core/protocol/channel";
import { systemClock } from "./clock";
import type { Clock } from "./clock";
import { MarkSender } from "./mark-sender";
import type { Realtime } from "./realtime";
import { Repeater } from "./repeater";
import { run } from "./run";
import { isConversation } from "./topics";
import type { Subscription } from "./topics";

/** The server's bucket of 60 seconds (`message.send`), and 5 for an entry that is stored already while its push is still on its way. */
const BURST_MS = 65_000;
/** As `BURST_MS`, for a head that came by a request: its answer may be as old as the request's time-out. */
const LOADED_BURST_MS = BURST_MS + 15_000;
/** Logs that are listened to without being looked at: what a person opens must find room among the topics of a connection. */
const OWN_TOPICS_MAX = 30;

export interface ReadMarksOptions {
  realtime: Realtime;
  /** Moves the mark, as by `rest.markRead(…, { keepalive: true })`: the page may be closing. Rejects with an AgoraError. */
  markRead(topic: string, seq: number): Promise<ReadMark>;
  /** `of(topic)` has changed. */
  onchange(topic: string): void;
  /**
   * Hints may have been missed: read the states of what is shown, after this call, and `load` them. Called when a `server:` or `user:` topic is
   * listened to for the first time and after every break, and once more 80 seconds after a `load` that could not be sure (see `recent`) or when
   * there was no room to listen to a log. If it rejects with an AgoraError it is called again, with backoff and as slowly as the error asks for,
   * until it has succeeded, or a newer call has taken its place, or there is a break or a sleep, whose end calls anew.
   * @param isRepeat the call before rejected: what it has loaded all the same need not be loaded again.
   */
  onstale?(isRepeat: boolean): void | Promise<unknown>;
  clock?: Clock;
  random?: () => number;
}

export interface LogMark {
  readonly head: number;
  readonly last_read: number;
  readonly mention_count: number;
  readonly unread: boolean;
}

/** What a page or an answer says of a log. */
export interface LogState {
  topic: string;
  head: number;
  last_read: number;
  mention_count: number;
  /** Whether the last entry is younger than 65 seconds, by the server's clock. If it is not said, the states are asked for once more. */
  recent?: boolean | undefined;
}

/** Somebody's look at a log. */
export interface Look {
  /** Everything up to `seq` is on the screen. */
  shown(seq: number): void;
  stop(): void;
}

interface Log {
  readonly topic: string;
  readonly sender: MarkSender;
  /** Something is known of the mark. */
  isKnown: boolean;
  head: number;
  /** When `head` was first heard of: its entry is no younger. */
  headAt: number;
  /** With what is shown here and not yet marked. */
  lastRead: number;
  mentions: number;
  /** Mentions of roles that were counted one by one, behind `countedUpTo`. */
  counted: Set<number>;
  /** `mentions` came from the server with all of them up to here. */
  countedUpTo: number;
  roleIds: readonly string[];
  looks: number;
  subscription: Subscription | undefined;
  /** The subscription has said the head: from then on none is missed. */
  isExact: boolean;
  timer: unknown;
  mark: LogMark | undefined;
}

/** Makes the read marks of one account. Clock and chance are passed in; nothing here knows of a page. */
export function createReadMarks(options: ReadMarksOptions): ReadMarks {
  return new ReadMarks(options);
}

/**
 * How far the account has read each log, what is new behind that, and the marks of what is shown here.
 *
 * No unread entry is missed, though the server hints at an entry only if its `created_at` is in another 60-second bucket than that of the entry
 * before it. While the hints are heard (awake, connected), for each log one of these holds:
 * 1. It is unread. What follows in the burst changes nothing that is shown.
 * 2. It is listened to. Every entry comes, and the answer to the subscribe said the head that was there before.
 * 3. `head` was the true head at some moment M of hearing, and its entry is older than a bucket at M. The next entry, made after M, is in another
 *    bucket, so it is hinted at.
 * It stays so. A hint, or an entry that is heard, makes 3 or 2 into 1. 1 ends by reading: here, which is looking, so 2; or elsewhere, which a `read`
 * frame tells, with the true head of that moment: 3 if its entry is old, else the log is listened to: 2 as soon as that is answered. 2 ends
 * only when the log is unread (1), or when it was answered and `BURST_MS` have passed since the head was first heard of: nothing came meanwhile, and
 * an entry that is stored but not yet pushed at that moment is at most 5 seconds old, thus 60 seconds younger than the head: 3. An entry that is
 * pushed to a log that nobody listens to any more, since the server has not heard of that yet, comes as `unread` (see `Realtime.onevent`).
 * Silence (sleep, a break, the time before the first subscribe) breaks it for the logs that are not unread: `onstale` has them loaded again, and
 * `load` gives 3 if the head is known to be old, else 2 (`recent: true`) or one more `load` when it has become old.
 * Want of room breaks it too: of more than 30 logs that are listened to without being looked at, the one that is so for the longest time ends
 * without having been quiet, and a `limit.topics` ends any. For such a log none of the three holds until it is loaded again, when what was heard
 * last has become old: `onstale` comes after 80 seconds, so that an entry is seen late and not missed.
 * What a lost push hides, the next sign of life of the log shows.
 *
 * Conversations need none of this: everything that is said in them comes as `new_message`, whether or not they are listened to.
 */
export class ReadMarks {
  readonly #options: ReadMarksOptions;
  readonly #clock: Clock;
  readonly #logs = new Map<string, Log>();
  readonly #ignore: (() => void)[];
  /** Those that are listened to without being looked at, the longest so first. */
  readonly #own = new Set<Log>();
  readonly #reload: Repeater;
  #staleTimer: unknown;
  #recheckTimer: unknown;
  #recheckAt = 0;

  constructor(options: ReadMarksOptions) {
    const { realtime, clock = systemClock, random = Math.random } = options;
    this.#options = options;
    this.#clock = clock;
    this.#reload = new Repeater({
      act: (isRepeat) => options.onstale?.(isRepeat),
      mayRepeat: () => realtime.isHearing,
      clock,
      random,
    });
    this.#ignore = [realtime.onevent((event) => this.#heard(event)), realtime.onlive((topic) => this.#wentLive(topic))];
  }

  /** The same object until it changes; undefined if nothing is known. */
  of(topic: string): LogMark | undefined {
    return this.#logs.get(topic)?.mark;
  }

  /**
   * Takes in what a page or an answer says. No mark and no head moves backwards.
   * @param roleIds the account's roles there, with that of everyone: whom `unread.role_ids` and `mentioned_role_ids` concern.
   */
  load(states: readonly LogState[], roleIds: readonly string[]): void {
    const now = this.#clock.now();
    for (const { topic, head, recent, ...mark } of states) {
      const log = this.#log(topic);
      log.roleIds = roleIds;
      this.#raise(log, head);
      if (recent === false && head === log.head) log.headAt = Math.min(log.headAt, now - LOADED_BURST_MS);
      this.#take(log, mark, head);
      const isYoung = isRead(log) && now < log.headAt + LOADED_BURST_MS && !isConversation(topic);
      if (isYoung && !log.subscription && recent !== true) this.#recheckIn(LOADED_BURST_MS);
      this.#watch(log, isYoung && recent === true);
      this.#changed(log);
    }
  }

  /**
   * Begins to look at a log. What is shown counts as read at once, and is marked 1 second after the first that was not, at most every 15 seconds while
   * more is shown, and at once at `stop()` and `flush()`. A mark that fails for now is sent again; one that is refused is given up.
   */
  look(topic: string): Look {
    const log = this.#log(topic);
    let isLooking = true;
    log.looks++;
    this.#watch(log, true);
    return {
      shown: (seq) => isLooking && this.#logs.get(topic) === log && this.#shown(log, seq),
      stop: () => {
        if (!isLooking) return;
        isLooking = false;
        log.looks--;
        log.sender.flush();
        this.#watch(log);
      },
    };
  }

  /** Sends at once the marks that wait: the page is being hidden. */
  flush(): void {
    for (const { sender } of this.#logs.values()) sender.flush();
  }

  /** Nothing of these logs is kept, listened to or marked any more: the account may not read them now. A look at one of them shows nothing more. */
  forget(isForgotten: (topic: string) => boolean): void {
    for (const log of this.#logs.values()) {
      if (!isForgotten(log.topic)) continue;
      log.sender.discard();
      this.#drop(log);
      this.#logs.delete(log.topic);
    }
  }

  close(): void {
    for (const ignore of this.#ignore) ignore();
    for (const { sender } of this.#logs.values()) sender.close();
    this.forget(() => true);
    this.#reload.stop();
    this.#clock.clearTimeout(this.#staleTimer);
    this.#clock.clearTimeout(this.#recheckTimer);
  }

  #log(topic: string): Log {
    const known = this.#logs.get(topic);
    if (known) return known;
    const log: Log = {
      topic,
      sender: new MarkSender({
        clock: this.#clock,
        random: this.#options.random ?? Math.random,
        send: (seq) => this.#options.markRead(topic, seq),
      }),
      isKnown: false,
      head: 0,
      headAt: -Infinity,
      lastRead: 0,
      mentions: 0,
      counted: new Set(),
      countedUpTo: 0,
      roleIds: [],
      looks: 0,
      subscription: undefined,
      isExact: false,
      timer: undefined,
      mark: undefined,
    };
    this.#logs.set(topic, log);
    return log;
  }

  #heard(event: EventFrame): void {
    if (event.type === "unread") {
      const log = this.#log(event.topic);
      log.isKnown = true;
      this.#raise(log, event.head);
      this.#mentioned(log, event.head, event.role_ids);
      this.#watch(log);
      this.#changed(log);
    }
    if (event.type === "new_message") {
      const log = this.#log(event.topic);
      log.isKnown = true;
      this.#raise(log, event.seq);
      this.#changed(log);
    }
    if (event.type === "read") {
      const log = this.#log(event.topic);
      const before = { head: log.head, isRead: isRead(log) };
      this.#raise(log, event.head);
      this.#take(log, event, event.head);
      const isYoung = this.#clock.now() < log.headAt + LOADED_BURST_MS;
      this.#watch(log, isYoung && (!before.isRead || log.head > before.head));
      this.#changed(log);
    }
  }

  #shown(log: Log, seq: number): void {
    if (seq <= log.lastRead) return;
    log.isKnown = true;
    log.lastRead = seq;
    this.#raise(log, seq);
    log.sender.want(seq);
    this.#changed(log);
  }

  #raise(log: Log, head: number): void {
    if (!(head > log.head)) return;
    log.head = head;
    log.headAt = this.#clock.now();
  }

  /** Takes in the server's mark, which has counted the mentions up to `head`. */
  #take(log: Log, { last_read, mention_count }: ReadMark, head: number): void {
    log.isKnown = true;
    log.sender.know(last_read);
    if (last_read < log.lastRead || (last_read === log.lastRead && head < log.countedUpTo)) return;
    log.lastRead = last_read;
    log.countedUpTo = Math.max(log.countedUpTo, head);
    for (const seq of log.counted) if (seq <= head) log.counted.delete(seq);
    log.mentions = mention_count + log.counted.size;
    this.#raise(log, last_read);
  }

  #mentioned(log: Log, seq: number, roleIds: readonly string[] = []): void {
    if (seq <= log.lastRead || seq <= log.countedUpTo || log.counted.has(seq)) return;
    if (!roleIds.some((id) => log.roleIds.includes(id))) return;
    log.counted.add(seq);
    log.mentions++;
  }

  /** Listens as long as it is looked at, or read and not yet known to be quiet; begins to listen only if it `mayBegin`. */
  #watch(log: Log, mayBegin = false): void {
    this.#clock.clearTimeout(log.timer);
    const restMs = log.headAt + BURST_MS - this.#clock.now();
    const isExact = log.subscription !== undefined && log.isExact;
    const isNeeded = log.looks > 0 || (!isConversation(log.topic) && isRead(log) && (!isExact || restMs > 0));
    if (!isNeeded) this.#drop(log);
    if (!log.subscription && isNeeded && mayBegin) this.#listen(log);
    if (log.subscription && log.isExact && log.looks === 0) log.timer = this.#clock.setTimeout(() => this.#watch(log), restMs);
    if (!log.subscription || log.looks > 0) this.#own.delete(log);
    else this.#keepRoomWith(log);
  }

  #keepRoomWith(log: Log): void {
    const [first] = this.#own.add(log);
    if (!first || this.#own.size <= OWN_TOPICS_MAX) return;
    this.#drop(first);
    this.#recheckIn(LOADED_BURST_MS);
  }

  #drop(log: Log): void {
    log.subscription?.close();
    log.subscription = undefined;
    this.#own.delete(log);
    this.#clock.clearTimeout(log.timer);
  }

  #listen(log: Log): void {
    log.isExact = false;
    log.subscription = this.#options.realtime.listen(log.topic, {
      onhead: (head) => {
        if (!log.subscription) return; // another listener of the same frame has ended it
        log.isExact = true;
        this.#raise(log, head);
        this.#watch(log);
        this.#changed(log);
      },
      onevent: (event) => {
        if (event.type !== "new_message") return;
        this.#raise(log, event.seq);
        this.#mentioned(log, event.seq, event.message.mentioned_role_ids);
        this.#changed(log);
      },
      onerror: ({ code }) => {
        this.#drop(log);
        if (code === "limit.topics") this.#recheckIn(LOADED_BURST_MS);
      },
    });
  }

  #changed(log: Log): void {
    const unread = !isRead(log);
    if (!unread) {
      log.mentions = 0;
      log.counted.clear();
    }
    const { head, lastRead: last_read, mentions: mention_count, mark } = log;
    if (!log.isKnown) return;
    if (mark?.head === head && mark.last_read === last_read && mark.mention_count === mention_count) return;
    log.mark = { head, last_read, mention_count, unread };
    run(() => this.#options.onchange(log.topic));
  }

  #wentLive(topic: string): void {
    if (!topic.startsWith("server:") && !topic.startsWith("user:")) return;
    this.#staleTimer ??= this.#clock.setTimeout(() => {
      this.#staleTimer = undefined;
      this.#reload.start();
    }, 0);
  }

  /** Asks for the states once more, unless a break or a sleep does so anyway. */
  #recheckIn(delayMs: number): void {
    this.#recheckAt = this.#clock.now() + delayMs;
    this.#recheckTimer ??= this.#clock.setTimeout(() => {
      this.#recheckTimer = undefined;
      const restMs = this.#recheckAt - this.#clock.now();
      if (restMs > 0) this.#recheckIn(restMs);
      if (this.#options.realtime.isHearing) this.#reload.start();
    }, delayMs);
  }
}

function isRead({ head, lastRead }: Log): boolean {
  return lastRead >= head;
}
