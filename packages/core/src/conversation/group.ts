import * as account from "../account/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError, unavailable } from "../lib/error";
import { conversationLog } from "../lib/id";
import type { ConversationState, UpdateConversationBody } from "../protocol/conversation";
import { limits } from "../protocol/limits";
import * as connection from "../realtime/connection";
import { asParticipant, youCannotAdd } from "./access";
import type { Participation } from "./access";
import { silence } from "./leaving";
import { announceTo, stateFor } from "./present";
import * as store from "./store";

const TRIES = 10;

interface Changed {
  participation: Participation;
  added: string[];
  removed: string[];
}

/**
 * Changes a group: everybody in it may name it and bring people in, up to ten; who made it may also put people out. When this returns, those read
 * nothing of it and hear nothing of it any more.
 * @throws conversation.not_found, conversation.full, account.not_found, auth.denied, input.invalid, unavailable: to be repeated
 * Cost: 2 read units, 1 for each who is added, 1 transaction of 2 write units for each part; a push to each connection of everybody in it; what `get` costs.
 */
export async function update(actor: Account, { dm_id, ...body }: UpdateConversationBody & { dm_id: string }): Promise<ConversationState> {
  const { removed, added, participation } = await change(actor, dm_id, body);
  // Also those who were put out before, by a call that ended half way.
  const gone = (body.remove_user_ids ?? []).filter((id) => !removed.includes(id));
  await Promise.all([
    ...removed.map((userId) => silence(userId, dm_id)),
    ...gone.map((userId) => connection.closeListenersOf(userId, (topic) => topic === conversationLog(dm_id))),
  ]);
  if (removed.length + added.length > 0 || body.name !== undefined) {
    await announceTo(
      participation.participants.map(({ user_id }) => user_id),
      participation,
    );
  }
  return stateFor(actor.user_id, participation);
}

/** Others may change it just then: it is looked at anew until nobody was faster. */
async function change(actor: Account, dmId: string, body: UpdateConversationBody): Promise<Changed> {
  for (let attempt = 1; ; attempt++) {
    const before = await asParticipant(actor, dmId);
    const { add, remove } = await plan(before, actor, body);
    const { name } = body;
    if (add.length + remove.length === 0 && name === undefined) return { participation: before, added: add, removed: remove };
    try {
      await store.change({ id: dmId, by: actor.user_id, name, add, remove, room: limits.participantsMax }, Date.now());
      return { participation: await asParticipant(actor, dmId), added: add, removed: remove };
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      if (error.failed.slice(2 + remove.length + add.length).some(Boolean)) throw youCannotAdd();
      if (attempt === TRIES) throw unavailable(error);
    }
  }
}

/** @throws auth.denied, input.invalid, account.not_found, conversation.full */
async function plan(
  { conversation, participants }: Participation,
  { user_id }: Account,
  { add_user_ids = [], remove_user_ids = [] }: UpdateConversationBody,
): Promise<{ add: string[]; remove: string[] }> {
  if (conversation.kind === "direct") {
    throw new AppError("auth.denied", "A direct conversation is between two people. Start a group to talk to more.");
  }
  const isOther = (id: string) => id !== user_id;
  if (remove_user_ids.some(isOther) && conversation.created_by !== user_id) {
    throw new AppError("auth.denied", "Only who made the group may remove others.");
  }
  if (!remove_user_ids.every(isOther)) throw badRemoval("must name others: leave the group instead");
  if (remove_user_ids.some((id) => add_user_ids.includes(id))) throw badRemoval("must not name whom you add");
  const isIn = (id: string) => participants.some((participant) => participant.user_id === id);
  const add = add_user_ids.filter((id) => !isIn(id));
  const remove = remove_user_ids.filter(isIn);
  await account.assertAll(add);
  if (add.length > 0 && participants.length + add.length - remove.length > limits.participantsMax) {
    throw new AppError("conversation.full", `A group has room for ${limits.participantsMax} people.`);
  }
  return { add, remove };
}

const badRemoval = (problem: string) =>
  new AppError("input.invalid", "Nobody can be removed in this way.", { details: { remove_user_ids: problem } });
