import * as accessKey from "@agora/core/access-key";
import type { Account, Operator } from "@agora/core/actor";
import { AppError } from "@agora/core/error";
import { isOperatorKey } from "@agora/core/operator";
import { isFromOwnPage } from "@agora/core/own-origin";
import type { Route } from "@agora/core/protocol/route";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { header } from "./request";
import { verify } from "./verified-tokens";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Who calls: by `Authorization: Bearer` with an access token or an access key, or by the cookie that the site set. With a cookie, a request that changes
 * something must come from a page of this origin, since a browser sends the cookie from everywhere. A key is let in only where the route says so.
 * @throws auth.required, auth.invalid, auth.denied
 */
export async function authenticate(event: APIGatewayProxyEventV2, { scope }: Pick<Route, "scope">): Promise<Account> {
  const authorization = header(event, "authorization");
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (!token) throw new AppError("auth.invalid", "Send Authorization: Bearer with an access token or an access key.");
    return accessKey.isSecret(token) ? accessKey.open(token, scope) : verify(token);
  }
  const token = accessCookie(event);
  if (!token) throw new AppError("auth.required", "Log in first.");
  if (!SAFE_METHODS.has(event.requestContext.http.method)) assertSameOrigin(event);
  return verify(token);
}

/** Does the caller show the operator's key? @throws auth.required without any, auth.denied with what is not it */
export function authenticateOperator(event: APIGatewayProxyEventV2): Operator {
  const authorization = header(event, "authorization");
  const key = /^Operator +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (key !== undefined && isOperatorKey(key)) return { kind: "operator" };
  if (authorization === undefined && accessCookie(event) === undefined) throw new AppError("auth.required", "This is for the operator.");
  throw new AppError("auth.denied", "This is for the operator.");
}

/** Over https only the cookie with the prefix counts: a browser takes the other one from a neighbouring subdomain, too. */
function accessCookie(event: APIGatewayProxyEventV2): string | undefined {
  const isHttps = header(event, "x-forwarded-proto")?.split(",")[0]?.trim() !== "http";
  const name = isHttps ? "__Host-agora_access=" : "agora_access=";
  return event.cookies?.find((cookie) => cookie.startsWith(name))?.slice(name.length);
}

/** @throws auth.denied */
function assertSameOrigin(event: APIGatewayProxyEventV2): void {
  if (!isFromOwnPage((name) => header(event, name))) throw new AppError("auth.denied", "This request came from another site.");
}
