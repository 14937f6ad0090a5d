import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { unavailable } from "../lib/error";
import { conversationLog, isId } from "../lib/id";
import { userTopic } from "../lib/topic";
import * as log from "../log/index";
import { eraseMessages } from "../message/files";
import * as connection from "../realtime/connection";
import { announce } from "../realtime/publish";
import { asParticipant, notFound, participationOf } from "./access";
import type { Participation } from "./access";
import { announceTo } from "./present";
import * as store from "./store";

/** How long a call goes on erasing. */
const ERASING_MS = 20_000;
const ERASING_IN_PASSING_MS = 1_000;
/** Others come and go just then. */
const TRIES = 10;

/**
 * Leaves a group, or takes a direct conversation out of the own list until something new is said in it. When this returns, who has left a group
 * reads nothing of it and hears nothing of it: their sockets were closed, and come back without it. When the last one leaves, what was said is erased;
 * what takes longer than 20 seconds is refused, and goes on when this is repeated, or when the list is looked at.
 * @throws conversation.not_found, unavailable: to be repeated
 * Cost: 2 read units; 2 write units for a direct one; for a group 1 transaction of 2 writes, a push to each connection of those who stay and of the
 * actor, and the end of the actor's.
 */
export async function leave(actor: Account, { dm_id }: { dm_id: string }): Promise<void> {
  const participation = await findToLeave(actor, dm_id);
  const { conversation, own } = participation;
  if (conversation.kind === "direct") {
    await store.close(dm_id, actor.user_id, await log.head(conversationLog(dm_id)));
    return tellLeft(actor.user_id, dm_id);
  }
  if (own.left_at === undefined) await end(actor, dm_id);
  await silence(actor.user_id, dm_id);
  const rest = await store.find(dm_id);
  const others = rest?.participants.map(({ user_id }) => user_id).filter((id) => id !== actor.user_id) ?? [];
  if (rest && others.length > 0) return announceTo(others, rest);
  if (!(await clear(dm_id, actor.user_id, Date.now() + ERASING_MS)))
    throw unavailable(new Error(`the log of ${dm_id} was not erased in time`));
}

/** Also one that the actor, as the last one, has left half way. Behind one that was left, who may still listen is silenced. */
async function findToLeave({ user_id }: Account, dmId: string): Promise<Participation> {
  const found = isId("dm", dmId) ? await store.find(dmId) : undefined;
  const participation = found && participationOf(found, user_id);
  if (participation) return participation;
  if (isId("dm", dmId)) await connection.closeListenersOf(user_id, (topic) => topic === conversationLog(dmId));
  throw notFound();
}

async function end(actor: Account, dmId: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { participants } = await asParticipant(actor, dmId);
    try {
      return await store.leave(dmId, actor.user_id, participants.length === 1);
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      if (attempt === TRIES) throw unavailable(error);
    }
  }
}

/** Tells somebody's devices that they are not in it any more, and closes their sockets: whoever has listed these already pushes to nobody. @throws unavailable */
export async function silence(userId: string, dmId: string): Promise<void> {
  await tellLeft(userId, dmId);
  await connection.closeAllOfAccount(userId);
}

async function tellLeft(userId: string, conversation_id: string): Promise<void> {
  const topic = userTopic(userId);
  await announce(topic, { type: "conversation_left", topic, conversation_id });
}

async function clear(dmId: string, userId: string, until: number): Promise<boolean> {
  const logId = conversationLog(dmId);
  if (!(await eraseMessages(logId, until))) return false;
  await store.forget(dmId, userId);
  return true;
}

/** Goes on with what a leaving has left to do. */
export async function clearInPassing(left: readonly Participation[]): Promise<void> {
  const until = Date.now() + ERASING_IN_PASSING_MS;
  for (const { own } of left) if (Date.now() < until) await clear(own.id, own.user_id, until);
}
