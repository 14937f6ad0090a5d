import type { PathParams } from "@agora/core/protocol/route";
import type { Routes } from "@agora/core/protocol/routes";
import { signatures, talkSignatures } from "@agora/core/protocol/signatures";
import type { RouteName } from "@agora/core/protocol/signatures";
import type * as v from "valibot";
import { AgoraError, errorFromAnswer, isSignedOut } from "./errors";

/** A query value may be given as it stands in the URL or as it is meant: `limit: 50` or `limit: "50"`. */
type QueryInput<S extends v.GenericSchema> = {
  [Key in keyof v.InferInput<S>]: v.InferInput<S>[Key] | v.InferOutput<S>[Key & keyof v.InferOutput<S>];
};

/** What `QueryInput` lets in: every query of the table is made of text and numbers. */
type QueryValue = string | number | undefined;

/** What a method takes: path parameters, query and body keys side by side. */
export type RestInput<N extends RouteName> = PathParams<Routes[N]["path"]> &
  (Routes[N] extends { query: infer Q extends v.GenericSchema } ? QueryInput<Q> : unknown) &
  (Routes[N] extends { body: infer B extends v.GenericSchema } ? v.InferInput<B> : unknown);

/** What a method resolves with; nothing for 204. */
export type RestOutput<N extends RouteName> = Routes[N] extends { returns: infer R extends v.GenericSchema } ? v.InferOutput<R> : undefined;

export interface CallOptions {
  /** Aborting it ends the call with the code `network`. */
  signal?: AbortSignal;
  /** The request goes on when the page is closed before its answer. Browsers allow 64 KB of such bodies at a time. */
  keepalive?: boolean;
}

type RestMethod<N extends RouteName> =
  Partial<RestInput<N>> extends RestInput<N> // nothing in it is required
    ? (input?: RestInput<N>, options?: CallOptions) => Promise<RestOutput<N>>
    : (input: RestInput<N>, options?: CallOptions) => Promise<RestOutput<N>>;

/** One method for every route of the table, by its name. */
export type Rest = { readonly [N in RouteName]: RestMethod<N> };

/** Those that a page calls by itself where people talk. */
export type TalkRest = Pick<Rest, keyof typeof talkSignatures>;

