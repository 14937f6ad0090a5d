import * as v from "valibot";
import { LoginBody, Me, RefreshBody, RegisterBody, Session, SessionPage, Ticket } from "./account";
import { CreateInviteBody, Invite, InvitePreview } from "./invite";
import { MarkReadBody, Message, MessagePage, MessagePageQuery, SendMessageBody } from "./message";
import { PageQuery } from "./primitives";
import { route } from "./route";
import type { Route } from "./route";
import { Channel, CreateChannelBody, CreateServerBody, MemberPage, ReadMark, ServerDetail, ServerPage } from "./server";

/**
 * The HTTP API: every route, who may call it and what goes in and out. The router, `GET /openapi.json`, the SDK and the authorization
 * tests are all made from this table, so a route that is not here does not exist.
 */
export const routes = {
  health: route("GET /health", {
    summary: "Is the service up?",
    who: "anyone",
    returns: v.strictObject({ status: v.literal("ok"), version: v.string() }),
    status: [200],
  }),
  openapi: route("GET /openapi.json", {
    summary: "This API as an OpenAPI 3.1 document",
    who: "anyone",
    returns: v.record(v.string(), v.unknown()),
    status: [200],
  }),

  register: route("POST /auth/register", {
    summary: "Make an account and log in",
    who: "anyone",
    body: RegisterBody,
    returns: Session,
    status: [201],
    errors: ["account.email_taken", "account.username_taken", "limit.register"],
    handler: "auth",
  }),
  login: route("POST /auth/login", {
    summary: "Log in. One answer for an unknown account and a wrong password",
    who: "anyone",
    body: LoginBody,
    returns: Session,
    status: [200],
    errors: ["auth.invalid", "limit.login"],
    handler: "auth",
  }),
  refresh: route("POST /auth/refresh", {
    summary: "Rotate the refresh token. A token that was used before ends the whole session",
    who: "anyone",
    body: RefreshBody,
    returns: Session,
    status: [200],
    errors: ["auth.invalid"],
  }),
  logout: route("POST /auth/logout", { summary: "End this session", who: "account", status: [204] }),
  listSessions: route("GET /auth/sessions", {
    summary: "Where the account is logged in",
    who: "account",
    query: PageQuery,
    returns: SessionPage,
    status: [200],
  }),
  endSession: route("DELETE /auth/sessions/{session_id}", {
    summary: "Log out elsewhere: the session ends and its sockets close",
    who: "account",
    status: [204],
    errors: ["session.not_found"],
  }),
  me: route("GET /auth/me", { summary: "The own account", who: "account", returns: Me, status: [200] }),
  createTicket: route("POST /realtime/ticket", {
    summary: "A ticket for one connection to the socket",
    who: "account",
    returns: Ticket,
    status: [201],
  }),

  listServers: route("GET /servers", {
    summary: "The servers that the account is a member of",
    who: "account",
    query: PageQuery,
    returns: ServerPage,
    status: [200],
  }),
  createServer: route("POST /servers", {
    summary: "Make a server, with the text channel #general",
    who: "account",
    body: CreateServerBody,
    returns: ServerDetail,
    status: [201],
    errors: ["server.name_taken"],
  }),
  getServer: route("GET /servers/{server_id}", {
    summary: "A server with its channels and roles",
    who: "member",
    returns: ServerDetail,
    status: [200],
  }),
  listMembers: route("GET /servers/{server_id}/members", {
    summary: "The members of a server",
    who: "member",
    query: PageQuery,
    returns: MemberPage,
    status: [200],
  }),
  removeMember: route("DELETE /servers/{server_id}/members/{user_id}", {
    summary: "Remove somebody from a server. `@me` leaves, for which no permission is needed",
    who: "moderate_members",
    status: [204],
    errors: ["member.not_found", "server.owner_must_transfer"],
  }),
  createChannel: route("POST /servers/{server_id}/channels", {
    summary: "Make a channel",
    who: "manage_channels",
    body: CreateChannelBody,
    returns: Channel,
    status: [201],
    errors: ["server.channels_full"],
  }),

  createInvite: route("POST /servers/{server_id}/invites", {
    summary: "Make an invite",
    who: "create_invites",
    body: CreateInviteBody,
    returns: Invite,
    status: [201],
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
    errors: ["invite.not_found", "invite.expired", "invite.exhausted", "member.exists"],
  }),

  listMessages: route("GET /servers/{server_id}/channels/{channel_id}/messages", {
    summary: "A page of messages: newest first, or oldest first with `after`",
    who: "member",
    query: MessagePageQuery,
    returns: MessagePage,
    status: [200],
    errors: ["channel.not_found"],
  }),
  sendMessage: route("POST /servers/{server_id}/channels/{channel_id}/messages", {
    summary: "Say something. 201 for the first of several repeats of a nonce, 200 for the others",
    who: "send_messages",
    body: SendMessageBody,
    returns: Message,
    status: [201, 200],
    errors: ["channel.not_found", "message.conflict"],
  }),
  markRead: route("PUT /servers/{server_id}/channels/{channel_id}/read", {
    summary: "Move the own read mark forward, at most to the last message",
    who: "member",
    body: MarkReadBody,
    returns: ReadMark,
    status: [200],
    errors: ["channel.not_found"],
  }),
  type: route("POST /servers/{server_id}/channels/{channel_id}/typing", {
    summary: "Tell those who look at the channel that one is writing; to be repeated while it lasts, every eight seconds",
    who: "send_messages",
    status: [204],
    errors: ["channel.not_found"],
  }),
} as const satisfies Record<string, Route>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
