import { jwtVerify, SignJWT } from "jose";
import { AppError } from "../lib/error";
import type { Account } from "../lib/actor";
import { resources } from "../lib/resources";

const ISSUER = "agora";
const AUDIENCE = "agora-api";
const TYPE = "at+jwt";
const ALGORITHM = "HS256";
export const ACCESS_TOKEN_SECONDS = 15 * 60;

/** Sandboxes that make a token and those that check it do not have the very same time. */
const CLOCK_TOLERANCE_SECONDS = 5;

let key: Uint8Array | undefined;
const signingKey = () => (key ??= new TextEncoder().encode(resources.tokenSecret));

/** A token that stands for the session for fifteen minutes, without a look at any table. */
export async function issueAccessToken({ user_id, session_id }: Account): Promise<{ token: string; expires_at: number }> {
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ sid: session_id })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(user_id)
    .setIssuedAt(now)
    .setExpirationTime(now + ACCESS_TOKEN_SECONDS)
    .sign(signingKey());
  return { token, expires_at: (now + ACCESS_TOKEN_SECONDS) * 1000 };
}

/**
 * Who holds this token.
 * @throws auth.invalid for every token that is not one of ours, whole and in time.
 * Cost: none.
 */
export async function verifyAccessToken(token: string): Promise<Account> {
  try {
    const { payload } = await jwtVerify(token, signingKey(), {
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      typ: TYPE,
      maxTokenAge: ACCESS_TOKEN_SECONDS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ["sub", "exp", "iat"],
    });
    if (typeof payload.sub !== "string" || typeof payload["sid"] !== "string") throw new Error("the token names nobody");
    return { kind: "account", user_id: payload.sub, session_id: payload["sid"] };
  } catch (cause) {
    throw new AppError("auth.invalid", "Your session is not valid any more. Log in again.", { cause });
  }
}
