import { safeParse } from "valibot";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { HOUR_MS } from "../lib/expiry";
import { newId, topicLog } from "../lib/id";
import * as log from "../log/index";
import { limits } from "../protocol/limits";
import { TopicName } from "../protocol/stream";
import type { PutTopicBody, Topic, TopicDetail, TopicPage } from "../protocol/stream";
import { eraseSome } from "./deletion";
import { assertName } from "./name";
import * as store from "./store";
import type { TopicRow } from "./store";

interface Named {
  topic: string;
}

export const noSuchTopic = () => new AppError("topic.not_found", "You have no topic of that name.");

/** @throws topic.not_found. Cost: 1 read unit. */
export async function findOwn({ user_id }: Account, name: string): Promise<TopicRow> {
  const row = safeParse(TopicName, name).success ? await store.find(user_id, name) : undefined;
  if (!row) throw noSuchTopic();
  return row;
}

/**
 * The topic of that name, or a new one that keeps its messages for ever.
 * @throws input.invalid for what can be no name, topic.full. Cost: 1 read unit; 6 write units for a new one.
 */
export async function findOrMake(
  { user_id }: Account,
  name: string,
  { description = null, retention_hours = null }: PutTopicBody = {},
): Promise<{ row: TopicRow; isNew: boolean }> {
  const there = await store.find(user_id, assertName("topic", TopicName, name));
  if (there) return { row: there, isNew: false };
  const row: TopicRow = {
    id: newId("top"),
    user_id,
    name,
    description: describedBy(description),
    retention_ms: toMs(retention_hours),
    created_at: Date.now(),
    sealed_through: 0,
    trimmed_through: 0,
  };
  const result = await store.create(row);
  if (result === "created") return { row, isNew: true };
  if (result === "full") throw new AppError("topic.full", `An account may have ${limits.topicsPerAccountMax} topics.`);
  const made = await store.find(user_id, name);
  if (!made) throw noSuchTopic(); // it was deleted again at this moment
  return { row: made, isNew: false };
}

/** An empty description is none. */
const describedBy = (description: string | null): string | null => (description === "" ? null : description);

const toMs = (hours: number | null): number | null => (hours === null ? null : Math.ceil(hours * HOUR_MS));

const toTopic = ({ name, description, retention_ms, created_at }: TopicRow): Topic => ({
  topic: name,
  description,
  retention_hours: retention_ms === null ? null : retention_ms / HOUR_MS,
  created_at,
});

const toDetail = async (row: TopicRow): Promise<TopicDetail> => ({ ...toTopic(row), head: await headOf(row) });

/** The offset of the last message, 0 if there was none yet. Cost: 1 read unit per 4 KB of the last entry. */
export async function headOf(row: TopicRow): Promise<number> {
  return Math.max(await log.head(topicLog(row.id)), row.sealed_through);
}

/** Cost: half a read unit for about twenty. */
export async function list({ user_id }: Account, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<TopicPage> {
  const { items, next } = await store.listOf(user_id, limit, cursor);
  return { topics: items.map(toTopic), has_more: next !== null, next_cursor: next };
}

/** @throws topic.not_found. Cost: 1 read unit, and that of the last entry. */
export async function get(actor: Account, { topic }: Named): Promise<TopicDetail> {
  return toDetail(await findOwn(actor, topic));
}

/**
 * Makes a topic, or changes what is given. How long messages are kept counts for those that are there, too.
 * @throws input.invalid, topic.full, topic.not_found if it was deleted at this moment. Cost: 1 read unit, and 6 write units for a new one, else 1.
 */
export async function put(actor: Account, { topic, ...given }: Named & PutTopicBody): Promise<{ topic: TopicDetail; created: boolean }> {
  const { row, isNew } = await findOrMake(actor, topic, given);
  if (isNew) return { topic: await toDetail(row), created: true };
  const changes = {
    ...(given.description === undefined ? {} : { description: describedBy(given.description) }),
    ...(given.retention_hours === undefined ? {} : { retention_ms: toMs(given.retention_hours) }),
  };
  const changed = Object.keys(changes).length === 0 ? row : await store.update(row, changes);
  if (!changed) throw noSuchTopic();
  return { topic: await toDetail(changed), created: false };
}

/** Makes a topic. @throws input.invalid, topic.exists, topic.full. Cost: as `put`. */
export async function create(actor: Account, { topic, ...given }: Named & PutTopicBody): Promise<void> {
  const { isNew } = await findOrMake(actor, topic, given);
  if (!isNew)
    throw new AppError("topic.exists", "You have a topic of that name already.", {
      details: { topic: "is the name of one that you have" },
    });
}

/**
 * Deletes a topic: when this returns nobody finds it. What was in it is deleted as far as there is time, and the rest later. One that is made again under
 * its name has nothing of it, and begins with 1.
 * @throws topic.not_found. Cost: 1 read unit, 8 write units, and that of `erase`.
 */
export async function remove(actor: Account, { topic }: Named): Promise<void> {
  const row = await findOwn(actor, topic);
  if (!(await store.remove(row))) throw noSuchTopic();
  await eraseSome(row.id);
}
