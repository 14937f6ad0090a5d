import { inThisProcess } from "../lib/in-this-process";
import type { EventFrame } from "../protocol/frames";
import type { Message } from "../protocol/message";
import { publish } from "../realtime/publish";

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

type Updated = Extract<EventFrame, { type: "message_updated" }>;

/**
 * Tells those who look at the place what a message is now; what this process has told already it does not tell again.
 * @param message as it is for all. @throws unavailable: to be repeated. Cost: see `publish`.
 */
export async function tellUpdated(message: Message, reaction?: Updated["reaction"]): Promise<void> {
  const { log_id: topic, seq, revision } = message;
  if (revision === 1) return; // nothing has ever been done to it
  const frame: Updated = { type: "message_updated", topic, seq, message, ...(reaction ? { reaction } : {}) };
  await onceInThisProcess(`${topic}#${seq} revision ${revision}`, () => publish(topic, frame));
}
