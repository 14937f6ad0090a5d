import * as v from "valibot";
import type { Account, Guest } from "../lib/actor";
import { ConditionFailed, deleteItem, getItem, putItem, queryAll, updateItem } from "../lib/dynamo";
import { idOf } from "../lib/topic";
import { canonicalKey } from "../protocol/characters";
import { socketsOfThisProcess } from "./sockets";

/*
 * Connections
 * | topic             | connection_id | user_id | session_id | topics      | opened_at | expires_on |
 * |-------------------|---------------|---------|------------|-------------|-----------|------------|
 * | connection:<id>   | <id>          | usr_…   | ses_…      | {channel:…} |           | seconds    |   the connection itself, and what it listens to;
 * |                   |               | gst_…   |            |             |           |            |   a guest's, with person and address
 * | account:<user id> | <id>          |         | ses_…      |             | ms        | seconds    |   one of the account's connections
 * | account:<address> | <id>          |         |            |             | ms        | seconds    |   one of the guests' of an address
 * | room:<name>       | <id>          | gst_…   |            |             |           | seconds    |   a listener, with alias
 * | alias:<name>      | <alias key>   | gst_…   |            |             |           | seconds    |   whose alias it is in that room; `claim` is a
 * |                   |               |         |            |             |           |            |   connection of theirs, another one at each claim
 * | channel:<id>, …   | <id>          | usr_…   |            |             |           | seconds    |   a listener; `pending` until its right was looked up behind this write
 */

/** API Gateway ends a connection after two hours; a row that is left over is gone a little later. */
const LIFETIME_SECONDS = 2 * 60 * 60 + 10 * 60;

const nowSeconds = () => Math.floor(Date.now() / 1000);
const expiry = () => nowSeconds() + LIFETIME_SECONDS;

const own = (connectionId: string) => ({ topic: `connection:${connectionId}`, connection_id: connectionId });
/** Nobody can subscribe to it: it only lists the connections of an account. */
const ofAccount = (userId: string) => `account:${userId}`;

const ConnectionRow = v.object({
  user_id: v.string(),
  session_id: v.optional(v.string()),
  person: v.optional(v.string()),
  address: v.optional(v.string()),
  topics: v.optional(v.set(v.string()), () => new Set<string>()),
});
export type ConnectionRow = v.InferOutput<typeof ConnectionRow>;

/** With what it listened to, and what it was called there. */
export type RemovedConnection = ConnectionRow & { left: { topic: string; alias: string | undefined }[] };

/** Whose connections are counted together: an account's, and the guests' of an address. */
export const ownerOf = (actor: Account | Guest): string => (actor.kind === "account" ? actor.user_id : actor.address);

/** Cost: 2 write units. */
export async function putConnection(connectionId: string, actor: Account | Guest, openedAt: number): Promise<void> {
  const common = { ...(actor.kind === "account" ? { session_id: actor.session_id } : {}), expires_on: expiry() };
  const who =
    actor.kind === "account" ? { user_id: actor.user_id } : { user_id: actor.guest_id, person: actor.person, address: actor.address };
  await Promise.all([
    putItem("Connections", { ...own(connectionId), ...who, ...common }),
    putItem("Connections", { topic: ofAccount(ownerOf(actor)), connection_id: connectionId, opened_at: openedAt, ...common }),
  ]);
}

/** Who has opened it. */
export function actorOfRow({ user_id, session_id, person, address }: ConnectionRow): Account | Guest {
  if (person !== undefined && address !== undefined) return { kind: "guest", guest_id: user_id, person, address };
  if (session_id === undefined) throw new Error("a connection is neither an account's nor a guest's");
  return { kind: "account", user_id, session_id };
}

export async function findConnection(connectionId: string): Promise<ConnectionRow | undefined> {
  const item = await getItem("Connections", own(connectionId), { consistent: true });
  return item && v.parse(ConnectionRow, item);
}

/**
 * Removes the connection and its listeners, and answers what it was; undefined if it was removed before. Its own row goes first: who adds a
 * listener looks for that row afterwards. Its place among those of its account stays until `removeFromAccount`, so that a removal that ends half way
 * is found again. Cost: 1 write unit, and 1 for each topic.
 */
export async function removeConnection(connectionId: string): Promise<RemovedConnection | undefined> {
  const item = await deleteItem("Connections", own(connectionId));
  if (!item) return undefined;
  const row = v.parse(ConnectionRow, item);
  const left = await Promise.all([...row.topics].map(async (topic) => ({ topic, alias: await removeListener(topic, connectionId) })));
  return { ...row, left };
}

/** As `removeConnection`, and its place among those of its account: for one that has ended already. Cost: 1 write unit more. */
export async function forgetConnection(connectionId: string): Promise<RemovedConnection | undefined> {
  const row = await removeConnection(connectionId);
  if (row) await removeFromAccount(row.address ?? row.user_id, connectionId);
  return row;
}

/** Cost: 1 write unit. */
export async function removeFromAccount(userId: string, connectionId: string): Promise<void> {
  await deleteItem("Connections", { topic: ofAccount(userId), connection_id: connectionId });
}

const AccountConnection = v.object({ connection_id: v.string(), session_id: v.optional(v.string()), opened_at: v.number() });
type AccountConnection = v.InferOutput<typeof AccountConnection>;

