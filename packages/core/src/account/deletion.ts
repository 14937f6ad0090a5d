import * as accessKey from "../access-key/index";
import * as channels from "../channel/store";
import { leave as leaveGroup } from "../conversation/index";
import * as conversations from "../conversation/store";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError, isAppError, unavailable } from "../lib/error";
import { channelLog, conversationLog, isId, serverOfChannel } from "../lib/id";
import { logger } from "../lib/logger";
import * as members from "../member/store";
import { remove as removeMember } from "../member/index";
import { makeNameless } from "../message/nameless";
import { avatarOf } from "../profile/avatar";
import type { DeleteAccountBody } from "../protocol/account";
import * as readStates from "../read-state/store";
import { closeAllOfAccount, endOtherSessions } from "../realtime/connection";
import { finish } from "../server/deletion";
import * as servers from "../server/store";
import { endWrite } from "../session/store";
import { removeAllOf as removeTopicsOf } from "../stream/store";
import { releaseImage } from "../upload/index";
import * as account from "./index";
import { assertPassword } from "./credentials";
import * as store from "./store";
import type { Erasing } from "./store";

/*
 * An account is deleted in steps, each of which can be repeated (docs/decisions/0018-an-account-is-deleted-by-its-owner.md). It can log in until the last
 * one, which takes its row, its names and its session at once. Before it come the places that it is in, one after the other: the place is noted in the
 * account's row, the membership ends, so that nothing more is said there, and then its name is taken out of what was said.
 */

const DELETING_MS = 15_000;
const PAGE = 100;

/**
 * Deletes the own account. What takes longer than 15 seconds is refused, and goes on when it is repeated. When this returns the account is gone: its
 * names are free, what it said in the servers that it was in, and in its conversations, is by "deleted", and nobody finds its topics, which the job clears away.
 * @throws auth.invalid for a wrong password, limit.login, server.owner_must_transfer, unavailable: to be repeated
 * Cost: `assertPassword`; for each server and conversation that of leaving it and 1 read unit per 4 KB of all that was said there, and for each own message 1 read unit and
 * 1 write unit per KB; 8 write units for each topic; 5 write units, and a transaction of 4 writes (9 write units with the index).
 */
export async function remove(actor: Account, { password }: DeleteAccountBody): Promise<void> {
  await assertPassword(actor, password);
  const until = Date.now() + DELETING_MS;
  await assertOwnsNothing(actor.user_id, until);
  if (!(await store.markDeleting(actor.user_id))) throw account.gone();
  await endOtherSessions(actor);
  await accessKey.revokeAll(actor.user_id); // nobody makes another one from now on
  await leaveEverywhere(actor, until);
  await removeTopicsOf(actor.user_id);
  await readStates.forgetAllOf([actor.user_id], "channel:");
  await readStates.forgetAllOf([actor.user_id], "dm:");
  await conversations.forgetBlocks(actor.user_id);
  await endOtherSessions(actor); // somebody may have logged in meanwhile
  await closeAllOfAccount(actor.user_id);
  const row = await account.getRow(actor.user_id);
  await releaseImage(row.avatar_url, avatarOf(row.id));
  await store.remove(row, endWrite(actor.session_id)).catch((error: unknown) => {
    throw error instanceof TransactionFailed ? unavailable(error) : error; // another call of the same is under way, or was faster
  });
  // One that was opened since hears of nothing but the account itself.
  await closeAllOfAccount(actor.user_id).catch((error: unknown) => logger.warn("close.failed", { user_id: actor.user_id }, error));
}

/** Also goes on with servers that the account has deleted: its membership is what they are found by. @throws server.owner_must_transfer, unavailable */
async function assertOwnsNothing(userId: string, until: number): Promise<void> {
  let cursor: string | undefined;
  do {
    const { items, next } = await members.listMemberships(userId, PAGE, cursor);
    const { servers: there, deleted } = await servers.listServers(items.map(({ server_id }) => server_id));
    const own = there.find(({ owner_id }) => owner_id === userId);
    if (own)
      throw new AppError("server.owner_must_transfer", `You own the server “${own.name}”. Hand it to somebody else, or delete it, first.`);
    for (const serverId of deleted) if (!(await finish(serverId, userId, until))) throw notInTime();
    cursor = next ?? undefined;
  } while (cursor);
}

async function leaveEverywhere(actor: Account, until: number): Promise<void> {
  const { erasing } = await account.getRow(actor.user_id);
  if (erasing) await leave(actor, erasing, until);
  for (let isLeft = false; !isLeft;) {
    const { items } = await members.listMemberships(actor.user_id, PAGE, undefined);
    for (const { server_id } of items) await leave(actor, { of: server_id }, until);
    isLeft = items.length === 0;
  }
  for (let isLeft = false; !isLeft;) {
    const { items } = await conversations.listOf(actor.user_id, PAGE, undefined);
    for (const { own } of items) await leave(actor, { of: own.id }, until);
    isLeft = items.length === 0;
  }
}

async function leave(actor: Account, erasing: Erasing, until: number): Promise<void> {
  const { user_id } = actor;
  const { of, log_id: reached = "", before } = erasing;
  const note = async (now: Erasing) => {
    if (Date.now() >= until || !(await store.noteErasing(user_id, now))) throw notInTime();
  };
  await note(erasing);
  const logs = isId("dm", of) ? await leaveConversation(actor, of) : await leaveServer(actor, of);
  for (const log_id of logs.sort().filter((id) => id >= reached)) {
    await note({ of, log_id, ...(log_id === reached ? { before } : {}) });
    await makeNameless(log_id, user_id, {
      before: log_id === reached ? before : undefined,
      onstep: (seq) => note({ of, log_id, before: seq }),
    });
  }
  await store.noteErased(user_id, { of });
}

/** Answers the logs of the server. @throws server.owner_must_transfer: it was handed to the account meanwhile. */
async function leaveServer(actor: Account, server_id: string): Promise<string[]> {
  try {
    await removeMember(actor, { server_id, user_id: "@me" });
  } catch (error) {
    if (!isAppError(error, "server.not_found")) throw error;
    await members.forgetAll([{ server_id, user_id: actor.user_id }]); // of a server that is being cleared away by another
  }
  const keys = await channels.listKeys(server_id);
  return keys.filter(({ id }) => serverOfChannel(id) !== undefined).map(({ id }) => channelLog(id));
}

/** A direct one stays for the other. */
async function leaveConversation(actor: Account, dm_id: string): Promise<string[]> {
  const found = await conversations.find(dm_id);
  if (found?.conversation.kind === "direct") await conversations.noteGone(dm_id, actor.user_id);
  else {
    await leaveGroup(actor, { dm_id }).catch((error: unknown) => {
      if (!isAppError(error, "conversation.not_found")) throw error; // it has left already
    });
  }
  return [conversationLog(dm_id)];
}

const notInTime = () => unavailable(new Error("the account was not deleted in time"));
