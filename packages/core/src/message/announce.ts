import { inThisProcess } from "../lib/in-this-process";

/** Announcements that a process remembers; a repeat of an older one is pushed twice, which its listeners drop by seq. */
const REMEMBERED = 2_000;

/** A repeat may come by another bundle of the process. */
const announced = inThisProcess("announced", () => new Map<string, Promise<void>>());

/** Runs `announce` unless it ran under this key in this process before; whoever asks meanwhile waits for the same run. A failed run counts for nothing. */
export function onceInThisProcess(key: string, announce: () => Promise<void>): Promise<void> {
  const before = announced.get(key);
  if (before) return before;
  const run = announce().catch((error: unknown) => {
    announced.delete(key);
    throw error;
  });
  announced.set(key, run);
  for (const oldest of announced.keys()) {
    if (announced.size <= REMEMBERED) break;
    announced.delete(oldest);
  }
  return run;
}
