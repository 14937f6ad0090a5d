import type { EventFrame } from "../protocol/frames";
import * as connection from "./connection";
import { push } from "./push";
import * as store from "./store";

/**
 * Tells everybody who listens to the topic. When this returns, each of them has the frame or was disconnected and will ask for what it missed.
 * Cost: 1 read unit per 4 KB of listeners (about thirty), 1 push for each.
 */
export async function publish(topic: string, frame: EventFrame): Promise<void> {
  const listeners = await store.listListeners(topic);
  if (listeners.length === 0) return;
  const { gone } = await push(listeners, JSON.stringify(frame));
  await Promise.all(gone.map((connectionId) => Promise.all([store.removeListener(topic, connectionId), connection.remove(connectionId)])));
}
