import { uploads } from "@agora/core/storage";
import { BUCKET } from "../environment";
import type { S3 } from "../s3/s3";

export interface LifecycleOptions {
  s3: Pick<S3, "expire">;
  intervalMs?: number;
  onError?: (error: unknown) => void;
}

export interface Lifecycle {
  /** Deletes now what is due. Resolves to how many objects that were. */
  run(): Promise<number>;
  /** Resolves when a run that is under way has ended. */
  stop(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const RULES = [
  { prefix: uploads.pending, days: uploads.pendingDays },
  { prefix: uploads.rooms, days: uploads.roomsDays },
];

/** Deletes uploads that nobody has used, and images of rooms, as the rules of the bucket do on AWS: late, so nothing may rely on it. */
export function startLifecycle({ s3, intervalMs = 10 * 60_000, onError = () => undefined }: LifecycleOptions): Lifecycle {
  let running: Promise<number> | undefined;
  const expire = async () => {
    let deleted = 0;
    for (const { prefix, days } of RULES) deleted += await s3.expire(BUCKET, prefix, days * DAY_MS);
    return deleted;
  };
  const run = () => (running ??= expire().finally(() => (running = undefined)));
  const timer = setInterval(() => void run().catch(onError), intervalMs);
  timer.unref();
  return {
    run,
    async stop() {
      clearInterval(timer);
      await running?.catch(() => undefined); // whoever asked for that run hears of it
    },
  };
}
