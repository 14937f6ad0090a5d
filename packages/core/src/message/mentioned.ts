import { everyoneRoleId } from "../lib/id";
import { limits } from "../protocol/limits";
import { namedIn } from "../protocol/mention";
import type { Channel } from "../protocol/channel";
import type { Member } from "../protocol/member";
import { findMembers } from "../member/store";
import { membershipOf } from "../server/access";
import type { Membership } from "../server/access";

interface Mentioned {
  members: Member[];
  roleIds: string[];
}

/** Whom a text by this member mentions: members who see the channel, roles, and everyone if the member may. Cost: 1 read unit for each account that is named. */
export async function mentionedIn(
  content: string,
  { server, permissions, channel }: Membership & { channel: Channel },
): Promise<Mentioned> {
  const { userIds, roleIds, everyone } = namedIn(content);
  const everyoneId = everyoneRoleId(server.id);
  const mayEveryone = permissions.includes("mention_everyone");
  const named = everyone ? [...new Set([...roleIds, everyoneId])] : roleIds;
  const roles = named.filter((id) => (id === everyoneId ? mayEveryone : server.roles.some((role) => role.id === id)));
  const found = await findMembers(server.id, userIds.slice(0, limits.mentionsMax));
  const order = new Map(userIds.map((id, i) => [id, i]));
  const members = found
    .filter((member) => membershipOf(server, member).sees(channel))
    .sort((a, b) => (order.get(a.user_id) ?? 0) - (order.get(b.user_id) ?? 0));
  return { members, roleIds: roles.slice(0, limits.mentionsMax) };
}
