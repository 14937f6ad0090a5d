import * as v from "valibot";
import { ConditionFailed, deleteItem, getItem, query, TransactionFailed, transactWrite, updateItem } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { limits } from "../protocol/limits";

/*
 * Topics
 * | topic         | name         | …                                                                                       |
 * |---------------|--------------|-----------------------------------------------------------------------------------------|
 * | account#usr_… | orders       | id (top_…), description, retention_ms, created_at: a topic of that account               |
 * | account#usr_… | #topics      | topics: how many there are                                                              |
 * | tiering       | top_…        | user_id, topic: the topics that there are, for the job that goes through all of them     |
 * | deleting      | top_…        | of a topic that is gone, as long as something of it may be left                          |
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
});
export type TopicRow = v.InferOutput<typeof TopicRow>;

const NAMES = { "#topic": "topic", "#name": "name" };
const ownedBy = (userId: string): string => `account#${userId}`;
const keyOf = ({ user_id, name }: Pick<TopicRow, "user_id" | "name">) => ({ topic: ownedBy(user_id), name });
const countKey = (userId: string) => ({ topic: ownedBy(userId), name: "#topics" });
const workKey = (id: string) => ({ topic: "tiering", name: id });
const deletingKey = (id: string) => ({ topic: "deleting", name: id });

const toRow = (item: Record<string, unknown>): TopicRow => v.parse(TopicRow, item);

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

/** "exists": there is one of that name; "full": the account has as many as it may. Cost: 6 write units. */
export async function create(row: TopicRow): Promise<"created" | "exists" | "full"> {
  try {
    await transactWrite([
      { table: "Topics", put: { ...keyOf(row), ...row }, condition: "attribute_not_exists(#topic)", names: { "#topic": "topic" } },
      {
        table: "Topics",
        key: countKey(row.user_id),
        update: "ADD topics :one",
        condition: "attribute_not_exists(topics) OR topics < :max",
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
      { table: "Topics", put: { ...deletingKey(row.id), user_id: row.user_id } },
    ]);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailed) return false;
    throw error;
  }
}

/** Nothing of it is left. Cost: 1 write unit. */
export async function forget(id: string): Promise<void> {
  await deleteItem("Topics", deletingKey(id));
}
