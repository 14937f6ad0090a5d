import type { Account } from "@agora/core/actor";
import { isWithoutPlace } from "@agora/core/protocol/route";
import type { Route } from "@agora/core/protocol/route";
import { asParticipant } from "@agora/core/conversation/access";
import { asMember, asOwner, assertSome, inChannel, withPermission } from "@agora/core/server/access";

/**
 * May the actor call a route with these parameters at all? The core functions decide it themselves; this is asked first only where a request is
 * wrong as well, so that somebody who may not know of a thing learns nothing of it from the way in which a bad request is refused.
 * @throws server.not_found, channel.not_found, conversation.not_found, auth.denied
 */
export async function authorize(
  actor: Account,
  { who, whoForOthers }: Pick<Route, "who" | "whoForOthers">,
  { server_id, channel_id, dm_id, user_id }: Record<string, string>,
): Promise<void> {
  if (who === "participant") {
    await asParticipant(actor, dm_id ?? "");
    return;
  }
  if (isWithoutPlace(who) || server_id === undefined) return;
  if (who === "owner") {
    await asOwner(actor, server_id);
    return;
  }
  const permission = who === "member" ? undefined : who;
  if (channel_id !== undefined) await inChannel(actor, server_id, channel_id, permission);
  else if (permission) await withPermission(actor, server_id, permission);
  else {
    const membership = await asMember(actor, server_id);
    if (whoForOthers && user_id !== "@me" && user_id !== actor.user_id) assertSome(membership, whoForOthers);
  }
}
