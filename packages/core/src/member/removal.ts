import * as audit from "../audit/index";
import * as channels from "../channel/store";
import type { Account } from "../lib/actor";
import { TransactionFailed, transactWrite } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { AppError, isAppError, unavailable } from "../lib/error";
import { isId, logPrefixOfServer } from "../lib/id";
import { presenceTopic, serverTopic, userTopic } from "../lib/topic";
import type { Member } from "../protocol/member";
import * as connection from "../realtime/connection";
import { announce } from "../realtime/publish";
import { asMember, isTimedOut, rankOf, withPermission } from "../server/access";
import * as store from "./store";

/**
 * Removes somebody from a server; `@me` leaves it. When this returns they are no member, hear nothing of the server any more, and read nothing:
 * their sockets were closed, and come back without it. To be repeated if it fails.
 * @throws server.not_found, auth.denied, member.not_found, server.owner_must_transfer, unavailable
 * Cost: 4 read units, 1 transaction of 3 writes (8 write units with the index), a push to each listener of the server and to each of their
 * connections, and the end of these.
 */
export async function remove(actor: Account, { server_id, user_id }: { server_id: string; user_id: string }): Promise<void> {
  if (user_id === "@me" || user_id === actor.user_id) return leave(actor, server_id);
  try {
    await audit.change(server_id, async () => {
      const { server, member, rank } = await withPermission(actor, server_id, "moderate_members");
      const target = isId("usr", user_id) ? await store.findMember(server_id, user_id) : undefined;
      if (!target) throw notFound();
      if (user_id === server.owner_id) throw new AppError("auth.denied", "The owner of a server cannot be removed from it.");
      if (rank <= rankOf(server, target)) throw new AppError("auth.denied", "This member does not stand below you.");
      const note = { action: "member.kick" as const, target: { id: user_id, name: target.user.username } };
      // Who comes back by an invite does not come back into the private channels.
      const writes = [...endWrites(target), ...(await channels.withoutUser(server_id, user_id))];
      return { by: member, writes, note, value: undefined };
    });
  } catch (error) {
    if (isAppError(error, "member.not_found")) await silence(user_id, server_id);
    throw error;
  }
  await tellRemoved(server_id, user_id, "kick");
}

/** Somebody may give them a time-out, or the server, just then. */
const TRIES = 5;

async function leave(actor: Account, server_id: string): Promise<void> {
  const { user_id } = actor;
  for (let attempt = 1; ; attempt++) {
    const { server, member } = await asMember(actor, server_id).catch(async (error: unknown) => {
      await silence(user_id, server_id);
      throw error;
    });
    if (server.owner_id === user_id) {
      throw new AppError("server.owner_must_transfer", "You own this server. Hand it to somebody else before you leave.");
    }
    try {
      await transactWrite(endWrites(member));
      break;
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      if (attempt === TRIES) throw unavailable(error);
    }
  }
  await announceLeft(server_id, user_id);
  await connection.closeAllOfAccount(user_id);
}

/**
 * Ends a membership, in a transaction. The first fails if there is none, or it is not as it was read; the second if they own the server. Of a time-out
 * nobody gets rid by going and coming back.
 */
export const endWrites = (member: Member): Write[] => [
  store.writes.remove(member),
  store.writes.countLeft(member.server_id, member.user_id),
  ...(isTimedOut(member) ? [store.writes.keepTimeout(member)] : []),
];

/** Tells the server and the account that they were removed, and closes their sockets. @throws unavailable */
export async function tellRemoved(server_id: string, user_id: string, reason: "kick" | "ban"): Promise<void> {
  await announceLeft(server_id, user_id);
  const topic = userTopic(user_id);
  await announce(topic, { type: "kicked", topic, server_id, reason });
  await connection.closeAllOfAccount(user_id);
}

async function announceLeft(server_id: string, user_id: string): Promise<void> {
  const topic = serverTopic(server_id);
  await announce(topic, { type: "member_left", topic, server_id, user_id });
}

/** A removal that ended half way, and is repeated, finds no member, but may find somebody who still listens. */
export async function silence(userId: string, serverId: string): Promise<void> {
  if (!isId("srv", serverId)) return;
  const topics = new Set([serverTopic(serverId), presenceTopic(serverId)]);
  await connection.closeListenersOf(userId, (topic) => topics.has(topic) || topic.startsWith(logPrefixOfServer(serverId)));
}

const notFound = () => new AppError("member.not_found", "There is no such member in this server.");
