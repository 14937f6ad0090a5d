import type { Account } from "@agora/core/actor";
import type { Permission } from "@agora/core/protocol/role";
import { asMember, audience, withPermission } from "@agora/core/server/access";
import type { Membership } from "@agora/core/server/access";
import { redirect } from "@sveltejs/kit";
import type { ServerLoadEvent } from "@sveltejs/kit";
import { orErrorPage } from "./refusals";

/** What the lists of the settings depend on, to be loaded again when something in the server has changed. */
const SECTION = "agora:section";

type Event = Pick<ServerLoadEvent<{ server_id: string }>, "locals" | "params" | "url" | "depends">;

/** Who opens a section of a server's settings, and what they may do there. Whoever lacks the permission gets the refusal's page. */
export async function openSection(
  { locals, params, url, depends }: Event,
  permission?: Permission,
): Promise<{ actor: Account } & Membership> {
  depends(SECTION);
  const { actor } = locals;
  if (!actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname + url.search)}`);
  const { server_id } = params;
  const asking = permission ? withPermission(actor, server_id, permission) : asMember(actor, server_id);
  return { actor, ...(await orErrorPage(asking)) };
}

const ACCOUNT_ID = /^usr_[0-9a-z]{1,60}$/;

/** Those of some accounts who are members of a server, by their ids. To be asked for a member only. */
export async function findMemberships(serverId: string, userIds: readonly (string | null)[]): Promise<ReadonlyMap<string, Membership>> {
  const found = new Map<string, Membership>();
  const ids = [...new Set(userIds)].filter((id) => id !== null && ACCOUNT_ID.test(id)) as string[];
  await orErrorPage(
    audience(serverId, (membership) => {
      found.set(membership.member.user_id, membership);
      return true;
    })(ids),
  );
  return found;
}

/** What some members are called, by their ids. Who is no member any more is missing. */
export async function namesIn(serverId: string, userIds: readonly (string | null)[]): Promise<Record<string, string>> {
  const found = await findMemberships(serverId, userIds);
  return Object.fromEntries(
    [...found].map(([id, { member }]) => [id, member.nickname ?? member.user.display_name ?? member.user.username]),
  );
}
