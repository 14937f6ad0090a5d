import * as v from "valibot";
import { countKey, uncountKey } from "../account/store";
import { ConditionFailed, getItem, query, transactWrite, updateItem } from "../lib/dynamo";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { AccessKey } from "../protocol/access-key";
import { isAlive } from "../session/store";

/*
 * Sessions, of which access keys are a part (session/store.ts)
 * | id    | user_id | name | scopes | digest  | created_at | used_at                       |
 * |-------|---------|------|--------|---------|------------|-------------------------------|
 * | key_… | usr_…   |      | list   | SHA-256 | ms         | ms, absent, at most once a day |
 *
 * How many an account has is counted in its row (account/store.ts): whoever makes or takes away one counts it in the same transaction.
 */

const AccessKeyRow = v.object({ ...AccessKey.entries, user_id: v.string(), digest: v.string() });
export type AccessKeyRow = v.InferOutput<typeof AccessKeyRow>;

/** As its owner may see it. */
export const publicPart = ({ user_id: _, digest: __, ...key }: AccessKeyRow): AccessKey => key;

/** Cost: 1 read unit. */
export async function find(id: string): Promise<AccessKeyRow | undefined> {
  const item = await getItem("Sessions", { id }, { consistent: true });
  return item && v.parse(AccessKeyRow, item);
}

/** The account's keys in the order of their ids. Cost: half a read unit per 4 KB, about fifteen of them. */
export async function listOf(userId: string, limit: number, cursor: string | undefined): Promise<Slice<AccessKeyRow>> {
  const { items } = await query("Sessions", {
    index: "by_user",
    key: "user_id = :user AND begins_with(id, :keys)",
    values: { ":user": userId, ":keys": "key_" },
    limit: limit + 1,
    startKey: cursor === undefined ? undefined : { user_id: userId, id: cursor },
  });
  return slice(
    items.map((item) => v.parse(AccessKeyRow, item)),
    limit,
    ({ id }) => id,
  );
}

/**
 * Stores the key if the account has room for it and the session is alive in which it is made.
 * @throws TransactionFailed: its second part is the account, its third the session.
 * Cost: 1 transaction of 3 writes (10 write units with the indexes).
 */
export async function put(row: AccessKeyRow, sessionId: string): Promise<void> {
  await transactWrite([
    { table: "Sessions", put: row, condition: "attribute_not_exists(id)" },
    countKey(row.user_id),
    isAlive(sessionId, row.user_id),
  ]);
}

/** @throws TransactionFailed if it is gone. Cost: 1 transaction of 2 writes (8 write units with the indexes). */
export async function remove({ id, user_id }: Pick<AccessKeyRow, "id" | "user_id">): Promise<void> {
  await transactWrite([{ table: "Sessions", key: { id }, delete: true, condition: "attribute_exists(id)" }, uncountKey(user_id)]);
}

/** Notes when the key was used, unless that was noted after `since`, or the key is gone. Cost: 2 write units with the index. */
export async function noteUse(id: string, now: number, since: number): Promise<void> {
  try {
    await updateItem("Sessions", { id }, "SET used_at = :now", {
      condition: "attribute_exists(id) AND (attribute_not_exists(used_at) OR used_at <= :since)",
      values: { ":now": now, ":since": since },
    });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error; // somebody else has noted it, or revoked the key
  }
}
