import { CreateInviteBody, Invite, InvitePage, InvitePreview } from "../invite";
import { PageQuery } from "../primitives";
import { ServerDetail } from "../server";
import { CreateServerPasswordBody, JoinByPasswordBody, ServerPassword, ServerPasswordPage } from "../server-password";
import { route } from "../route";

/** Ways into a server: invites, passwords, discovery. */
export const joiningRoutes = {
  joinServer: route("POST /servers/{server_id}/join", {
    summary: "Join a server that wants to be found",
    who: "account",
    returns: ServerDetail,
    status: [200],
    errors: ["server.not_found", "member.exists", "member.banned"],
  }),
  joinByPassword: route("POST /servers/join", {
    summary: "Join a server by its name and one of its passwords. One answer for a wrong name and a wrong password",
    who: "account",
    body: JoinByPasswordBody,
    returns: ServerDetail,
    status: [200],
    errors: ["auth.invalid", "limit.join", "member.exists", "member.banned"],
    handler: "auth",
  }),
  createInvite: route("POST /servers/{server_id}/invites", {
    summary: "Make an invite",
    who: "create_invites",
    body: CreateInviteBody,
    returns: Invite,
    status: [201],
  }),
  listInvites: route("GET /servers/{server_id}/invites", {
    summary: "The invites that one made; with manage_server everybody's",
    who: "member",
    query: PageQuery,
    returns: InvitePage,
    status: [200],
  }),
  revokeInvite: route("DELETE /servers/{server_id}/invites/{code}", {
    summary: "Revoke an invite that one made; with manage_server anybody's",
    who: "member",
    status: [204],
    errors: ["invite.not_found"],
  }),
  previewInvite: route("GET /invites/{code}", {
    summary: "Where an invite leads",
    who: "anyone",
    returns: InvitePreview,
    status: [200],
    errors: ["invite.not_found", "invite.expired", "invite.exhausted"],
  }),
  joinByInvite: route("POST /invites/{code}/join", {
    summary: "Join the server that an invite leads to. A use counts only if the join happened",
    who: "account",
    returns: ServerDetail,
    status: [200],
    errors: ["invite.not_found", "invite.expired", "invite.exhausted", "member.exists", "member.banned"],
  }),
  createPassword: route("POST /servers/{server_id}/passwords", {
    summary: "Make a password by which people join who know the server's name",
    who: "manage_server",
    body: CreateServerPasswordBody,
    returns: ServerPassword,
    status: [201],
    errors: ["server.passwords_full", "limit.passwords"],
    handler: "auth",
  }),
  listPasswords: route("GET /servers/{server_id}/passwords", {
    summary: "The passwords of a server, without what they are",
    who: "manage_server",
    query: PageQuery,
    returns: ServerPasswordPage,
    status: [200],
  }),
  revokePassword: route("DELETE /servers/{server_id}/passwords/{password_id}", {
    summary: "Revoke a password",
    who: "manage_server",
    status: [204],
    errors: ["password.not_found"],
  }),
};