/** The account's connections, the oldest first. Cost: 1 read unit for about twenty. */
export async function listConnectionsOf(userId: string): Promise<AccountConnection[]> {
  const items = await listTopic(ofAccount(userId), "connection_id, session_id, opened_at");
  return items
    .map((item) => v.parse(AccountConnection, item))
    .sort((a, b) => a.opened_at - b.opened_at || (a.connection_id < b.connection_id ? -1 : 1));
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

/** Of a connection that was closed meanwhile nothing is listened to any more. Cost: 1 write unit. */
export async function removeTopics(connectionId: string, topics: string[]): Promise<void> {
  try {
    await updateItem("Connections", own(connectionId), "DELETE topics :topics", {
      condition: "attribute_exists(topic)",
      values: { ":topics": new Set(topics) },
    });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

/** @param isPending nothing is pushed to it yet: see `activateListener`. @param alias of one in a room. */
export async function putListener(topic: string, connectionId: string, userId: string, isPending = false, alias?: string): Promise<void> {
  const item = {
    connection_id: connectionId,
    user_id: userId,
    expires_on: expiry(),
    ...(isPending ? { pending: true as const } : {}),
    ...(alias === undefined ? {} : { alias }),
  };
  socketsOfThisProcess()?.listeners?.add(topic, item);
  await putItem("Connections", { topic, ...item });
}

/** From now on what is pushed goes to it too. False if it was taken away meanwhile. Cost: 1 write unit. */
export async function activateListener(topic: string, connectionId: string): Promise<boolean> {
  try {
    await updateItem("Connections", { topic, connection_id: connectionId }, "REMOVE pending", { condition: "attribute_exists(topic)" });
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
  return socketsOfThisProcess()?.listeners?.activate(topic, connectionId) ?? true;
}

/** Answers what it was called, of one in a room. */
export async function removeListener(topic: string, connectionId: string): Promise<string | undefined> {
  socketsOfThisProcess()?.listeners?.remove(topic, connectionId);
  const item = await deleteItem("Connections", { topic, connection_id: connectionId });
  return typeof item?.["alias"] === "string" ? item["alias"] : undefined;
}

/** One that is not pending. Cost: 1 read unit. */
export async function findListener(topic: string, connectionId: string): Promise<Listener | undefined> {
  const item = await getItem("Connections", { topic, connection_id: connectionId }, { consistent: true });
  const isThere = item !== undefined && !item["pending"] && Number(item["expires_on"]) > nowSeconds();
  return isThere ? { topic, ...v.parse(ListenerRow, item) } : undefined;
}

const aliasKeyOf = (topic: string, alias: string) => ({ topic: `alias:${idOf(topic)}`, connection_id: canonicalKey(alias) });

/** Takes an alias in a room for a guest. False if somebody else has it. Cost: 1 write unit. */
export async function claimAlias(topic: string, alias: string, userId: string, connectionId: string, over?: string): Promise<boolean> {
  const now = nowSeconds();
  try {
    await putItem(
      "Connections",
      { ...aliasKeyOf(topic, alias), user_id: userId, claim: connectionId, expires_on: expiry() },
      {
        condition: `attribute_not_exists(topic) OR user_id = :me OR expires_on <= :now${over === undefined ? "" : " OR claim = :over"}`,
        values: { ":me": userId, ":now": now, ...(over === undefined ? {} : { ":over": over }) },
      },
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

/** By which claim an alias is taken. Cost: 1 read unit. */
export async function findClaim(topic: string, alias: string): Promise<string | undefined> {
  const item = await getItem("Connections", aliasKeyOf(topic, alias), { consistent: true });
  return typeof item?.["claim"] === "string" ? item["claim"] : undefined;
}

/** Gives an alias back, unless it was claimed anew. Cost: 1 write unit. */
export async function releaseAlias(topic: string, alias: string, claim: string): Promise<void> {
  try {
    await deleteItem("Connections", aliasKeyOf(topic, alias), { condition: "claim = :claim", values: { ":claim": claim } });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

const ListenerRow = v.object({ connection_id: v.string(), user_id: v.string(), alias: v.optional(v.string()) });
export type Listener = v.InferOutput<typeof ListenerRow> & { topic: string };

/**
 * Who listens to the topic. Whoever was told "subscribed" is among them; with `alsoPending` also who is about to be.
 * Cost: 1 read unit per 4 KB, about thirty listeners.
 */
export async function listListeners(topic: string, { alsoPending = false } = {}): Promise<Listener[]> {
  const { listeners } = socketsOfThisProcess() ?? {};
  const items = listeners ? listeners.list(topic, nowSeconds()) : await listTopic(topic, "connection_id, user_id, pending, alias");
  return items.filter(({ pending }) => alsoPending || !pending).map((item) => ({ topic, ...v.parse(ListenerRow, item) }));
}

/** Rows that have not expired: DynamoDB deletes late. */
function listTopic(topic: string, project: string) {
  return queryAll("Connections", {
    key: "topic = :topic",
    filter: "expires_on > :now",
    project,
    values: { ":topic": topic, ":now": nowSeconds() },
    consistent: true,
  });
}
