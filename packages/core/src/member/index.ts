import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { isId, logPrefixOfServer } from "../lib/id";
import { assertCursor } from "../lib/page";
import { presenceTopic, serverTopic, userTopic } from "../lib/topic";
import type { Me } from "../protocol/account";
import type { PageQuery } from "../protocol/primitives";
import type { Member, MemberPage } from "../protocol/server";
import * as connection from "../realtime/connection";
import { announce } from "../realtime/publish";
import { asMember, withPermission } from "../server/access";
import * as store from "../server/store";

/** A member as they are when they join. */
export function draft(serverId: string, { id, username, display_name, avatar_url }: Me): Member {
  const user = { id, username, display_name, avatar_url };
  return { server_id: serverId, user_id: id, user, nickname: null, role_ids: [], joined_at: Date.now() };
}

/** @throws server.not_found. Cost: 1.5 read units and 1 per 4 KB of members. */
export async function list(actor: Account, { server_id, limit, cursor }: PageQuery & { server_id: string }): Promise<MemberPage> {
  await asMember(actor, server_id);
  const { items, next } = await store.listMembers(server_id, limit, assertCursor("usr", cursor));
  return { members: items, has_more: next !== null, next_cursor: next };
}

/**
 * Removes somebody from a server; `@me` leaves it. When this returns they are no member, hear nothing of the server any more, and read nothing:
 * their sockets were closed, and come back without it. To be repeated if it fails.
 * @throws server.not_found, auth.denied, member.not_found, server.owner_must_transfer, unavailable
 * Cost: 1.5 read units, 1 transaction of 2 writes (6 write units with the index), a push to each listener of the server and to each of their
 * connections, and the end of these.
 */
export async function remove(actor: Account, { server_id, user_id }: { server_id: string; user_id: string }): Promise<void> {
  if (user_id === "@me" || user_id === actor.user_id) return leave(actor, server_id);
  const { server } = await withPermission(actor, server_id, "moderate_members");
  if (user_id === server.owner_id) throw new AppError("auth.denied", "The owner of a server cannot be removed from it.");
  if (!isId("usr", user_id)) throw notFound();
  if (!(await end(server_id, user_id))) throw notFound();
  const topic = userTopic(user_id);
  await announce(topic, { type: "kicked", topic, server_id, reason: "kick" });
  await connection.closeAllOfAccount(user_id);
}

async function leave({ user_id, ...actor }: Account, server_id: string): Promise<void> {
  const { server } = await asMember({ ...actor, user_id }, server_id).catch(async (error: unknown) => {
    await silence(user_id, server_id);
    throw error;
  });
  if (server.owner_id === user_id) {
    throw new AppError("server.owner_must_transfer", "You own this server. Hand it to somebody else before you leave.");
  }
  await end(server_id, user_id);
  await connection.closeAllOfAccount(user_id);
}

/** Ends the membership, and tells the server. False if there was none. */
async function end(server_id: string, user_id: string): Promise<boolean> {
  try {
    await store.removeMember(server_id, user_id);
  } catch (error) {
    if (!(error instanceof TransactionFailed && error.failed[0])) throw error;
    await silence(user_id, server_id);
    return false;
  }
  const topic = serverTopic(server_id);
  await announce(topic, { type: "member_left", topic, server_id, user_id });
  return true;
}

/** A removal that ended half way, and is repeated, finds no member, but may find somebody who still listens. */
async function silence(userId: string, serverId: string): Promise<void> {
  if (!isId("srv", serverId)) return;
  const topics = new Set([serverTopic(serverId), presenceTopic(serverId)]);
  await connection.closeListenersOf(userId, (topic) => topics.has(topic) || topic.startsWith(logPrefixOfServer(serverId)));
}

const notFound = () => new AppError("member.not_found", "There is no such member in this server.");
