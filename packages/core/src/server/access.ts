import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { everyoneRoleId, isId, serverOfChannel } from "../lib/id";
import type { Channel } from "../protocol/channel";
import type { Member } from "../protocol/member";
import { permissions as allPermissions } from "../protocol/role";
import type { Permission, Role } from "../protocol/role";
import { findChannel } from "../channel/store";
import { findMembers } from "../member/store";
import type { Audience } from "../realtime/publish";
import * as store from "./store";
import type { ServerRow } from "./store";

/* The only way to a server or a channel, and the one place that decides what somebody may do there. "Absent" and "hidden from you" are one answer. */

export interface Membership {
  server: ServerRow;
  member: Member;
  isOwner: boolean;
  /** What the member may do now: nothing during a time-out. */
  permissions: readonly Permission[];
  /** How high the member stands: 0 with no role but `everyone`; the owner stands above all. */
  rank: number;
  sees: (channel: Channel) => boolean;
}

/** What a member may do in a server, and what they see of it. */
export function membershipOf(server: ServerRow, member: Member, now = Date.now()): Membership {
  const isOwner = server.owner_id === member.user_id;
  const held = server.roles.filter(({ id }) => id === everyoneRoleId(server.id) || member.role_ids.includes(id));
  const granted = isOwner
    ? allPermissions
    : allPermissions.filter((permission) => held.some((role) => role.permissions.includes(permission)));
  return {
    server,
    member,
    isOwner,
    permissions: isOwner || !isTimedOut(member, now) ? granted : [],
    rank: rankOf(server, member),
    sees: (channel) =>
      !channel.private ||
      isOwner ||
      granted.includes("manage_channels") ||
      channel.allowed_user_ids.includes(member.user_id) ||
      held.some(({ id }) => channel.allowed_role_ids.includes(id)),
  };
}

export const isTimedOut = ({ timeout_until }: Member, now = Date.now()): boolean => timeout_until !== null && timeout_until > now;

/** Roles are listed from the highest to the lowest. */
export function rankOf({ owner_id, roles }: ServerRow, { user_id, role_ids }: Pick<Member, "user_id" | "role_ids">): number {
  if (user_id === owner_id) return Infinity;
  const highest = roles.findIndex(({ id }) => role_ids.includes(id));
  return highest < 0 ? 0 : rankOfRole(roles, highest);
}

/** By its place in the list; `everyone`, the last one, has rank 0. */
export const rankOfRole = (roles: readonly Role[], index: number): number => roles.length - 1 - index;

/** @throws server.not_found for everybody who is not a member. Cost: 2 read units, 1 call. */
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

/** @throws server.not_found, auth.denied. Cost: as asMember. */
export async function asOwner(actor: Account, serverId: string): Promise<Membership> {
  const membership = await asMember(actor, serverId);
  if (!membership.isOwner) throw new AppError("auth.denied", "Only the owner of a server may do that.");
  return membership;
}

/** @throws server.not_found, channel.not_found (also for a private channel that the actor does not see), auth.denied. Cost: 3 read units, 1 call. */
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
  if (!found?.channel || !membership.sees(found.channel)) throw new AppError("channel.not_found", "There is no such channel here.");
  if (permission) assertPermission(membership, permission);
  return { ...membership, channel: found.channel };
}

/** Tells who among some accounts is a member of whom it is true. Cost: 1 read unit, and 1 for each account. */
export function audience(serverId: string, isTrueOf: (membership: Membership) => boolean): Audience {
  return async (userIds) => {
    const [server, members] = await Promise.all([store.findServer(serverId), findMembers(serverId, userIds)]);
    if (!server) return new Set();
    return new Set(members.filter((member) => isTrueOf(membershipOf(server, member))).map(({ user_id }) => user_id));
  };
}

/** Who hears of a channel; undefined: every member does. */
export const audienceOf = (channel: Channel): Audience | undefined =>
  channel.private ? audience(channel.server_id, ({ sees }) => sees(channel)) : undefined;

/** Who hears of a channel as it is then, which may not be as it was when somebody began to speak in it. Cost: 1 read unit; if it is private as `audience`. */
export const audienceNow = ({ server_id, id }: Pick<Channel, "server_id" | "id">): Audience => {
  return async (userIds) => {
    const channel = await findChannel(server_id, id);
    if (!channel) return new Set();
    return audienceOf(channel)?.(userIds) ?? new Set(userIds);
  };
};

function assertMembership(found: { server: ServerRow | undefined; member: Member | undefined } | undefined): Membership {
  if (!found?.server || !found.member) throw new AppError("server.not_found", "There is no such server, or you are not a member of it.");
  return membershipOf(found.server, found.member);
}

/** @throws auth.denied */
export const assertPermission = (membership: Membership, permission: Permission): void => assertSome(membership, [permission]);

/** One of them is enough. @throws auth.denied */
export function assertSome({ permissions, isOwner, member }: Membership, wanted: readonly Permission[]): void {
  if (wanted.some((permission) => permissions.includes(permission))) return;
  if (!isOwner && isTimedOut(member)) throw new AppError("auth.denied", "You are in a time-out here: until it ends you can only read.");
  throw new AppError("auth.denied", "You may not do that here.");
}
