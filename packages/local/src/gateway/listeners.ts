import { channel } from "node:diagnostics_channel";
import type { ListenerItem, Listeners } from "@agora/core/realtime/sockets";

const READ_UNIT_BYTES = 4 * 1024;
/** Of a row beside its values: the names of its attributes, and a number. */
const ROW_BYTES = "topic".length + "connection_id".length + "user_id".length + "expires_on".length + 6;

const calls = channel("agora:dynamodb");

/**
 * Who listens to what, in memory. On AWS each `list` is a consistent query, so the meter is told of one: `cost.db.test.ts` pins that it counts the
 * same as the engine would.
 */
export function createListeners(): Listeners {
  const byTopic = new Map<string, Map<string, ListenerItem>>();
  return {
    add(topic, listener) {
      const known = byTopic.get(topic) ?? new Map<string, ListenerItem>();
      byTopic.set(topic, known.set(listener.connection_id, listener));
    },
    remove(topic, connectionId) {
      const known = byTopic.get(topic);
      if (known?.delete(connectionId) && known.size === 0) byTopic.delete(topic);
    },
    activate(topic, connectionId) {
      const { pending: _, ...listener } = byTopic.get(topic)?.get(connectionId) ?? {};
      if (!("user_id" in listener)) return false;
      byTopic.get(topic)?.set(connectionId, listener);
      return true;
    },
    list(topic, now) {
      const all = [...(byTopic.get(topic)?.values() ?? [])].filter(({ expires_on }) => expires_on > now);
      if (calls.hasSubscribers) calls.publish({ operation: "Query", consumed: { CapacityUnits: unitsOf(topic, all) } });
      return all;
    },
  };
}

function unitsOf(topic: string, listeners: readonly ListenerItem[]): number {
  const bytes = listeners.reduce(
    (sum, { connection_id, user_id }) => sum + ROW_BYTES + topic.length + connection_id.length + user_id.length,
    0,
  );
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
}
