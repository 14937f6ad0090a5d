import * as audit from "../audit/index";
import { silencedBehind, silenceHidden } from "../channel/sight";
import { inOrder } from "../channel/store";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { everyoneRoleId, newId } from "../lib/id";
import { limits } from "../protocol/limits";
import type { CreateRoleBody, OrderRolesBody, Permission, Role, RoleList, UpdateRoleBody } from "../protocol/role";
import { rankOfRole, withPermission } from "../server/access";
import type { Membership } from "../server/access";
import { announceServer } from "../server/announce";
import { updateWrites } from "../server/store";
import type { ServerRow } from "../server/store";

/*
 * The roles of a server stand in its own row, from the highest to the lowest, so that what decides about rights is one read. Whoever manages roles does
 * so below the highest role that they have, and gives no permission that they have not; the owner stands above all roles.
 */

/**
 * Makes a role: the lowest one but `everyone`.
 * @throws server.not_found, auth.denied, server.roles_full
 * Cost: 3 read units, 1 transaction of 2 writes, one push to each listener of the server.
 */
export async function create(actor: Account, { server_id, ...body }: CreateRoleBody & { server_id: string }): Promise<Role> {
  const role: Role = { id: newId("rol"), ...body };
  await changeRoles(actor, server_id, (membership) => {
    const { roles } = membership.server;
    if (membership.rank === 0) throw new AppError("auth.denied", "A new role would stand above you.");
    assertGrants(membership, role.permissions);
    if (roles.length > limits.rolesPerServerMax) {
      throw new AppError("server.roles_full", `A server has at most ${limits.rolesPerServerMax} roles.`);
    }
    const note = { action: "role.create" as const, target: targetOf(role), changes: audit.changesOf({}, body) };
    return { roles: [...roles.slice(0, -1), role, ...roles.slice(-1)], note };
  });
  return role;
}

/**
 * Changes a role. When this returns, nobody does or hears what it gave them and does not give them any more.
 * @throws server.not_found, auth.denied, role.not_found, unavailable: to be repeated. Cost: as `create`, and `silenceHidden`.
 */
export async function update(
  actor: Account,
  { server_id, role_id, ...body }: UpdateRoleBody & { server_id: string; role_id: string },
): Promise<Role> {
  const { roles } = await changeRoles(actor, server_id, (membership) => {
    const { server } = membership;
    const before = roleBelow(membership, role_id);
    if (role_id === everyoneRoleId(server.id) && (body.name !== undefined || body.color !== undefined)) {
      throw new AppError("auth.denied", "Of the role that everyone has, only the permissions can be changed.");
    }
    const after = { ...before, ...body };
    assertGrants(
      membership,
      after.permissions.filter((permission) => !before.permissions.includes(permission)),
    );
    const changes = audit.changesOf<Role>(before, after);
    const note = changes.length > 0 ? { action: "role.update" as const, target: targetOf(after), changes } : null;
    return { roles: server.roles.map((role) => (role.id === role_id ? after : role)), note };
  });
  if (body.permissions) await silenceHidden(server_id);
  return roles.find(({ id }) => id === role_id) ?? noRole();
}

/** @throws server.not_found, auth.denied, role.not_found, unavailable: to be repeated. Cost: as `update`. */
export async function remove(actor: Account, { server_id, role_id }: { server_id: string; role_id: string }): Promise<void> {
  const removed = changeRoles(actor, server_id, (membership) => {
    const { server } = membership;
    const role = roleBelow(membership, role_id);
    if (role_id === everyoneRoleId(server.id)) throw new AppError("auth.denied", "The role that everyone has stays.");
    return { roles: server.roles.filter(({ id }) => id !== role_id), note: { action: "role.delete" as const, target: targetOf(role) } };
  });
  await silencedBehind(server_id, removed, "role.not_found");
}

/**
 * Puts the roles into an order. Roles at or above the actor's own stay where they are; what is missing comes behind.
 * @throws server.not_found, auth.denied, role.not_found. Cost: as `create`.
 */
export async function reorder(actor: Account, { server_id, order }: OrderRolesBody & { server_id: string }): Promise<RoleList> {
  const { roles } = await changeRoles(actor, server_id, (membership) => {
    const before = membership.server.roles;
    const movable = before.slice(0, -1);
    if (!order.every((id) => movable.some((role) => role.id === id))) noRole();
    const roles = [...inOrder(movable, order), ...before.slice(-1)];
    const isSame = (role: Role, i: number) => role.id === before[i]?.id;
    if (!roles.every((role, i) => isSame(role, i) || isBelow(membership, i))) {
      throw new AppError("auth.denied", "Only roles below your own can be moved, and not above it.");
    }
    return { roles, note: roles.every(isSame) ? null : { action: "role.reorder" as const, target: null } };
  });
  return { roles };
}

/** Returns the server with its roles as they are now. */
async function changeRoles(
  actor: Account,
  serverId: string,
  decide: (membership: Membership) => { roles: Role[]; note: audit.Note | null },
): Promise<ServerRow> {
  const server = await audit.change(serverId, async () => {
    const membership = await withPermission(actor, serverId, "manage_roles");
    const { roles, note } = decide(membership);
    const after = { ...membership.server, roles };
    return { by: membership.member, writes: updateWrites(membership.server, after), note, value: after };
  });
  await announceServer(server);
  return server;
}

/** The place of the role in the list is below the highest one of the member. */
const isBelow = ({ server, rank }: Membership, index: number): boolean => rankOfRole(server.roles, index) < rank;

/** @throws role.not_found, auth.denied */
export function roleBelow(membership: Membership, roleId: string): Role {
  const index = membership.server.roles.findIndex(({ id }) => id === roleId);
  const role = membership.server.roles[index] ?? noRole();
  if (isBelow(membership, index)) return role;
  throw new AppError("auth.denied", "This role stands above yours, or is your own.");
}

/** Nobody grants what they do not have. @throws auth.denied */
export function assertGrants({ permissions }: Membership, granted: readonly Permission[]): void {
  const lacking = granted.filter((permission) => !permissions.includes(permission));
  if (lacking.length > 0) throw new AppError("auth.denied", `You cannot give what you do not have: ${lacking.join(", ")}.`);
}

function noRole(): never {
  throw new AppError("role.not_found", "There is no such role in this server.");
}

const targetOf = ({ id, name }: Role) => ({ id, name });
