import * as v from "valibot";
import { deleteItem, getItem, putItem, queryAll, updateItem } from "../lib/dynamo";

/*
 * Connections
 * | topic             | connection_id | user_id | session_id | topics      | expires_on |
 * |-------------------|---------------|---------|------------|-------------|------------|
 * | connection:<id>   | <id>          | usr_…   | ses_…      | {channel:…} | seconds    |   the connection itself, and what it listens to
 * | channel:<id>, …   | <id>          | usr_…   |            |             | seconds    |   a listener
 * | session:<id>      | <id>          | usr_…   |            |             | seconds    |   a connection that was opened in the session
 */

/** API Gateway ends a connection after two hours; a row that is left over is gone a little later. */
const LIFETIME_SECONDS = 2 * 60 * 60 + 10 * 60;

const expiry = () => Math.floor(Date.now() / 1000) + LIFETIME_SECONDS;

const own = (connectionId: string) => ({ topic: `connection:${connectionId}`, connection_id: connectionId });

const ConnectionRow = v.object({
  user_id: v.string(),
  session_id: v.string(),
  topics: v.optional(v.set(v.string()), () => new Set<string>()),
});
export type ConnectionRow = v.InferOutput<typeof ConnectionRow>;

export async function putConnection(connectionId: string, userId: string, sessionId: string): Promise<void> {
  await putItem("Connections", { ...own(connectionId), user_id: userId, session_id: sessionId, expires_on: expiry() });
}

export async function findConnection(connectionId: string): Promise<ConnectionRow | undefined> {
  const item = await getItem("Connections", own(connectionId), { consistent: true });
  return item && v.parse(ConnectionRow, item);
}

/** The connection's row, as it was; undefined if it was removed before. */
export async function removeConnection(connectionId: string): Promise<ConnectionRow | undefined> {
  const item = await deleteItem("Connections", own(connectionId));
  return item && v.parse(ConnectionRow, item);
}

/**
 * Notes what the connection listens to, before it does: whatever ends in between leaves a name too many in the list. Only a disconnect at that very
 * moment can leave a listener that nobody knows of; the next push finds it gone and removes it. @throws ConditionFailed if the connection is gone or would have more than `max` topics.
 */
export async function addTopics(connectionId: string, topics: string[], max: number): Promise<void> {
  await updateItem("Connections", own(connectionId), "ADD topics :topics", {
    condition: "attribute_exists(topic) AND (attribute_not_exists(topics) OR size(topics) <= :room)",
    values: { ":topics": new Set(topics), ":room": max - topics.length },
  });
}

export async function removeTopics(connectionId: string, topics: string[]): Promise<void> {
  await updateItem("Connections", own(connectionId), "DELETE topics :topics", {
    condition: "attribute_exists(topic)",
    values: { ":topics": new Set(topics) },
  });
}

export async function putListener(topic: string, connectionId: string, userId: string): Promise<void> {
  await putItem("Connections", { topic, connection_id: connectionId, user_id: userId, expires_on: expiry() });
}

export async function removeListener(topic: string, connectionId: string): Promise<void> {
  await deleteItem("Connections", { topic, connection_id: connectionId });
}

/** Connections that listen to the topic. Consistent, so that whoever was told "subscribed" is among them. */
export async function listListeners(topic: string): Promise<string[]> {
  const items = await queryAll("Connections", {
    key: "topic = :topic",
    filter: "expires_on > :now",
    project: "connection_id",
    values: { ":topic": topic, ":now": Math.floor(Date.now() / 1000) },
    consistent: true,
  });
  return items.map((item) => v.parse(v.string(), item["connection_id"]));
}
