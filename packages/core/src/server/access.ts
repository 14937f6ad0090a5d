import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { isId, serverOfChannel } from "../lib/id";
import { permissions as allPermissions } from "../protocol/server";
import type { Channel, Member, Permission } from "../protocol/server";
import * as store from "./store";
import type { ServerRow } from "./store";

/* The only way to a server or a channel. "Absent" and "hidden from you" are one answer. */

export interface Membership {
  server: ServerRow;
  member: Member;
  permissions: readonly Permission[];
}

/** What the built-in role `everyone` may do. */
export const everyonePermissions: readonly Permission[] = ["create_invites", "send_messages", "attach_files", "use_voice"];

/** What a member may do in a server: the one place that decides it. */
export function membershipOf(server: ServerRow, member: Member): Membership {
  return { server, member, permissions: server.owner_id === member.user_id ? allPermissions : everyonePermissions };
}

/** @throws server.not_found for everybody who is not a member. Cost: 1.5 read units, 1 call. */
export async function asMember(actor: Account, serverId: string): Promise<Membership> {
  const found = isId("srv", serverId) ? await store.findForAccess(serverId, actor.user_id) : undefined;
  return assertMembership(found);
}

/** @throws server.not_found, auth.denied. Cost: as asMember. */
export async function withPermission(actor: Account, serverId: string, permission: Permission): Promise<Membership> {
  const membership = await asMember(actor, serverId);
  assertPermission(membership, permission);
  return membership;
}

/** @throws server.not_found, channel.not_found, auth.denied. Cost: 2 read units, 1 call. */
export async function inChannel(
  actor: Account,
  serverId: string,
  channelId: string,
  permission?: Permission,
): Promise<Membership & { channel: Channel }> {
  const isPossible = isId("srv", serverId);
  // A channel's id names its server, so one that names another cannot be here, and its key is not asked for.
  const isHere = isPossible && serverOfChannel(channelId) === serverId;
  const found = isPossible ? await store.findForAccess(serverId, actor.user_id, isHere ? channelId : undefined) : undefined;
  const membership = assertMembership(found);
  if (!found?.channel) throw new AppError("channel.not_found", "There is no such channel here.");
  if (permission) assertPermission(membership, permission);
  return { ...membership, channel: found.channel };
}

function assertMembership(found: { server: ServerRow | undefined; member: Member | undefined } | undefined): Membership {
  if (!found?.server || !found.member) throw new AppError("server.not_found", "There is no such server, or you are not a member of it.");
  return membershipOf(found.server, found.member);
}

function assertPermission({ permissions }: Membership, permission: Permission): void {
  if (!permissions.includes(permission)) throw new AppError("auth.denied", "You may not do that here.");
}
