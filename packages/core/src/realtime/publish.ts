import { unavailable } from "../lib/error";
import { logger } from "../lib/logger";
import type { EventFrame } from "../protocol/frames";
import * as connection from "./connection";
import { push } from "./push";
import * as store from "./store";

/**
 * Tells everybody who listens to the topic. When this returns, each of them has the frame or was disconnected and will ask for what it missed.
 * @throws unavailable if that is not sure of all of them: to be repeated.
 * Cost: 1 read unit per 4 KB of listeners (about thirty), 1 push for each.
 */
export async function publish(topic: string, frame: EventFrame): Promise<void> {
  const listeners = await store.listListeners(topic);
  if (listeners.length === 0) return;
  const { gone, failed } = await push(listeners, JSON.stringify(frame));
  await Promise.all(gone.map((connectionId) => Promise.all([store.removeListener(topic, connectionId), connection.remove(connectionId)])));
  if (failed.length > 0) throw unavailable(new Error(`${failed.length} of ${listeners.length} listeners of ${topic} could not be reached`));
}

/**
 * As `publish`, for what has happened whether or not anybody hears of it: a failure is logged, since the caller's repeat would not repeat the event.
 * Who misses it sees it when their connection is back, or the page is loaded.
 */
export async function announce(topic: string, frame: EventFrame): Promise<void> {
  try {
    await publish(topic, frame);
  } catch (error) {
    logger.warn("announce.failed", { topic, type: frame.type }, error);
  }
}
