import type { Pass } from "@agora/core/stream/tiering";
import { observed, type Observe } from "../gateway/observe";

export type TieringJob = () => Promise<Pass>;

export interface TieringOptions {
  run: TieringJob;
  intervalMs?: number;
  /** After a pass that was not the end of a round, or in which something failed. */
  retryMs?: number;
  now?: () => number;
  /** Each run is counted as the invocation that it is on AWS. */
  observe?: Pick<Observe, "aroundInvocation" | "onInvocation">;
  onError?: (error: unknown) => void;
}

export interface Tiering {
  /**
   * Resolves when every topic was gone through since the start. Before that nothing that has expired may be deleted: the machine may have been off for
   * so long that messages have, which were not sealed yet.
   */
  readonly caughtUp: Promise<void>;
  /** A pass that takes long is left in the midst: it may end anywhere. */
  stop(): Promise<void>;
}

const STOPPING_MS = 1_000;
/** As in packages/infra/jobs.ts. */
const INVOCATION = { handler: "tiering", memoryMb: 1024 };

/** Runs the job at once, and then every so often, as its rule does on AWS. */
export function startTiering(options: TieringOptions): Tiering {
  const { run, intervalMs = 60 * 60_000, retryMs = 10_000, now = Date.now, observe = {}, onError = () => undefined } = options;
  const startedAt = now();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let catchUp: () => void = () => undefined;
  const caughtUp = new Promise<void>((resolve) => (catchUp = resolve));

  async function pass(): Promise<void> {
    let isDone = false;
    try {
      const { keptUpAt } = await observed(observe, INVOCATION, run);
      // A round that an earlier process has begun says nothing of the topics that it had gone through.
      isDone = keptUpAt !== undefined && keptUpAt >= startedAt;
      if (isDone && !isStopped) catchUp();
    } catch (error) {
      if (!isStopped) onError(error);
    }
    if (isStopped) return;
    const again = () => {
      running = pass();
    };
    timer = setTimeout(again, isDone ? intervalMs : retryMs);
    timer.unref();
  }
  let running = pass();

  return {
    caughtUp,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, STOPPING_MS).unref())]);
    },
  };
}
