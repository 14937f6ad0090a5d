import * as account from "../account/index";
import * as audit from "../audit/index";
import * as channels from "../channel/store";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { HOUR_MS } from "../lib/expiry";
import { isId } from "../lib/id";
import { assertCursor } from "../lib/page";
import { deleteRecentBy } from "../message/moderation";
import type { Ban, BanBody, BanPage } from "../protocol/member";
import type { PageQuery } from "../protocol/primitives";
import { rankOf, withPermission } from "../server/access";
import { endWrites, silence, tellRemoved } from "./removal";
import * as store from "./store";

interface BanPath {
  server_id: string;
  user_id: string;
}

/**
 * Bans an account, whether or not it is a member: it is removed as by a kick, and cannot join until the ban is lifted. With `delete_message_hours` what
 * they said in these hours is deleted; a repeat of the call goes on where one ended.
 * @throws server.not_found, auth.denied, account.not_found, unavailable: to be repeated
 * Cost: 6 read units, 1 transaction of 4 writes (10 write units with the index), and that of a kick; see `deleteRecentBy`.
 */
export async function ban(actor: Account, { server_id, user_id, reason, delete_message_hours }: BanBody & BanPath): Promise<Ban> {
  const { now, wasMember } = await audit.change(server_id, () => decideBan(actor, { server_id, user_id }, reason));
  if (wasMember) await tellRemoved(server_id, user_id, "ban");
  else await silence(user_id, server_id);
  if (delete_message_hours > 0) await deleteRecentBy(actor, server_id, user_id, Date.now() - delete_message_hours * HOUR_MS);
  return now;
}

async function decideBan(actor: Account, { server_id, user_id }: BanPath, reason: string | null) {
  const { server, member, rank } = await withPermission(actor, server_id, "moderate_members");
  if (user_id === actor.user_id) throw new AppError("auth.denied", "You cannot ban yourself.");
  if (user_id === server.owner_id) throw new AppError("auth.denied", "The owner of a server cannot be banned from it.");
  const { id, username, display_name, avatar_url } = await findAccount(user_id);
  const [target, before] = await Promise.all([store.findMember(server_id, id), store.findBan(server_id, id)]);
  if (target && rank <= rankOf(server, target)) throw new AppError("auth.denied", "This member does not stand below you.");
  const user = { id, username, display_name, avatar_url };
  const now: Ban = before ? { ...before, reason: reason ?? before.reason } : newBan(server_id, user, reason, actor.user_id);
  const isNews = !before || before.reason !== now.reason || target !== undefined;
  const note = { action: "member.ban" as const, target: { id, name: username }, reason: now.reason };
  return {
    by: member,
    writes: [
      store.writes.ban(now),
      ...(target ? endWrites(target) : [store.writes.isNoMember(server_id, id)]),
      ...(await channels.withoutUser(server_id, id)),
    ],
    note: isNews ? note : null,
    value: { now, wasMember: target !== undefined },
  };
}

const newBan = (server_id: string, user: Ban["user"], reason: string | null, created_by: string): Ban => ({
  server_id,
  user_id: user.id,
  user,
  reason,
  created_by,
  created_at: Date.now(),
});

async function findAccount(userId: string) {
  if (!isId("usr", userId)) throw new AppError("account.not_found", "There is no such account.");
  return account.get(userId);
}

/** @throws server.not_found, auth.denied, ban.not_found. Cost: 3 read units, 1 transaction of 2 writes. */
export async function unban(actor: Account, { server_id, user_id }: BanPath): Promise<void> {
  await audit.change(server_id, async () => {
    const { member } = await withPermission(actor, server_id, "moderate_members");
    const { user } = await getBan(server_id, user_id);
    const note = { action: "member.unban" as const, target: { id: user_id, name: user.username } };
    return { by: member, writes: [store.writes.unban(server_id, user_id)], note, value: undefined };
  });
}

/** @throws server.not_found, auth.denied, ban.not_found. Cost: 3 read units. */
export async function findBan(actor: Account, { server_id, user_id }: BanPath): Promise<Ban> {
  await withPermission(actor, server_id, "moderate_members");
  return getBan(server_id, user_id);
}

async function getBan(serverId: string, userId: string): Promise<Ban> {
  const found = isId("usr", userId) ? await store.findBan(serverId, userId) : undefined;
  if (!found) throw notBanned();
  return found;
}

/** @throws server.not_found, auth.denied. Cost: 2 read units and 1 per 4 KB. */
export async function listBans(actor: Account, { server_id, limit, cursor }: PageQuery & { server_id: string }): Promise<BanPage> {
  await withPermission(actor, server_id, "moderate_members");
  const { items, next } = await store.listBans(server_id, limit, assertCursor("usr", cursor));
  return { bans: items, has_more: next !== null, next_cursor: next };
}

const notBanned = () => new AppError("ban.not_found", "This account is not banned here.");
