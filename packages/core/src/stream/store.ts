import * as v from "valibot";
import { ConditionFailed, deleteItem, getItem, query, TransactionFailed, transactWrite, updateItem } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { HOUR_MS } from "../lib/expiry";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { limits } from "../protocol/limits";

/*
 * Topics
 * | topic         | name         | …                                                                                       |
 * |---------------|--------------|-----------------------------------------------------------------------------------------|
 * | account#usr_… | orders       | id (top_…), description, retention_ms, created_at: a topic of that account, and how far |
 * |               |              | its messages have left the table Messages (TopicRow)                                    |
 * | account#usr_… | #topics      | topics: how many there are; closed, expires_on: there will be no others                 |
 * | tiering       | top_…        | user_id, topic_name: the topics that there are, for the job that goes through all of    |
 * |               |              | them. This and what follows: tier-store.ts                                              |
 * | tiering       | #round       | how far the job has come                                                                |
 * | deleting      | top_…        | user_id, deleted_at: of a topic that is gone, as long as something of it may be left    |
 * | top_…         | segment#<n>  | a segment, whose last offset is n                                                       |
 * | top_…, or     | group#<name> | group, committed, lease_ms, holder, lease_until, generation: how far a group has read, and |
 * | channel:…#usr_… |            | who reads; `claim` and `first` see ./group-store.ts                                      |
 * | the same      | #groups      | groups: how many there are; generations: how many those that are deleted had            |
 *
 * `#` stands before all that a name may begin with.
 */

const TopicRow = v.object({
  id: v.string(),
  user_id: v.string(),
  name: v.string(),
  description: v.nullable(v.string()),
  /** null: for ever. */
  retention_ms: v.nullable(v.number()),
  created_at: v.number(),
  /** Up to this offset all messages stand in segments, and may have left the table. */
  sealed_through: v.optional(v.number(), 0),
  sealed_at: v.optional(v.number()),
  /** A segment that is being made: whose object is in the bucket already, maybe, though nothing leads to it yet. Abandoned, it is not made any more. */
  sealing: v.optional(v.object({ key: v.string(), at: v.number(), is_abandoned: v.optional(v.boolean()) })),
  /** Between these offsets there are entries that have been sealed, and that the table will not delete by itself. */
  undated_from: v.optional(v.number()),
  undated_through: v.optional(v.number()),
  /** Up to this offset nothing is kept any more. */
  trimmed_through: v.optional(v.number(), 0),
});
export type TopicRow = v.InferOutput<typeof TopicRow>;

const NAMES = { "#topic": "topic", "#name": "name" };
const ownedBy = (userId: string): string => `account#${userId}`;
export const keyOf = ({ user_id, name }: Pick<TopicRow, "user_id" | "name">) => ({ topic: ownedBy(user_id), name });
const countKey = (userId: string) => ({ topic: ownedBy(userId), name: "#topics" });
const workKey = (id: string) => ({ topic: "tiering", name: id });
const deletingKey = (id: string) => ({ topic: "deleting", name: id });

/** A produce that found the topic may still be under way for so long, and make what outlives it. */
export const UNDER_WAY_MS = HOUR_MS;

export const toRow = (item: Record<string, unknown>): TopicRow => v.parse(TopicRow, item);

/** Cost: 1 read unit. */
export async function find(userId: string, name: string): Promise<TopicRow | undefined> {
  const item = await getItem("Topics", keyOf({ user_id: userId, name }), { consistent: true });
  return item && toRow(item);
}

/** For a transaction: that the topic is not deleted. */
export const isThere = (row: TopicRow): Write => ({
  table: "Topics",
  key: keyOf(row),
  check: true,
  condition: "id = :id",
  values: { ":id": row.id },
});

/** In the order of their names, behind `after`. Cost: half a read unit for about twenty. */
export async function listOf(userId: string, limit: number, after: string | undefined): Promise<Slice<TopicRow>> {
  const { items } = await query("Topics", {
    key: "#topic = :owner AND #name > :after",
    names: NAMES,
    values: { ":owner": ownedBy(userId), ":after": after ?? "$" }, // behind `#topics`
    limit: limit + 1,
  });
  return slice(items.map(toRow), limit, (row) => row.name);
}

/** "exists": there is one of that name; "full": the account has as many as it may, or may have none any more. Cost: 6 write units. */
export async function create(row: TopicRow): Promise<"created" | "exists" | "full"> {
  try {
    await transactWrite([
      { table: "Topics", put: { ...keyOf(row), ...row }, condition: "attribute_not_exists(#topic)", names: { "#topic": "topic" } },
      {
        table: "Topics",
        key: countKey(row.user_id),
        update: "ADD topics :one",
        condition: "attribute_not_exists(closed) AND (attribute_not_exists(topics) OR topics < :max)",
        values: { ":one": 1, ":max": limits.topicsPerAccountMax },
      },
      { table: "Topics", put: { ...workKey(row.id), user_id: row.user_id, topic_name: row.name } },
    ]);
    return "created";
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    if (!error.failed[0]) return "full";
    const there = await find(row.user_id, row.name);
    return there?.id === row.id ? "created" : "exists"; // the SDK repeats a call whose answer was lost
  }
}

/** Changes what is given; undefined if the topic is not there any more. Cost: 1 write unit. */
export async function update(
  { user_id, name, id }: TopicRow,
  changes: Partial<Pick<TopicRow, "description" | "retention_ms">>,
): Promise<TopicRow | undefined> {
  const given = Object.entries(changes);
  try {
    const item = await updateItem("Topics", keyOf({ user_id, name }), `SET ${given.map(([field]) => `${field} = :${field}`).join(", ")}`, {
      condition: "id = :id",
      values: { ":id": id, ...Object.fromEntries(given.map(([field, value]) => [`:${field}`, value])) },
    });
    return toRow(item);
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}

/** From now on there is no such topic; what is in it is left to be deleted. False if it was gone already. Cost: 8 write units. */
export async function remove(row: TopicRow): Promise<boolean> {
  try {
    await transactWrite([
      { table: "Topics", key: keyOf(row), delete: true, condition: "id = :id", values: { ":id": row.id } },
      { table: "Topics", key: countKey(row.user_id), update: "ADD topics :less", values: { ":less": -1 } },
      { table: "Topics", key: workKey(row.id), delete: true },
      { table: "Topics", put: { ...deletingKey(row.id), user_id: row.user_id, deleted_at: Date.now() } },
    ]);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailed) return false;
    throw error;
  }
}

/** How long an access token may outlive its account, and more. */
const CLOSED_HOURS = 24;

/**
 * Removes all topics of an account that is being deleted; what is in them is left to the job. From the moment that this begins none can be made any more.
 * Cost: 1 write unit, and 8 for each; 1 read unit for about twenty.
 */
export async function removeAllOf(userId: string): Promise<void> {
  const expires_on = Math.ceil((Date.now() + CLOSED_HOURS * HOUR_MS) / 1000);
  const values = { ":closed": true, ":expires_on": expires_on };
  await updateItem("Topics", countKey(userId), "SET closed = :closed, expires_on = :expires_on", { values });
  for (;;) {
    const { items } = await query("Topics", {
      key: "#topic = :owner AND #name > :after",
      names: NAMES,
      values: { ":owner": ownedBy(userId), ":after": "$" },
      consistent: true, // none is made any more, so what it does not show is not there
    });
    if (items.length === 0) return;
    for (const item of items) await remove(toRow(item));
  }
}

/** Nothing of it is left. Cost: 1 write unit. */
export async function forget(id: string): Promise<void> {
  await deleteItem("Topics", deletingKey(id));
}
