import * as account from "../account/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { isId, newId } from "../lib/id";
import { logger } from "../lib/logger";
import { assertCursor } from "../lib/page";
import type { AccessKeyPage, CreateAccessKeyBody, NewAccessKey } from "../protocol/access-key";
import { limits } from "../protocol/limits";
import type { PageQuery } from "../protocol/primitives";
import type { RouteDefinition } from "../protocol/route";
import { digestOf, hasDigest, keyIdOf, newSecret, SECRET_PREFIX } from "./secret";
import * as store from "./store";

/*
 * Access keys, by which bots and scripts act for an account: docs/decisions/0022-access-keys.md. What a key opens is said by `scope` in the route table.
 */

/** How often it is noted that a key was used. */
const USE_NOTED_MS = 24 * 60 * 60 * 1000;

/**
 * Makes a key. The secret is in this answer alone; what is stored does not lead back to it. An account has at most 50 keys, however many are made at
 * once, and none is made in a session that has ended. A repeat makes another one.
 * @throws key.full, auth.invalid, account.not_found
 * Cost: 1 transaction of 3 writes (10 write units with the indexes).
 */
export async function create(actor: Account, { name, scopes }: CreateAccessKeyBody): Promise<NewAccessKey> {
  const id = newId("key");
  const secret = newSecret(id);
  const key = { id, name, scopes, created_at: Date.now() };
  try {
    await store.put({ ...key, user_id: actor.user_id, digest: digestOf(secret) }, actor.session_id);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    const [, hasNoRoom, hasEnded] = error.failed;
    if (hasEnded) throw new AppError("auth.invalid", "Your session is not valid any more. Log in again.", { cause: error });
    if (!hasNoRoom) throw error;
    await account.getStaying(actor.user_id);
    const full = `You have ${limits.keysPerAccountMax} keys, which is as many as there may be. Revoke one that is not used any more.`;
    throw new AppError("key.full", full, { cause: error });
  }
  return { ...key, secret };
}

/** The account's keys, without their secrets. Cost: half a read unit per 4 KB, about fifteen of them. */
export async function list(actor: Account, { limit, cursor }: PageQuery): Promise<AccessKeyPage> {
  const { items, next } = await store.listOf(actor.user_id, limit, assertCursor("key", cursor));
  return { keys: items.map(store.publicPart), has_more: next !== null, next_cursor: next };
}

/**
 * Revokes a key: whoever shows it after this returns is refused.
 * @throws key.not_found
 * Cost: 1 read unit, 1 transaction of 2 writes (8 write units with the indexes).
 */
export async function revoke(actor: Account, { key_id }: { key_id: string }): Promise<void> {
  const row = isId("key", key_id) ? await store.find(key_id) : undefined;
  if (row?.user_id !== actor.user_id || !(await removed(row))) throw new AppError("key.not_found", "You have no such key.");
}

const REVOKED_AT_ONCE = limits.keysPerAccountMax;

/** Revokes every key of an account that makes no more. Cost: half a read unit per 4 KB, about fifteen keys, and 8 write units for each. */
export async function revokeAll(userId: string): Promise<void> {
  const { items } = await store.listOf(userId, REVOKED_AT_ONCE, undefined);
  for (const row of items) await removed(row); // one after the other: all of them are counted in one row
}

/** False if it was gone. */
async function removed(row: store.AccessKeyRow): Promise<boolean> {
  try {
    await store.remove(row);
    return true;
  } catch (error) {
    if (error instanceof TransactionFailed) return false;
    throw error;
  }
}

/** May this be an access key, as opposed to an access token? */
export const isSecret = (bearer: string): boolean => bearer.startsWith(SECRET_PREFIX);

/**
 * Who acts by this key, at something that asks for this scope. Nothing is remembered from one call to the next: a key that was revoked is refused at once.
 * @throws auth.invalid for what is not the secret of a key that there is, auth.denied where its scopes do not reach
 * Cost: 1 read unit; once a day for each key that is let in 2 write units.
 */
export async function open(secret: string, scope: RouteDefinition["scope"]): Promise<Account> {
  const id = keyIdOf(secret);
  const row = id === undefined ? undefined : await store.find(id);
  if (!row || !hasDigest(secret, row.digest)) throw new AppError("auth.invalid", "There is no such access key, or it was revoked.");
  if (scope === undefined) throw new AppError("auth.denied", "An access key cannot do this. It takes somebody who has logged in.");
  if (scope !== "any" && !row.scopes.includes(scope))
    throw new AppError("auth.denied", `This access key cannot do this. It takes one with the scope ${scope}.`);
  await noteUse(row);
  return { kind: "account", user_id: row.user_id, session_id: row.id, scopes: row.scopes };
}

async function noteUse({ id, used_at = 0 }: store.AccessKeyRow): Promise<void> {
  const now = Date.now();
  const since = now - USE_NOTED_MS;
  if (used_at > since) return;
  // What the call is for does not depend on it; the next one notes it.
  await store.noteUse(id, now, since).catch((error: unknown) => logger.warn("key.use_not_noted", { key_id: id }, error));
}
