import * as v from "valibot";
import { ConditionFailed, deleteItems, getItems, queryAll, updateItem } from "../lib/dynamo";

/*
 * ReadStates
 * | user_id | log_id        | last_read | mentions   |
 * |---------|---------------|-----------|------------|
 * | usr_…   | channel:chn_… | seq       | {seq, …}   |   how far somebody has read, and where they were mentioned behind that
 * | rol_…   | channel:chn_… |           | {seq, …}   |   where a role was mentioned lately; that of everyone is one
 *
 * A mention is a number in a set: noting it twice is noting it once, and moving a mark takes away just those that it has passed.
 */

/** Of more mentions than this nobody knows the number, and a row stays small: 500 numbers are 2 KB. */
export const MENTIONS_MAX = 500;

const ReadStateRow = v.object({
  log_id: v.string(),
  last_read: v.optional(v.number(), 0),
  mentions: v.optional(v.set(v.number()), () => new Set<number>()),
});
export type ReadStateRow = v.InferOutput<typeof ReadStateRow>;

/** What stands for a row that does not exist. */
export const emptyRow = (logId: string): ReadStateRow => ({ log_id: logId, last_read: 0, mentions: new Set() });

/** The rows of one reader or role for the logs whose ids begin so. Cost: 1 read unit per 4 KB. */
export async function listOf(readerId: string, logPrefix: string): Promise<ReadStateRow[]> {
  const items = await queryAll("ReadStates", {
    key: "user_id = :reader AND begins_with(log_id, :prefix)",
    values: { ":reader": readerId, ":prefix": logPrefix },
    consistent: true,
  });
  return items.map((item) => v.parse(ReadStateRow, item));
}

/** The rows of several readers and roles for one log; those that do not exist are empty. Cost: 1 read unit each. */
export const findFor = (readerIds: readonly string[], logId: string): Promise<ReadStateRow[]> =>
  findAll(readerIds.map((user_id) => ({ user_id, log_id: logId })));

/** The rows of one reader for at most a hundred logs. Cost: 1 read unit each. */
export const findIn = (userId: string, logIds: readonly string[]): Promise<ReadStateRow[]> =>
  findAll(logIds.map((log_id) => ({ user_id: userId, log_id })));

async function findAll(keys: { user_id: string; log_id: string }[]): Promise<ReadStateRow[]> {
  if (keys.length === 0) return [];
  const { ReadStates } = await getItems({ ReadStates: { keys, consistent: true } });
  return (ReadStates ?? []).map((item) => v.parse(ReadStateRow, item));
}

/**
 * Moves the mark forward; undefined if it is there or beyond. The row may still hold mentions that it has passed.
 * Cost: 1 write unit per KB.
 */
export async function moveMark(userId: string, logId: string, seq: number): Promise<ReadStateRow | undefined> {
  return conditionally(() =>
    updateItem("ReadStates", { user_id: userId, log_id: logId }, "SET last_read = :seq", {
      condition: "attribute_not_exists(last_read) OR last_read < :seq",
      values: { ":seq": seq },
    }),
  );
}

/** Undefined if nothing is noted at all. Cost: 1 write unit per KB. */
export function forgetMentions(readerId: string, logId: string, seqs: readonly number[]): Promise<ReadStateRow | undefined> {
  return conditionally(() =>
    updateItem("ReadStates", { user_id: readerId, log_id: logId }, "DELETE mentions :seqs", {
      condition: "attribute_exists(mentions)",
      values: { ":seqs": new Set(seqs) },
    }),
  );
}

/** Notes that the entry mentions somebody; undefined if they have read it, or were mentioned too often to count. Cost: 1 write unit per KB. */
export function noteMention(userId: string, logId: string, seq: number): Promise<ReadStateRow | undefined> {
  return conditionally(() =>
    updateItem("ReadStates", { user_id: userId, log_id: logId }, "ADD mentions :seqs", {
      condition: "(attribute_not_exists(last_read) OR last_read < :seq) AND (attribute_not_exists(mentions) OR size(mentions) < :max)",
      values: { ":seqs": new Set([seq]), ":seq": seq, ":max": MENTIONS_MAX },
    }),
  );
}

/** Notes that the entry mentions everybody with the role. Answers all that are noted. Cost: 1 write unit per KB. */
export async function noteRoleMention(roleId: string, logId: string, seq: number): Promise<ReadStateRow> {
  const item = await updateItem("ReadStates", { user_id: roleId, log_id: logId }, "ADD mentions :seqs", {
    values: { ":seqs": new Set([seq]) },
  });
  return v.parse(ReadStateRow, item);
}

async function conditionally(update: () => Promise<Record<string, unknown>>): Promise<ReadStateRow | undefined> {
  try {
    return v.parse(ReadStateRow, await update());
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}

/** Of a server that is being cleared away: what its roles were mentioned in. Cost: 1 write unit each. */
export async function forgetAllOf(readerIds: readonly string[], logPrefix: string): Promise<boolean> {
  for (const user_id of readerIds) {
    const rows = await listOf(user_id, logPrefix);
    await deleteItems(
      "ReadStates",
      rows.map(({ log_id }) => ({ user_id, log_id })),
    );
  }
  return true;
}
