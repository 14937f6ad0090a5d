import { unavailable } from "../lib/error";
import { append, readTail } from "./append";
import type { Appended, Appending } from "./append";
import type { Draft, LogEntry } from "./entry";
import { announceAppended } from "./following";
import type { LogStore } from "./store";
import type { View } from "./view";

/** While what a process remembers of a log is younger than this, it does not read the end again. A wrong guess costs one refused put. */
const REMEMBER_MS = 500;
const REMEMBERED_ENTRIES = 1_000;
const REMEMBERED_LOGS = 500;
/** Appends that may wait for one log: about two seconds of work. */
const MAX_WAITING = 1_000;

interface Line {
  last: Promise<unknown>;
  waiting: number;
  view: View | undefined;
  seenAt: number;
}

/** The writers of one process: first come, first served for each log, so that they never race each other. */
export class Writers {
  readonly #store: LogStore;
  readonly #lines = new Map<string, Line>();

  constructor(store: LogStore) {
    this.#store = store;
  }

  /**
   * Starts to read the end of the log, while the caller is still finding out whether its actor may write. Give the result to `append`.
   * Undefined if what is remembered is fresh enough.
   */
  lookAhead(logId: string, after: number | undefined, hasNonce: boolean): Promise<View> | undefined {
    const line = this.#lines.get(logId);
    if (line && (line.waiting > 0 || isFresh(line))) return undefined;
    const tail = readTail(this.#store, logId, after, hasNonce);
    tail.catch(() => undefined); // refused to an actor who may not write, nobody waits for it; `append` waits for it otherwise
    return tail;
  }

  /** A number that the log has reached; it may have gone on. `ahead`: the result of `lookAhead`. */
  async reached(logId: string, ahead: Promise<View> | undefined): Promise<number> {
    const line = this.#lines.get(logId);
    const remembered = line && isFresh(line) ? line.view : undefined;
    const seen = (await ahead) ?? remembered ?? (await readTail(this.#store, logId, undefined, false));
    return seen.end;
  }

  async append<E extends LogEntry>(logId: string, draft: Draft<E>, appending: Appending, ahead?: Promise<View>): Promise<Appended<E>> {
    const line = this.#line(logId);
    if (line.waiting >= MAX_WAITING) throw unavailable(new Error(`${MAX_WAITING} appends wait for ${logId}`));
    line.waiting++;
    const turn = line.last.then(async () => {
      try {
        const remembered = isFresh(line) ? line.view : undefined;
        const read = ahead ? await ahead : undefined;
        const seen =
          remembered && read
            ? remembered.joinedWith(read)
            : (remembered ?? read ?? (await readTail(this.#store, logId, appending.after, draft.nonce !== undefined)));
        const appended = await append<E>(this.#store, logId, draft, appending, seen);
        appended.view.trim(REMEMBERED_ENTRIES);
        line.view = appended.view;
        line.seenAt = Date.now();
        announceAppended(logId);
        return appended;
      } finally {
        line.waiting--;
      }
    });
    line.last = turn.catch(() => undefined); // the one who waits for `turn` hears of it; the next in line goes on
    return turn;
  }

  #line(logId: string): Line {
    const line = this.#lines.get(logId) ?? { last: Promise.resolve(), waiting: 0, view: undefined, seenAt: 0 };
    this.#lines.delete(logId); // and set again: a Map keeps the order of insertion, so the first is the one unused for longest
    this.#lines.set(logId, line);
    for (const [oldest, { waiting }] of this.#lines) {
      if (this.#lines.size <= REMEMBERED_LOGS) break;
      if (waiting === 0 && oldest !== logId) this.#lines.delete(oldest);
    }
    return line;
  }
}

const isFresh = (line: Line): boolean => line.view !== undefined && Date.now() - line.seenAt < REMEMBER_MS;
