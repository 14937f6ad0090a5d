import { everyoneRoleId } from "../lib/id";
import { limits } from "../protocol/limits";
import { namedIn } from "../protocol/mention";
import type { Member } from "../protocol/server";
import type { Membership } from "../server/access";
import { findMembers } from "../server/store";

interface Mentioned {
  members: Member[];
  roleIds: string[];
}

/** Whom a text by this member mentions: members of the server, and everyone if the member may. Cost: 1 read unit for each account that is named. */
export async function mentionedIn(content: string, { server, permissions }: Membership): Promise<Mentioned> {
  const { userIds, roleIds, everyone } = namedIn(content);
  const everyoneId = everyoneRoleId(server.id);
  const isEveryone = (everyone || roleIds.includes(everyoneId)) && permissions.includes("mention_everyone");
  const found = await findMembers(server.id, userIds.slice(0, limits.mentionsMax));
  const order = new Map(userIds.map((id, i) => [id, i]));
  const members = found.sort((a, b) => (order.get(a.user_id) ?? 0) - (order.get(b.user_id) ?? 0));
  return { members, roleIds: isEveryone ? [everyoneId] : [] };
}
