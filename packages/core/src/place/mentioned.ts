import { everyoneRoleId } from "../lib/id";
import * as limit from "../limit/index";
import { findMembers } from "../member/store";
import type { Channel } from "../protocol/channel";
import { limits } from "../protocol/limits";
import type { Member } from "../protocol/member";
import { namedIn } from "../protocol/mention";
import { membershipOf } from "../server/access";
import type { Membership } from "../server/access";

type Place = Pick<Membership, "server"> & { channel: Channel };

interface Mentioned {
  members: Member[];
  roleIds: string[];
}

/** A mention of a role is told to everybody who has the server in sight, at once: by a member who may not mention everyone once in a while. */
const ROLE_MENTION_EVERY_MS = 60_000;

/**
 * Whom a text by this member mentions: members who see the channel, roles, and everyone if the member may. What names a role too often is text.
 * @param before roles that the text mentioned before it was changed: it still does, if it names them.
 * Cost: 1 read unit for each account that is named; 1 write unit where a role is that was not before.
 */
export async function mentionedIn(
  content: string,
  { member, permissions, ...place }: Membership & Place,
  before: readonly string[] = [],
): Promise<Mentioned> {
  const { server } = place;
  const { userIds, roleIds, everyone } = namedIn(content);
  const everyoneId = everyoneRoleId(server.id);
  const mayEveryone = permissions.includes("mention_everyone");
  const named = everyone ? [...new Set([...roleIds, everyoneId])] : roleIds;
  const isBefore = (id: string) => before.includes(id);
  const isHere = (id: string) => (id === everyoneId ? mayEveryone : server.roles.some((role) => role.id === id));
  const roles = named.filter((id) => isBefore(id) || isHere(id));
  const members = await findSeeing(place, userIds.slice(0, limits.mentionsMax));
  const isPassed = mayEveryone || roles.every(isBefore) || (await limit.passes(`role-mention#${member.user_id}`, ROLE_MENTION_EVERY_MS));
  return { members, roleIds: (isPassed ? roles : roles.filter(isBefore)).slice(0, limits.mentionsMax) };
}

/** Those of the accounts who are members and see the channel, in the same order. Cost: 1 read unit each. */
export async function findSeeing({ server, channel }: Place, userIds: readonly string[]): Promise<Member[]> {
  const found = await findMembers(server.id, userIds);
  const order = new Map(userIds.map((id, i) => [id, i]));
  return found
    .filter((member) => membershipOf(server, member).sees(channel))
    .sort((a, b) => (order.get(a.user_id) ?? 0) - (order.get(b.user_id) ?? 0));
}
