import type * as v from "valibot";
import type { Scope } from "./access-key";
import type { ErrorCode } from "./error-status";
import type { Permission } from "./role";

type Schema = v.GenericSchema;
type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Who may call a route.
 * - `anyone`: no account needed.
 * - `visitor`: an account, or nobody; a token that is not valid any more is refused.
 * - `account`: any account.
 * - `operator`: who has the secret of this Agora, by `Authorization: Operator …`; everybody else is refused.
 * - `member`: members of `{server_id}`; everybody else gets the answer of a server that does not exist.
 * - `participant`: who is in the conversation `{dm_id}`; everybody else gets the answer of one that does not exist.
 * - a permission: members of `{server_id}` who have it; other members get 403, everybody else 404.
 * - `owner`: who owns `{server_id}`; other members get 403, everybody else 404.
 */
export type Who = "anyone" | "visitor" | "account" | "operator" | "member" | "owner" | "participant" | Permission;

const WITHOUT_A_PLACE = ["anyone", "visitor", "account", "operator"] as const;

/** Who may call it does not depend on a server or a conversation that its path names. */
export const isWithoutPlace = (who: Who): who is (typeof WITHOUT_A_PLACE)[number] => (WITHOUT_A_PLACE as readonly Who[]).includes(who);

/**
 * Which function answers it: `auth` is the one that carries argon2, for routes that hash a password; `stream` has those that may wait for twenty seconds,
 * so that nobody's message waits for a copy of `api` which does nothing but wait.
 */
export type RouteHandler = "api" | "auth" | "stream";

export interface RouteDefinition {
  summary: string;
  who: Who;
  /** Where `{user_id}` is another than who calls: they need one of these. */
  whoForOthers?: readonly Permission[];
  /**
   * What an access key must have to call it: a scope, or `any` for every key. Absent: closed to keys. What the account of the key may not do, the key
   * may not either.
   */
  scope?: Scope | "any";
  query?: Schema;
  body?: Schema;
  /** Absent: 204 without a body. */
  returns?: Schema;
  /** Statuses of success, the usual one first. */
  status: readonly [number, ...number[]];
  /** Codes beyond those that every route of its kind can answer. */
  errors?: readonly ErrorCode[];
  /** What its body may weigh, if that is more than `limits.bodyMaxBytes`. */
  bodyMaxBytes?: number;
  handler?: RouteHandler;
}

export interface Route extends RouteDefinition {
  method: Method;
  /** Method and path. */
  signature: string;
  /** Below `/api`, with parameters as `{name}`. */
  path: string;
  handler: RouteHandler;
}

type ParamsIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamsIn<Rest> : never;

/** The parameters of a path by name. All are opaque strings; one that leads nowhere is "not found", never "invalid". */
export type PathParams<Path extends string> = Record<ParamsIn<Path>, string>;

/** Declares a route: `route("POST /invites/{code}/join", {…})`. */
export function route<const M extends Method, const P extends string, const D extends RouteDefinition>(
  signature: `${M} ${P}`,
  definition: D,
): Omit<D, "handler"> & { handler: RouteHandler; method: M; path: P; signature: `${M} ${P}` } {
  const [method, path] = signature.split(" ") as [M, P];
  return { ...definition, handler: definition.handler ?? "api", method, path, signature };
}

/** What a caller gives: path parameters, query and body keys side by side, as the SDK takes them. */
export type RouteInput<R extends { path: string; query?: Schema; body?: Schema }> = PathParams<R["path"]> &
  (R["query"] extends Schema ? v.InferInput<R["query"]> : unknown) &
  (R["body"] extends Schema ? v.InferInput<R["body"]> : unknown);

export type RouteOutput<R extends { returns?: Schema }> = R["returns"] extends Schema ? v.InferOutput<R["returns"]> : undefined;
