import * as account from "../account/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError, unavailable } from "../lib/error";
import { directConversationId } from "../lib/id";
import { assertCursor, slice } from "../lib/page";
import type { BlockPage } from "../protocol/conversation";
import type { PageQuery } from "../protocol/primitives";
import * as store from "./store";

/**
 * Blocks an account: from now on neither of the two can start, write or type in their direct conversation, and the account cannot bring the actor into
 * a group. Whatever it starts at the same moment was either there before, and is closed by this, or is refused. Blocking again changes nothing.
 * @throws account.not_found, input.invalid. Cost: 2 read units, 1 transaction of 2 writes.
 */
export async function block(actor: Account, { user_id }: { user_id: string }): Promise<void> {
  if (user_id === actor.user_id || user_id === "@me") {
    throw new AppError("input.invalid", "You cannot block yourself.", { details: { user_id: "must be somebody else" } });
  }
  await account.assertAll([user_id]);
  await either(actor.user_id, user_id, store.block);
}

/** Takes a block back; of somebody who is not blocked it does nothing. @throws account.not_found. Cost: as `block`. */
export async function unblock(actor: Account, { user_id }: { user_id: string }): Promise<void> {
  await account.assertAll([user_id]);
  await either(actor.user_id, user_id, store.unblock);
}

/** A direct conversation that was started once never ends, so whether there is one is found out in two tries. */
async function either(blockerId: string, userId: string, write: typeof store.block): Promise<void> {
  const id = directConversationId(blockerId, userId);
  let isStarted = (await store.find(id)) !== undefined;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write(blockerId, userId, id, isStarted);
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      if (attempt === 3) throw unavailable(error);
      isStarted = !isStarted;
    }
  }
}

/** Whom the actor has blocked. @throws input.invalid. Cost: half a read unit per 4 KB, and 1 for each account. */
export async function listBlocks(actor: Account, { limit, cursor }: PageQuery): Promise<BlockPage> {
  const ids = await store.listBlocks(actor.user_id, limit + 1, assertCursor("usr", cursor));
  const { items, next } = slice(ids, limit, (id) => id);
  const found = new Map((await account.findUsers(items)).map((user) => [user.id, user]));
  return { users: items.flatMap((id) => found.get(id) ?? []), has_more: next !== null, next_cursor: next };
}
