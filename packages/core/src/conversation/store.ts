import * as v from "valibot";
import { ConditionFailed, deleteItems, query, queryAll, transactWrite, updateItem } from "../lib/dynamo";
import type { Item, Write } from "../lib/dynamo";
import { Conversation } from "../protocol/conversation";

/*
 * Conversations
 * | id           | user_id | last_activity_at | …                                              |
 * |--------------|---------|------------------|------------------------------------------------|
 * | dm_…         | meta    |                  | kind, name, created_by, created_at, participants: how many |
 * | dm_…         | usr_…   | ms, or absent    | joined_at, closed_through?, blocks?, left_at?  |   somebody who is in it
 * | blocks:usr_… | usr_…   |                  | created_at                                     |   whom an account has blocked
 *
 * `last_activity_at` puts a conversation into the list of that person (the index `by_user`). Absent: it was not shown to them yet. It is that of the
 * last message within a minute, since it is written when a burst of talk begins. `closed_through`: it was taken out of the list when this was its last
 * message; with the next one it is back, whoever was faster. `blocks`: in a direct one, who has blocked the other; written together with the row of the
 * block, so that one query says all that a send must know. `left_at`: the last one has left a group, and what was said in it is being erased.
 * `gone`: in a direct one, of an account that was deleted, or is being deleted; it is in nobody's list by that row.
 */

const META = "meta";
const BLOCKS = "blocks:";

const MetaRow = v.object({
  id: v.string(),
  kind: Conversation.entries.kind,
  name: Conversation.entries.name,
  created_by: v.string(),
  created_at: v.number(),
  participants: v.number(),
});
export type ConversationRow = v.InferOutput<typeof MetaRow>;

const ParticipantRow = v.object({
  id: v.string(),
  user_id: v.string(),
  last_activity_at: v.optional(v.number()),
  joined_at: v.number(),
  closed_through: v.optional(v.number()),
  blocks: v.optional(v.literal(true)),
  left_at: v.optional(v.number()),
  gone: v.optional(v.literal(true)),
});
export type Participant = v.InferOutput<typeof ParticipantRow>;

export interface Found {
  conversation: ConversationRow;
  /** In the order in which they came. */
  participants: Participant[];
}

/** The conversation with everybody in it. Cost: 1 read unit: eleven rows have less than 4 KB. */
export async function find(id: string): Promise<Found | undefined> {
  const items = await queryAll("Conversations", { key: "id = :id", values: { ":id": id }, consistent: true });
  const meta = items.find(({ user_id }) => user_id === META);
  if (!meta) return undefined;
  const participants = items.filter(({ user_id }) => user_id !== META).map((item) => v.parse(ParticipantRow, item));
  return {
    conversation: v.parse(MetaRow, meta),
    participants: participants.sort((a, b) => a.joined_at - b.joined_at || (a.user_id < b.user_id ? -1 : 1)),
  };
}

/** One of an account's conversations, by its place in their list. */
interface Listed {
  own: Participant;
  cursor: string;
}

/** Those that were shown to the account, the newest activity first. Cost: half a read unit per 4 KB. */
export async function listOf(userId: string, limit: number, cursor: string | undefined): Promise<{ items: Listed[]; next: string | null }> {
  const page = await query("Conversations", {
    index: "by_user",
    key: "user_id = :user",
    values: { ":user": userId },
    descending: true,
    limit,
    startKey: cursor === undefined ? undefined : keyAt(cursor, userId),
  });
  const items = page.items.map((item) => {
    const own = v.parse(ParticipantRow, item);
    return { own, cursor: cursorOf(own) };
  });
  return { items, next: page.lastKey ? (items.at(-1)?.cursor ?? null) : null };
}

const CURSOR = /^(\d{1,15})\.(dm_[0-9a-z]{1,60})$/;

export const isCursor = (text: string): boolean => CURSOR.test(text);

const cursorOf = ({ id, last_activity_at }: Participant): string => `${last_activity_at}.${id}`;

function keyAt(cursor: string, user_id: string): Item {
  const [, at, id] = CURSOR.exec(cursor) ?? [];
  return { id, user_id, last_activity_at: Number(at) };
}

const isNew = "attribute_not_exists(id)";
const isThere = "attribute_exists(id) AND attribute_not_exists(left_at)";

const metaWrite = (row: ConversationRow): Write => ({
  table: "Conversations",
  put: { ...row, user_id: META },
  condition: isNew,
});

/** @param at when it comes into their list; absent: with its first message. */
export const participantWrite = (id: string, userId: string, now: number, at?: number): Write => ({
  table: "Conversations",
  put: { id, user_id: userId, joined_at: now, ...(at === undefined ? {} : { last_activity_at: at }) },
  condition: isNew,
});

/** Holds if the one has not blocked the other. */
export const unblockedCheck = (blockerId: string, userId: string): Write => ({
  table: "Conversations",
  key: blockKey(blockerId, userId),
  check: true,
  condition: isNew,
});

/** @throws TransactionFailed: its parts are the conversation, its participants, and `checks`. Cost: 2 write units for each part. */
export async function create(row: ConversationRow, participants: readonly Write[], checks: readonly Write[]): Promise<void> {
  await transactWrite([metaWrite(row), ...participants, ...checks]);
}

/** A change of who is in a group and what it is called. Made only as long as its first is in it. */
export interface GroupChange {
  id: string;
  by: string;
  name?: string | null | undefined;
  add: readonly string[];
  remove: readonly string[];
  room: number;
}