export interface RestOptions {
  /** Where the API begins: `/api` on the site, `https://agora.example/api` elsewhere. */
  baseUrl: string;
  /**
   * The access token or an access key (`agk_…`), or what gives it for each request. Without one the cookies of the same origin are used. A key is never
   * renewed: with one, leave `onUnauthorized` out, and 401 says that it was revoked.
   */
  token?: string | (() => string | undefined | Promise<string | undefined>);
  fetch?: typeof globalThis.fetch;
  /** `omit`: without the cookies too, as somebody who has no account. */
  credentials?: "omit";
  /**
   * Called when a request that needs an account is answered 401; resolve true when there is a new session, and the request is repeated
   * once. Requests that fail together share one call. Do not await other requests that need an account in here: they would wait for it.
   */
  onUnauthorized?: () => Promise<boolean>;
  /** Default 15,000. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/** They ask for no account, and whoever calls them may be about to get one: `token` and `onUnauthorized` may call them. */
const OPENING: ReadonlySet<RouteName> = new Set(["register", "login", "refresh"]);
/** 401 says nothing of the session: what was wrong is the password that was given. */
const ASKING_FOR_A_PASSWORD: ReadonlySet<RouteName> = new Set([...OPENING, "joinByPassword", "changePassword", "deleteAccount"]);

/** What the table says of a route, as far as it takes to call it. */
interface Route {
  name: RouteName;
  method: string;
  path: string;
}

/**
 * The HTTP API as functions: `await rest.sendMessage({ server_id, channel_id, content, nonce, after })`.
 * No call is repeated by itself, except once after `onUnauthorized`; sending exactly once is the outbox's work.
 * @throws AgoraError and nothing else
 */
export function createRest(options: RestOptions): Rest {
  return restOf(signatures, options);
}

/** As `createRest`, with fewer methods: a browser does not load the table of all of them for it. */
export function createTalkRest(options: RestOptions): TalkRest {
  return restOf(talkSignatures, options);
}

function restOf<N extends RouteName>(
  table: Readonly<Record<N, string>>,
  { baseUrl, token, fetch, credentials, onUnauthorized, timeoutMs = TIMEOUT_MS }: RestOptions,
): Pick<Rest, N> {
  const base = baseUrl.replace(/\/+$/, "");
  let renewing: Promise<boolean> | undefined;
  let renewals = 0;

  async function request(route: Route, input: Record<string, unknown>, { signal, keepalive = false }: CallOptions): Promise<unknown> {
    const { url, body } = encode(base, route, input);
    const timeout = AbortSignal.timeout(timeoutMs);
    let answer: Response;
    let text: string;
    try {
      const bearer = OPENING.has(route.name) ? undefined : await (typeof token === "function" ? token() : token);
      answer = await (fetch ?? globalThis.fetch)(url, {
        method: route.method,
        headers: {
          accept: "application/json",
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
        ...(body !== undefined && { body }),
        keepalive,
        credentials: bearer === undefined ? (credentials ?? "same-origin") : "omit",
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      });
      text = await answer.text();
    } catch (error) {
      if (error instanceof AgoraError) throw error;
      throw new AgoraError("network", "The server could not be reached.", { cause: error });
    }
    const json = parseJson(text);
    if (answer.ok && (json !== undefined || answer.status === 204)) return json;
    throw errorFromAnswer({ status: answer.status, headers: answer.headers, body: json });
  }

  async function renew(renewalsBefore: number): Promise<boolean> {
    if (!onUnauthorized) return false;
    if (renewals > renewalsBefore) return true; // somebody else's request got the new session while this one was on its way
    renewing ??= onUnauthorized().finally(() => (renewing = undefined));
    const renewed = await renewing;
    if (renewed && renewals === renewalsBefore) renewals++;
    return renewed;
  }

  async function call(route: Route, input: Record<string, unknown> = {}, options: CallOptions = {}): Promise<unknown> {
    const renewalsBefore = renewals;
    try {
      return await request(route, input, options);
    } catch (error) {
      if (ASKING_FOR_A_PASSWORD.has(route.name) || !isSignedOut(error) || !(await renew(renewalsBefore))) throw error;
    }
    return request(route, input, options);
  }

  return Object.fromEntries(
    (Object.entries(table) as [N, string][]).map(([name, signature]) => {
      const [method = "", path = ""] = signature.split(" ");
      return [name, (input?: Record<string, unknown>, options?: CallOptions) => call({ name, method, path }, input, options)];
    }),
    // The type is derived from the same table as the loop above, which the compiler cannot follow.
  ) as unknown as Pick<Rest, N>;
}

function encode(base: string, route: Route, input: Record<string, unknown>): { url: string; body: string | undefined } {
  const inPath = new Set<string>();
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = input[name];
    inPath.add(name);
    // URL parsers take "." and ".." for steps in the path, even percent-encoded: such a name would call another route.
    if (typeof value !== "string" || /^\.{0,2}$/.test(value)) {
      throw new AgoraError("route.not_found", `There is nothing by that ${name.replace("_", " ")}.`);
    }
    return encodeURIComponent(value);
  });
  const rest = Object.entries(input).filter(([name]) => !inPath.has(name));
  if (route.method !== "GET") return { url: base + path, body: rest.length > 0 ? JSON.stringify(Object.fromEntries(rest)) : undefined };

  const query = new URLSearchParams();
  for (const [key, value] of rest as [string, QueryValue][]) if (value !== undefined) query.set(key, String(value));
  return { url: base + path + (query.size > 0 ? `?${query}` : ""), body: undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // told apart by the caller: what is not JSON is not ours
  }
}
