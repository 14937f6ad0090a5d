import * as account from "../account/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { directConversationId, newId } from "../lib/id";
import { badCursor } from "../lib/page";
import * as limit from "../limit/index";
import type { ConversationPage, ConversationState, CreateConversationBody } from "../protocol/conversation";
import { limits } from "../protocol/limits";
import type { PageQuery } from "../protocol/primitives";
import { asParticipant, participationOf, youAreBlocked, youBlock, youCannotAdd } from "./access";
import type { Participation } from "./access";
import { clearInPassing } from "./leaving";
import { announceTo, stateFor, statesFor } from "./present";
import * as store from "./store";

export { block, listBlocks, unblock } from "./block";
export { update } from "./group";
export { leave } from "./leaving";

/** More than a person starts in an hour. */
const startedPerAccount = { max: 200, windowSeconds: 3_600, code: "limit.conversations" } as const;

/**
 * Starts a conversation. With one other it is the direct one of the two, and always the same, also when both start it at the same moment: it shows
 * for who starts it, and for the other with its first message. With more it is a new group, which shows for everybody.
 * @returns `created`: false if the direct one was there.
 * @throws account.not_found, auth.denied (somebody has blocked the actor, or is blocked by them), input.invalid, limit.conversations
 * Cost: 1 read unit for each account, 1 write unit, 1 transaction of 5 writes (a group: 1, 1 for each who is in it, and 1 for each other), and what
 * `get` costs.
 */
export async function create(
  actor: Account,
  { user_ids }: CreateConversationBody,
): Promise<{ conversation: ConversationState; created: boolean }> {
  const others = user_ids.filter((id) => id !== actor.user_id);
  const [other, second] = others;
  if (other === undefined) throw badUserIds("must name somebody else");
  if (others.length >= limits.participantsMax) throw badUserIds(`must name at most ${limits.participantsMax - 1} others`);
  return second === undefined ? openDirect(actor, other) : startGroup(actor, others);
}

const badUserIds = (problem: string) =>
  new AppError("input.invalid", "A conversation takes one to nine other people.", { details: { user_ids: problem } });

async function openDirect(actor: Account, otherId: string): Promise<{ conversation: ConversationState; created: boolean }> {
  const id = directConversationId(actor.user_id, otherId);
  const now = Date.now();
  const found = await store.find(id);
  const created = found === undefined && (await startDirect(actor, otherId, id, now));
  const participation = await asParticipant(actor, id);
  const { own, participants } = participation;
  if (participants.some(({ user_id, blocks }) => user_id === otherId && blocks)) throw youAreBlocked();
  const isShown = own.last_activity_at !== undefined && own.closed_through === undefined;
  if (!isShown) await store.show(id, actor.user_id, now);
  if (created || !isShown) await announceTo([actor.user_id], participation);
  return { conversation: await stateFor(actor.user_id, participation), created };
}

/** False if the other one was faster. */
async function startDirect(actor: Account, otherId: string, id: string, now: number): Promise<boolean> {
  await account.assertAll([otherId]);
  await limit.take({ ...startedPerAccount, key: `start-conversation#${actor.user_id}` });
  try {
    await store.create(
      { id, kind: "direct", name: null, created_by: actor.user_id, created_at: now, participants: 2 },
      [store.participantWrite(id, actor.user_id, now, now), store.participantWrite(id, otherId, now)],
      [store.unblockedCheck(otherId, actor.user_id), store.unblockedCheck(actor.user_id, otherId)],
    );
    return true;
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    const [isThere, , , isBlocked, blocks] = error.failed;
    if (isBlocked) throw youAreBlocked();
    if (blocks) throw youBlock();
    if (isThere) return false;
    throw error;
  }
}

async function startGroup(actor: Account, others: readonly string[]): Promise<{ conversation: ConversationState; created: boolean }> {
  await account.assertAll(others);
  await limit.take({ ...startedPerAccount, key: `start-conversation#${actor.user_id}` });
  const id = newId("dm");
  const now = Date.now();
  const everybody = [actor.user_id, ...others];
  try {
    await store.create(
      { id, kind: "group", name: null, created_by: actor.user_id, created_at: now, participants: everybody.length },
      everybody.map((userId) => store.participantWrite(id, userId, now, now)),
      others.map((userId) => store.unblockedCheck(userId, actor.user_id)),
    );
  } catch (error) {
    if (error instanceof TransactionFailed && error.failed.slice(1 + everybody.length).some(Boolean)) throw youCannotAdd();
    throw error;
  }
  const participation = await asParticipant(actor, id);
  await announceTo(everybody, participation);
  return { conversation: await stateFor(actor.user_id, participation), created: true };
}

/** @throws conversation.not_found. Cost: 1 read unit, 1 for each who is in it, 1 for its head and 1 for the read mark. */
export async function get(actor: Account, { dm_id }: { dm_id: string }): Promise<ConversationState> {
  return stateFor(actor.user_id, await asParticipant(actor, dm_id));
}

/** So many of those that were closed are passed over at most; the page may then be short. */
const PAGES_MAX = 4;

/**
 * The conversations of the actor, the newest activity first: over all pages by the minute, on each by the moment.
 * @throws input.invalid. Cost: half a read unit per 4 KB of the list; what `get` costs for each.
 */
export async function list(actor: Account, { limit: wanted, cursor }: PageQuery): Promise<ConversationPage> {
  if (cursor !== undefined && !store.isCursor(cursor)) throw badCursor();
  const conversations: ConversationState[] = [];
  let next: string | null = cursor ?? null;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await store.listOf(actor.user_id, wanted - conversations.length, next ?? undefined);
    conversations.push(
      ...(await shownOf(
        actor,
        page.items.map(({ own }) => own.id),
      )),
    );
    next = page.next;
    if (next === null || conversations.length === wanted) break;
  }
  conversations.sort((a, b) => b.last_activity_at - a.last_activity_at);
  return { conversations, has_more: next !== null, next_cursor: next };
}

/** Those that the account is in now and has not closed: the list may be a moment behind. */
async function shownOf(actor: Account, ids: readonly string[]): Promise<ConversationState[]> {
  const found = await Promise.all(ids.map((id) => store.find(id)));
  const all = found.flatMap((one) => (one && participationOf(one, actor.user_id)) ?? []);
  const isLeft = ({ own }: Participation) => own.left_at !== undefined;
  await clearInPassing(all.filter(isLeft));
  const closedThrough = new Map(all.map(({ own }) => [own.id, own.closed_through ?? -1]));
  const states = await statesFor(
    actor.user_id,
    all.filter((one) => !isLeft(one)),
  );
  return states.filter(({ id, head }) => head > (closedThrough.get(id) ?? -1));
}