/** @throws TransactionFailed: its parts are the group, who changes it, those who go, those who come, and then their blocks. */
export async function change({ id, by, name, add, remove, room }: GroupChange, now: number): Promise<void> {
  const gain = add.length - remove.length;
  await transactWrite([
    {
      table: "Conversations",
      key: { id, user_id: META },
      update: `ADD participants :gain${name === undefined ? "" : " SET #name = :name"}`,
      condition: "attribute_exists(id) AND participants <= :room",
      values: { ":gain": gain, ":room": room - gain, ...(name === undefined ? {} : { ":name": name }) },
      ...(name === undefined ? {} : { names: { "#name": "name" } }),
    },
    { table: "Conversations", key: { id, user_id: by }, check: true, condition: isThere },
    ...remove.map((user_id): Write => ({ table: "Conversations", key: { id, user_id }, delete: true, condition: isThere })),
    ...add.map((userId) => participantWrite(id, userId, now, now)),
    ...add.map((userId) => unblockedCheck(userId, by)),
  ]);
}

/**
 * Ends somebody's part in a group. The last one's row stays until the log is erased: by it a repeat finds what is left to do.
 * @throws TransactionFailed if somebody else came or went meanwhile.
 */
export async function leave(id: string, userId: string, isLast: boolean): Promise<void> {
  await transactWrite([
    {
      table: "Conversations",
      key: { id, user_id: META },
      update: "ADD participants :minus",
      condition: isLast ? "participants = :one" : "participants > :one",
      values: { ":minus": -1, ":one": 1 },
    },
    isLast
      ? {
          table: "Conversations",
          key: { id, user_id: userId },
          update: "SET left_at = :now",
          condition: isThere,
          values: { ":now": Date.now() },
        }
      : { table: "Conversations", key: { id, user_id: userId }, delete: true, condition: isThere },
  ]);
}

/** Of a group whose log is erased. Cost: 2 write units. */
export async function forget(id: string, userId: string): Promise<void> {
  await deleteItems("Conversations", [
    { id, user_id: META },
    { id, user_id: userId },
  ]);
}

/** Brings it forward in somebody's list, and into it; never back. Cost: 3 write units with the index. */
export async function bringForward(id: string, userId: string, at: number): Promise<void> {
  await orNotThere(() =>
    updateItem("Conversations", { id, user_id: userId }, "SET last_activity_at = :at", {
      condition:
        "attribute_exists(id) AND attribute_not_exists(gone) AND (attribute_not_exists(last_activity_at) OR last_activity_at < :at)",
      values: { ":at": at },
    }),
  );
}

/** Shows it in somebody's list, where it was or at the top. Cost: as `bringForward`. */
export async function show(id: string, userId: string, now: number): Promise<void> {
  await orNotThere(() =>
    updateItem(
      "Conversations",
      { id, user_id: userId },
      "SET last_activity_at = if_not_exists(last_activity_at, :now) REMOVE closed_through",
      { condition: isThere, values: { ":now": now } },
    ),
  );
}

/** Takes it out of somebody's list until something is said behind `head`. Cost: 2 write units with the index. */
export async function close(id: string, userId: string, head: number): Promise<void> {
  await orNotThere(() =>
    updateItem("Conversations", { id, user_id: userId }, "SET closed_through = :head", {
      condition: isThere,
      values: { ":head": head },
    }),
  );
}

/** Of an account that is being deleted: nothing more is said in its direct conversations. Cost: 2 write units with the index. */
export async function noteGone(id: string, userId: string): Promise<void> {
  await orNotThere(() =>
    updateItem("Conversations", { id, user_id: userId }, "SET gone = :yes REMOVE last_activity_at", {
      condition: isThere,
      values: { ":yes": true },
    }),
  );
}

async function orNotThere(update: () => Promise<Item>): Promise<void> {
  try {
    await update();
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
  }
}

const blockKey = (blockerId: string, userId: string) => ({ id: BLOCKS + blockerId, user_id: userId });

/**
 * Blocks somebody, and notes it in the direct conversation `id` of the two, if there is one.
 * @throws TransactionFailed if there is one and `isStarted` says that there is none, or the other way round.
 */
export async function block(blockerId: string, userId: string, id: string, isStarted: boolean): Promise<void> {
  const own = { id, user_id: blockerId };
  await transactWrite([
    { table: "Conversations", put: { ...blockKey(blockerId, userId), created_at: Date.now() } },
    isStarted
      ? { table: "Conversations", key: own, update: "SET blocks = :yes", condition: "attribute_exists(id)", values: { ":yes": true } }
      : { table: "Conversations", key: own, check: true, condition: isNew },
  ]);
}

/** As `block`, the other way. */
export async function unblock(blockerId: string, userId: string, id: string, isStarted: boolean): Promise<void> {
  const own = { id, user_id: blockerId };
  await transactWrite([
    { table: "Conversations", key: blockKey(blockerId, userId), delete: true },
    isStarted
      ? { table: "Conversations", key: own, update: "REMOVE blocks", condition: "attribute_exists(id)" }
      : { table: "Conversations", key: own, check: true, condition: isNew },
  ]);
}

/** Of an account that is being deleted: whom it has blocked. Cost: half a read unit per 4 KB, 1 write unit for each. */
export async function forgetBlocks(userId: string): Promise<void> {
  const id = BLOCKS + userId;
  await deleteItems("Conversations", await queryAll("Conversations", { key: "id = :id", values: { ":id": id }, project: "id, user_id" }));
}

/** Whom an account has blocked, in the order of their ids. `after` is an account's id. Cost: half a read unit per 4 KB. */
export async function listBlocks(userId: string, limit: number, after: string | undefined): Promise<string[]> {
  const { items } = await query("Conversations", {
    key: "id = :id AND user_id > :after",
    values: { ":id": BLOCKS + userId, ":after": after ?? "usr_" },
    project: "user_id",
    limit,
    consistent: true,
  });
  return items.map(({ user_id }) => v.parse(v.string(), user_id));
}
