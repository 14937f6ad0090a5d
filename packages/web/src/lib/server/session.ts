import type { Account } from "@agora/core/actor";
import { isAppError } from "@agora/core/error";
import * as connection from "@agora/core/realtime/connection";
import * as session from "@agora/core/session";
import type { RequestEvent } from "@sveltejs/kit";
import { clearSession, readSession, writeSession } from "./session-cookies";
import { singleFlight } from "./single-flight";

/** Two tabs, or a page and its data, may refresh at the same moment: the token before this one still counts for so long. */
const GRACE_MS = 30_000;

const refreshOnce = singleFlight((refresh_token) =>
  session.refresh({ refresh_token }, { graceMs: GRACE_MS, onReuse: connection.closeAllOfSession }),
);

/** Reads who is asking from the cookies, and renews them when the access token has run out. */
export async function resumeSession(event: RequestEvent): Promise<void> {
  const { access } = readSession(event.cookies, event.locals.secure);
  event.locals.actor = (access && (await verify(access))) || (await renewSession(event));
}

/** Trades the refresh token for new cookies. Null, and no cookies, when it is not good any more. */
export async function renewSession(event: RequestEvent): Promise<App.Locals["actor"]> {
  const { cookies, locals } = event;
  const { refresh } = readSession(cookies, locals.secure);
  if (!refresh) return null;
  try {
    const renewed = await refreshOnce(refresh);
    writeSession(cookies, locals.secure, renewed);
    return await session.verify(renewed.token);
  } catch (error) {
    if (!isAppError(error, "auth.invalid")) throw error;
    clearSession(cookies, locals.secure);
    return null;
  }
}

/** Ends the session, and the sockets that were opened in it. */
export async function endSession(actor: Account): Promise<void> {
  await connection.signOut(actor);
}

/** Logs the account out in another place. */
export async function endOtherSession(actor: Account, sessionId: string): Promise<void> {
  await connection.endSession(actor, { session_id: sessionId });
}

async function verify(access: string): Promise<App.Locals["actor"]> {
  try {
    return await session.verify(access);
  } catch (error) {
    if (isAppError(error, "auth.invalid")) return null;
    throw error;
  }
}
