import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import type { Me } from "../protocol/account";
import * as store from "./store";

/** The actor's own account. @throws account.not_found. Cost: 1 read unit. */
export const me = (actor: Account): Promise<Me> => get(actor.user_id);

/** An account with what only its owner may see. @throws account.not_found. Cost: 1 read unit. */
export async function get(userId: string): Promise<Me> {
  const user = await store.find(userId);
  if (!user) throw new AppError("account.not_found", "This account does not exist any more.");
  return user;
}
