import { Ban, BanBody, BanPage, Member, MemberPage, MemberPageQuery, UpdateMemberBody, updatingOthers } from "../member";
import { PageQuery } from "../primitives";
import { CreateRoleBody, OrderRolesBody, Role, RoleList, UpdateRoleBody } from "../role";
import { route } from "../route";

/** Members, roles and bans. */
export const memberRoutes = {
  createRole: route("POST /servers/{server_id}/roles", {
    summary: "Make a role, the lowest but for everyone",
    who: "manage_roles",
    body: CreateRoleBody,
    returns: Role,
    status: [201],
    errors: ["server.roles_full"],
  }),
  orderRoles: route("PUT /servers/{server_id}/roles", {
    summary: "Order the roles, the highest first",
    who: "manage_roles",
    body: OrderRolesBody,
    returns: RoleList,
    status: [200],
    errors: ["role.not_found"],
  }),
  updateRole: route("PATCH /servers/{server_id}/roles/{role_id}", {
    summary: "Change a role below one's own; of everyone only the permissions",
    who: "manage_roles",
    body: UpdateRoleBody,
    returns: Role,
    status: [200],
    errors: ["role.not_found"],
  }),
  deleteRole: route("DELETE /servers/{server_id}/roles/{role_id}", {
    summary: "Delete a role below one's own",
    who: "manage_roles",
    status: [204],
    errors: ["role.not_found"],
  }),
  listMembers: route("GET /servers/{server_id}/members", {
    summary: "The members of a server, or those who are called so",
    who: "member",
    scope: "messages:read",
    query: MemberPageQuery,
    returns: MemberPage,
    status: [200],
  }),
  updateMember: route("PATCH /servers/{server_id}/members/{user_id}", {
    summary:
      "Change a member: the own nickname (`@me`) without a permission, another's nickname and time-out with moderate_members, roles with manage_roles",
    who: "member",
    whoForOthers: updatingOthers,
    body: UpdateMemberBody,
    returns: Member,
    status: [200],
    errors: ["member.not_found", "role.not_found"],
  }),
  removeMember: route("DELETE /servers/{server_id}/members/{user_id}", {
    summary: "Remove somebody from a server. `@me` leaves, for which no permission is needed",
    who: "moderate_members",
    status: [204],
    errors: ["member.not_found", "server.owner_must_transfer"],
  }),
  listBans: route("GET /servers/{server_id}/bans", {
    summary: "Who is banned from a server",
    who: "moderate_members",
    query: PageQuery,
    returns: BanPage,
    status: [200],
  }),
  getBan: route("GET /servers/{server_id}/bans/{user_id}", {
    summary: "Why somebody is banned",
    who: "moderate_members",
    returns: Ban,
    status: [200],
    errors: ["ban.not_found"],
  }),
  ban: route("PUT /servers/{server_id}/bans/{user_id}", {
    summary: "Ban an account, whether or not it is a member; with `delete_message_hours` a repeat goes on deleting",
    who: "moderate_members",
    body: BanBody,
    returns: Ban,
    status: [200],
    errors: ["account.not_found"],
  }),
  unban: route("DELETE /servers/{server_id}/bans/{user_id}", {
    summary: "Let somebody in again",
    who: "moderate_members",
    status: [204],
    errors: ["ban.not_found"],
  }),
};
