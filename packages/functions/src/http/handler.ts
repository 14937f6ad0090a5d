import type { Account, Actor, Anonymous, Operator } from "@agora/core/actor";
import { callerAddress } from "@agora/core/edge";
import { AppError, isAppError } from "@agora/core/error";
import type { PathParams, Route, RouteOutput } from "@agora/core/protocol/route";
import type { RouteName, Routes } from "@agora/core/protocol/routes";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type * as v from "valibot";
import { authenticate, authenticateOperator } from "./authenticate";
import { authorize } from "./authorize";
import { parse } from "./parse";
import { header, readJson, readQuery } from "./request";
import { failure, redirect, success } from "./respond";
import { match } from "./router";

type Parsed<R> = (R extends { path: infer P extends string } ? PathParams<P> : unknown) &
  (R extends { query: infer S extends v.GenericSchema } ? v.InferOutput<S> : unknown) &
  (R extends { body: infer S extends v.GenericSchema } ? v.InferOutput<S> : unknown);

/** Who calls a route, where that is not an account. */
interface Callers {
  anyone: Anonymous;
  visitor: Account | Anonymous;
  operator: Operator;
}

type ActorOf<R> = R extends { who: infer W extends keyof Callers } ? Callers[W] : Account;

/** The answer, or with a status that is not the route's usual one. */
type Answer<R> = R extends { returns: v.GenericSchema } ? RouteOutput<R> | WithStatus<RouteOutput<R>> : WithoutBody<R>;

type WithoutBody<R> = R extends { status: readonly [302] } ? Redirect : void;

/** An answer that leads elsewhere, and for how long whoever asked may remember it. */
interface Redirect {
  url: string;
  seconds: number;
}

/** An answer with another of the route's statuses. */
export class WithStatus<T> {
  readonly status: number;
  readonly value: T;
  constructor(status: number, value: T) {
    this.status = status;
    this.value = value;
  }
}

/** What is known of a request beside who makes it and what is asked. */
export interface RequestFacts {
  /** The caller's network address, for limits. */
  readonly address: string;
}

/** What a route does: one call of a core function. */
type Implementation<N extends RouteName> = (
  actor: ActorOf<Routes[N]>,
  input: Parsed<Routes[N]>,
  facts: RequestFacts,
) => Promise<Answer<Routes[N]>>;

export type Implementations<N extends RouteName = RouteName> = { [K in N]: Implementation<K> };

type AnyImplementation = (actor: Actor, input: Record<string, unknown>, facts: RequestFacts) => Promise<unknown>;

/** The HTTP side of a function: finds the route, authenticates, parses, calls, and answers in the form of the contract. */
export function httpHandler(implementations: Partial<Implementations>) {
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const { method } = event.requestContext.http;
    const requestId = event.requestContext.requestId;
    const found = match(method, event.rawPath);
    if (!("route" in found)) return noRoute(found.allow, requestId);
    const { name, route, params } = found;
    try {
      // The table's types say that they fit; what is lost between here and there is only that they are of the same route.
      const implementation = implementations[name] as AnyImplementation | undefined;
      // A path that API Gateway reads in another way than we do: with a slash behind it, it is no route of the other function.
      if (!implementation) return noRoute([], requestId);
      const facts = factsOf(event);
      const actor = await actorFor(event, route, facts);
      const input = await readInput(event, route, params, actor);
      const answer = await implementation(actor, input, facts);
      if (route.status[0] === 302) return redirect(answer as Redirect);
      return answer instanceof WithStatus ? success(answer.status, answer.value) : success(route.status[0], answer);
    } catch (error) {
      return failure(error, requestId, name);
    }
  };
}

/** Path parameters, query and body, parsed. What is wrong with them is told only to those who may call the route. */
async function readInput(
  event: APIGatewayProxyEventV2,
  route: Route,
  params: Record<string, string>,
  actor: Actor,
): Promise<Record<string, unknown>> {
  try {
    const query = route.query ? parse(route.query, readQuery(event)) : {};
    const body = route.body ? parse(route.body, readJson(event, route.bodyMaxBytes)) : {};
    return { ...(query as object), ...(body as object), ...params };
  } catch (error) {
    if (isAppError(error) && actor.kind === "account") await authorize(actor, route, params);
    throw error;
  }
}

/** Found out only for those who ask: it takes a hash. */
const factsOf = (event: APIGatewayProxyEventV2): RequestFacts => ({
  get address() {
    return callerAddress((name) => header(event, name), event.requestContext.http.sourceIp);
  },
});

/** @throws auth.required, auth.invalid, auth.denied */
async function actorFor(event: APIGatewayProxyEventV2, route: Route, facts: RequestFacts): Promise<Actor> {
  const { who } = route;
  if (who === "anyone") return anonymous(facts);
  if (who === "operator") return authenticateOperator(event);
  try {
    return await authenticate(event, route);
  } catch (error) {
    if (who === "visitor" && isAppError(error, "auth.required")) return anonymous(facts);
    throw error;
  }
}

const anonymous = ({ address }: RequestFacts): Anonymous => ({ kind: "anonymous", address });

function noRoute(allow: string[], requestId: string): APIGatewayProxyStructuredResultV2 {
  if (allow.length === 0) return failure(new AppError("route.not_found", "There is nothing at this address."), requestId, "none");
  const refused = failure(new AppError("input.method", `This address takes ${allow.join(", ")}.`), requestId, "none");
  return { ...refused, headers: { ...refused.headers, allow: allow.join(", ") } };
}
