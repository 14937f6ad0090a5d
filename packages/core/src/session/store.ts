import * as v from "valibot";
import { ConditionFailed, deleteItem, getItem, putItem, query, updateItem } from "../lib/dynamo";
import type { Item, Write } from "../lib/dynamo";
import { isId } from "../lib/id";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";

/*
 * Sessions
 * | id             | user_id | generation | rotated_at | created_at | expires_at | expires_on |
 * |----------------|---------|------------|------------|------------|------------|------------|
 * | ses_…          | usr_…   | 1, 2, …    | ms         | ms         | ms         | seconds    |
 * | ticket#<hash>  |         |            |            |            | ms         | seconds    |  not in the index; with account_id, session_id,
 *                                                                                                 or of a guest: guest_id, person, address
 * | key_…          | usr_…   |            |            | ms         |            |            |  access keys: access-key/store.ts
 */

const SessionRow = v.object({
  id: v.string(),
  user_id: v.string(),
  generation: v.number(),
  rotated_at: v.number(),
  created_at: v.number(),
  expires_at: v.number(),
});
export type SessionRow = v.InferOutput<typeof SessionRow>;

const toItem = (row: SessionRow) => ({ ...row, expires_on: Math.ceil(row.expires_at / 1000) });

export const sessionWrite = (row: SessionRow): Write => ({ table: "Sessions", put: toItem(row) });

export const endWrite = (id: string): Write => ({ table: "Sessions", key: { id }, delete: true });

/** Fails if the session has ended. */
export const isAlive = (id: string, userId: string): Write => ({
  table: "Sessions",
  key: { id },
  check: true,
  condition: "user_id = :user AND expires_at > :now",
  values: { ":user": userId, ":now": Date.now() },
});

export const put = (row: SessionRow): Promise<void> => putItem("Sessions", toItem(row));

/** Undefined too for a session that has ended but was not deleted yet, and for an access key. */
export async function find(id: string): Promise<SessionRow | undefined> {
  if (!isId("ses", id)) return undefined;
  const item = await getItem("Sessions", { id }, { consistent: true });
  const row = item && v.parse(SessionRow, item);
  return row && row.expires_at > Date.now() ? row : undefined;
}

/** The account's sessions that are still in time, in the order of their ids. */
export async function listOf(userId: string, limit: number, cursor: string | undefined): Promise<Slice<SessionRow>> {
  const alive: Item[] = [];
  let startKey: Item | undefined = cursor === undefined ? undefined : { user_id: userId, id: cursor };
  do {
    // The limit counts what the filter leaves out, too.
    const page = await query("Sessions", {
      index: "by_user",
      key: "user_id = :user AND begins_with(id, :sessions)",
      filter: "expires_at > :now",
      values: { ":user": userId, ":sessions": "ses_", ":now": Date.now() },
      limit: limit + 1,
      startKey,
    });
    alive.push(...page.items);
    startKey = page.lastKey;
  } while (startKey && alive.length <= limit);
  return slice(
    alive.slice(0, limit + 1).map((item) => v.parse(SessionRow, item)),
    limit,
    (row) => row.id,
  );
}

/** Goes on to the next generation; false if the session is gone or has gone on already. */
export async function rotate(id: string, generation: number, expiresAt: number): Promise<boolean> {
  const now = Date.now();
  try {
    await updateItem("Sessions", { id }, "SET generation = :next, rotated_at = :now, expires_at = :at, expires_on = :on", {
      condition: "generation = :this",
      values: { ":this": generation, ":next": generation + 1, ":now": now, ":at": expiresAt, ":on": Math.ceil(expiresAt / 1000) },
    });
    return true;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    // The SDK repeats a call whose answer was lost: then what stands there is our own write.
    return error.item?.["generation"] === generation + 1 && error.item["rotated_at"] === now;
  }
}

export async function remove(id: string): Promise<void> {
  await deleteItem("Sessions", { id });
}

const TicketRow = v.union([
  v.object({ account_id: v.string(), session_id: v.string(), expires_at: v.number() }),
  v.object({ guest_id: v.string(), person: v.string(), address: v.string(), expires_at: v.number() }),
]);
type TicketRow = v.InferOutput<typeof TicketRow>;

export async function putTicket(hash: string, row: TicketRow): Promise<void> {
  await putItem("Sessions", { id: `ticket#${hash}`, ...row, expires_on: Math.ceil(row.expires_at / 1000) });
}

/** Takes the ticket away and answers what it was for: to one caller, however many ask at once. */
export async function takeTicket(hash: string): Promise<TicketRow | undefined> {
  try {
    const item = await deleteItem("Sessions", { id: `ticket#${hash}` }, { condition: "expires_at > :now", values: { ":now": Date.now() } });
    return item && v.parse(TicketRow, item);
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}
