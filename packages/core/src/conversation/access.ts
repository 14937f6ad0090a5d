import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { isId } from "../lib/id";
import * as store from "./store";
import type { Found, Participant } from "./store";

/* The only way to a conversation. "Absent" and "not yours" are one answer. */

export interface Participation extends Found {
  own: Participant;
}

/** @throws conversation.not_found for everybody who is not in it. Cost: 1 read unit. */
export async function asParticipant(actor: Account, dmId: string): Promise<Participation> {
  const found = isId("dm", dmId) ? await store.find(dmId) : undefined;
  const participation = found && participationOf(found, actor.user_id);
  if (!participation || participation.own.left_at !== undefined) throw notFound();
  return participation;
}

export function participationOf(found: Found, userId: string): Participation | undefined {
  const own = found.participants.find(({ user_id }) => user_id === userId);
  return own && { ...found, own };
}

export const notFound = () => new AppError("conversation.not_found", "There is no such conversation, or you are not in it.");

/** @throws auth.denied where one of two has blocked the other, or was deleted. In groups blocks do nothing. */
export function assertWritable({ conversation, participants, own }: Participation): void {
  if (conversation.kind === "group") return;
  if (participants.some(({ gone }) => gone)) throw new AppError("auth.denied", "This account was deleted.");
  if (own.blocks) throw youBlock();
  if (participants.some(({ blocks }) => blocks)) throw youAreBlocked();
}

export const youBlock = () => new AppError("auth.denied", "You have blocked this account. Unblock it to write to it.");

/** No more than that it does not work: who is blocked is not told by whom, when or why. */
export const youAreBlocked = () => new AppError("auth.denied", "You cannot write to this account.");

/** Not who of them it is. */
export const youCannotAdd = () => new AppError("auth.denied", "You cannot add one of these people to a group.");

/** Those of some accounts who are in a conversation at that moment. Cost: 1 read unit. */
export const participantsNow =
  (dmId: string) =>
  async (userIds: readonly string[]): Promise<ReadonlySet<string>> => {
    const found = await store.find(dmId);
    const present = new Set(found?.participants.filter(({ left_at }) => left_at === undefined).map(({ user_id }) => user_id));
    return new Set(userIds.filter((id) => present.has(id)));
  };
