import { listPage } from "$lib/server/list-page";
import { orErrorPage } from "$lib/server/refusals";
import { openSection } from "$lib/server/server-section";
import * as member from "@agora/core/member";
import { MemberPageQuery } from "@agora/core/protocol/member";
import type { PageServerLoad } from "./$types";

const SHOWN = 50;

export const load: PageServerLoad = async (event) => {
  const { actor, server } = await openSection(event);
  const asked = listPage(MemberPageQuery, event.url, SHOWN);
  const { members, next_cursor } = await orErrorPage(member.list(actor, { server_id: event.params.server_id, ...asked }));
  const rolesOf = (ids: string[]) => server.roles.filter(({ id }) => ids.includes(id)).map(({ id, name, color }) => ({ id, name, color }));
  return {
    members: members.map((member) => ({ ...member, roles: rolesOf(member.role_ids) })),
    q: asked.q ?? "",
    isContinued: asked.cursor !== undefined,
    next: next_cursor,
    ownerId: server.owner_id,
    count: server.member_count,
    now: Date.now(),
  };
};
