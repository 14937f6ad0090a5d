import * as v from "valibot";
import { LoginBody, Me, RefreshBody, RegisterBody, Session, SessionPage, Ticket } from "../account";
import { PageQuery } from "../primitives";
import { route } from "../route";

/** The service itself, accounts, sessions and tickets. */
export const accountRoutes = {
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
};
