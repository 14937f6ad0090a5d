import * as channels from "../channel/store";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { unavailable } from "../lib/error";
import { auditLog, channelLog, logPrefixOfServer, reportsLog, serverOfChannel } from "../lib/id";
import { logger } from "../lib/logger";
import { userTopic } from "../lib/topic";
import * as invites from "../invite/store";
import * as log from "../log/index";
import { eraseMessages } from "../message/files";
import * as members from "../member/store";
import * as readStates from "../read-state/store";
import { announce } from "../realtime/publish";
import * as passwords from "../server-password/store";
import { releaseImage } from "../upload/index";
import { asOwner } from "./access";
import { iconOf } from "./icon";
import * as store from "./store";

/*
 * A server is deleted in steps. The first makes it absent for everybody and sets its name free, in one transaction. The others clear away what it was
 * made of; each can be repeated, so that an end in the midst of one does no harm. What says that there is something left to do is the owner's own
 * membership, which goes last, with the server's row: whenever the owner's servers are listed, the work goes on (decision 0015).
 */

const CLEARING_MS = 20_000;
const CLEARING_IN_PASSING_MS = 1_000;
const AT_ONCE = 100;

/**
 * Deletes a server with everything in it. When this returns it is gone for everybody; if there was much in it, the rest is cleared away when the
 * owner comes back, or calls this again.
 * @throws server.not_found, auth.denied
 * Cost: 2 read units, 1 transaction of 2 writes; then 1 write unit per KB of all that is in it, and for each member 1 read unit and 1 push to each of
 * their connections.
 */
export async function remove(actor: Account, { server_id }: { server_id: string }): Promise<void> {
  const left = await store.findDeleted(server_id);
  if (left?.owner_id !== actor.user_id) await markDeleted(actor, server_id);
  await tellDeleted(server_id, actor.user_id); // their other devices
  await clear(server_id, Date.now() + CLEARING_MS);
}

const TRIES = 5;

async function markDeleted(actor: Account, serverId: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { server } = await asOwner(actor, serverId);
    try {
      await store.markDeleted(server);
      return;
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      if (attempt === TRIES) throw unavailable(error); // renamed or handed on again and again
    }
  }
}

/** Goes on, for a moment, with deletions of the actor that have ended half way. */
export async function clearInPassing(actor: Account, serverIds: readonly string[]): Promise<void> {
  const until = Date.now() + CLEARING_IN_PASSING_MS;
  for (const serverId of serverIds) {
    if (Date.now() >= until) return;
    try {
      await finish(serverId, actor.user_id, until);
    } catch (error) {
      logger.warn("clearing.failed", { server_id: serverId }, error); // there will be another time
    }
  }
}

/** Goes on with a deletion by this account, if there is one. Answers whether nothing is left of it. */
export async function finish(serverId: string, userId: string, until: number): Promise<boolean> {
  const left = await store.findDeleted(serverId);
  return left?.owner_id !== userId || clear(serverId, until);
}

/** Answers whether nothing is left. */
async function clear(serverId: string, until: number): Promise<boolean> {
  const left = await store.findDeleted(serverId);
  if (!left) return true;
  const steps = [
    () => clearMembers(serverId, left.owner_id, until),
    () => clearRows(until, () => members.forgetSome("bans", serverId, AT_ONCE)),
    () => clearRows(until, () => members.forgetSome("timeouts", serverId, AT_ONCE)),
    () => clearChannels(serverId, until),
    () => log.erase(auditLog(serverId), until),
    () => log.erase(reportsLog(serverId), until),
    () => clearRows(until, () => invites.forgetSome(serverId, AT_ONCE)),
    () => passwords.forgetAllOf(serverId),
    () => readStates.forgetAllOf(left.role_ids, logPrefixOfServer(serverId)),
    () => releaseIcon(serverId, left.icon_url),
  ];
  for (const step of steps) if (!(await step()) || Date.now() >= until) return false;
  await store.forget(serverId, left.owner_id);
  return true;
}

async function releaseIcon(serverId: string, url: string | null): Promise<true> {
  await releaseImage(url, iconOf(serverId));
  return true;
}

/** Everybody is told; the owner's own membership stays for the end. */
async function clearMembers(serverId: string, ownerId: string, until: number): Promise<boolean> {
  for (;;) {
    const { items, next } = await members.listMembers(serverId, AT_ONCE, undefined);
    const others = items.filter(({ user_id }) => user_id !== ownerId);
    if (others.length === 0 && next === null) return true;
    await Promise.all(others.map(({ user_id }) => tellDeleted(serverId, user_id)));
    await members.forgetAll(others);
    if (Date.now() >= until) return false;
  }
}

async function tellDeleted(server_id: string, userId: string): Promise<void> {
  const topic = userTopic(userId);
  await announce(topic, { type: "kicked", topic, server_id, reason: "deleted" });
}

/** @param forgetSome answers whether there may be more. */
async function clearRows(until: number, forgetSome: () => Promise<boolean>): Promise<boolean> {
  while (await forgetSome()) if (Date.now() >= until) return false;
  return true;
}

async function clearChannels(serverId: string, until: number): Promise<boolean> {
  for (const { id } of await channels.listKeys(serverId)) {
    if (serverOfChannel(id) !== undefined && !(await eraseMessages(channelLog(id), until))) return false;
    await channels.forget(serverId, id);
  }
  return true;
}
