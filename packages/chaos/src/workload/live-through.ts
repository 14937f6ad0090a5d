import { setTimeout as sleep } from "node:timers/promises";
import type { History } from "../history/history";
import type { Mischief } from "./mischief";

/** When a run has lasted long enough. */
export interface Enough {
  /**
   * The run ends when so many messages have been acknowledged, or after this time, whatever is first; if not every kind of fault has happened by
   * then it goes on, twice the time at most.
   */
  messages: number;
  talkMs: number;
  /** It lasts so long at least, however fast the machine; default 0. */
  talkAtLeastMs?: number;
}

/** Somebody who does things until it is over. */
export interface Life {
  live(isOver: () => boolean): Promise<void>;
}

interface Around {
  mischief: Mischief | undefined;
  history: History;
  onprogress: () => void;
}

const PROGRESS_EVERY_MS = 10_000;

/** Lets everybody live while things break, and heals everything in the end. @throws what a life failed with */
export async function liveThrough({ messages, talkMs, talkAtLeastMs = 0 }: Enough, all: readonly Life[], around: Around): Promise<void> {
  const { mischief, history, onprogress } = around;
  const from = performance.now();
  mischief?.begin();
  let isOver = false;
  const lives = Promise.all(all.map((one) => one.live(() => isOver)));
  let failedLife: unknown;
  lives.catch((error: unknown) => (failedLife = error)); // reported below, and no reason to go on until then
  for (let shownAt = from; !isOver;) {
    await sleep(100);
    const now = performance.now();
    const isSaid = history.sends.acknowledged >= messages && now - from >= talkAtLeastMs;
    const isEnough = (isSaid || now - from >= talkMs) && (!mischief || mischief.shortfalls().length === 0);
    isOver = failedLife !== undefined || isEnough || now - from >= 2 * talkMs;
    if (now - shownAt < PROGRESS_EVERY_MS) continue;
    shownAt = now;
    onprogress();
  }
  await mischief?.end();
  await lives;
}
