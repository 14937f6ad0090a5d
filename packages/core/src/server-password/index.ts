import * as audit from "../audit/index";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { hasExpired } from "../lib/expiry";
import { isId } from "../lib/id";
import { assertCursor, slice } from "../lib/page";
import type { PageQuery } from "../protocol/primitives";
import type { ServerPasswordPage } from "../protocol/server-password";
import { withPermission } from "../server/access";
import * as store from "./store";

/* What is done with server passwords without hashing one: see `hashing.ts` for the rest. */

/** Those by which people can join now. @throws server.not_found, auth.denied. Cost: 2 read units and 1 per 4 KB, about ten of them. */
export async function list(actor: Account, { server_id, limit, cursor }: PageQuery & { server_id: string }): Promise<ServerPasswordPage> {
  await withPermission(actor, server_id, "manage_server");
  const after = assertCursor("pwd", cursor) ?? "";
  const usable = (await store.list(server_id)).filter((row) => row.id > after && !hasExpired(row));
  const { items, next } = slice(usable, limit, ({ id }) => id);
  return { passwords: items.map(store.publicPart), has_more: next !== null, next_cursor: next };
}

/**
 * Revokes a password: nobody joins by it after this returns. Who has joined stays.
 * @throws server.not_found, auth.denied, password.not_found. Cost: 4 read units, 1 transaction of 2 writes.
 */
export async function revoke(actor: Account, { server_id, password_id }: { server_id: string; password_id: string }): Promise<void> {
  await audit.change(server_id, async () => {
    const { member } = await withPermission(actor, server_id, "manage_server");
    const row = isId("pwd", password_id) ? await store.find(server_id, password_id) : undefined;
    if (!row || hasExpired(row)) throw new AppError("password.not_found", "There is no such password in this server.");
    const note = { action: "password.revoke" as const, target: { id: row.id, name: row.label } };
    return { by: member, writes: [store.writes.revoke(row)], note, value: undefined };
  });
}
