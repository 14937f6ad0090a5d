import { inThisProcess } from "../lib/in-this-process";

interface Place {
  userId: string;
  /** Seconds since the epoch, as in the table. */
  expiresOn: number;
}

/**
 * Who listens to what, in a process that has all the sockets there are: it makes every subscription itself, so it need not ask the table. The
 * table has the same rows all the same; after a restart both begin with nobody, since no socket outlives its process.
 */
const byTopic = inThisProcess("listeners", () => new Map<string, Map<string, Place>>());

export function add(topic: string, connectionId: string, place: Place): void {
  const places = byTopic.get(topic) ?? new Map<string, Place>();
  byTopic.set(topic, places.set(connectionId, place));
}

export function remove(topic: string, connectionId: string): void {
  const places = byTopic.get(topic);
  if (places?.delete(connectionId) && places.size === 0) byTopic.delete(topic);
}

export function list(topic: string, now: number): { topic: string; connection_id: string; user_id: string }[] {
  const listeners = [];
  for (const [connection_id, { userId, expiresOn }] of byTopic.get(topic) ?? []) {
    if (expiresOn > now) listeners.push({ topic, connection_id, user_id: userId });
  }
  return listeners;
}
