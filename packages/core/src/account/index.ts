import * as v from "valibot";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { Me } from "../protocol/account";
import type { ActingAs } from "../protocol/account";
import * as store from "./store";
import { findUsers } from "./store";
import type { UserRow } from "./store";

export { findUsers } from "./store";

const MeItem = v.object(Me.entries);
/** What its owner may see of a row. */
export const ownPart = (row: UserRow): Me => v.parse(MeItem, row);

/** The actor's own account. @throws account.not_found. Cost: 1 read unit. */
export const me = async (actor: Account): Promise<Me> => ownPart(await getRow(actor.user_id));

/** Who the actor acts for: to an access key without what only its owner may see. @throws account.not_found. Cost: 1 read unit. */
export async function actingAs(actor: Account): Promise<ActingAs> {
  const row = await getRow(actor.user_id);
  return actor.scopes ? store.publicPart(row) : ownPart(row);
}

/** An account with what only its owner may see. @throws account.not_found. Cost: 1 read unit. */
export const get = async (userId: string): Promise<Me> => ownPart(await getRow(userId));

/** Undefined if there is no such account any more. Cost: 1 read unit. */
export async function find(userId: string): Promise<Me | undefined> {
  const row = await store.find(userId);
  return row && ownPart(row);
}

/** An account as it is kept. @throws account.not_found. Cost: 1 read unit. */
export async function getRow(userId: string): Promise<UserRow> {
  const row = await store.find(userId);
  if (!row) throw gone();
  return row;
}

/** As `getRow`, of an account that is not being deleted: what it makes now would outlive it. */
export async function getStaying(userId: string): Promise<UserRow> {
  const row = await getRow(userId);
  if (row.deleting_at !== null) throw new AppError("account.not_found", "This account is being deleted.");
  return row;
}

export const gone = () => new AppError("account.not_found", "This account does not exist any more.");

/** @throws account.not_found if one of the accounts does not exist. Cost: 1 read unit each. */
export async function assertAll(userIds: readonly string[]): Promise<void> {
  const found = await findUsers(userIds);
  if (found.length < userIds.length) throw new AppError("account.not_found", "There is no such account.");
}
