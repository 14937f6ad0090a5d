import { createHash, randomBytes } from "node:crypto";
import * as account from "../account/index";
import type { Account, Guest } from "../lib/actor";
import { AppError } from "../lib/error";
import { isId, newId } from "../lib/id";
import { assertCursor } from "../lib/page";
import { resources } from "../lib/resources";
import type { Me, RefreshBody, Session, SessionPage, Ticket } from "../protocol/account";
import type { PageQuery } from "../protocol/primitives";
import { issueAccessToken } from "./access-token";
import { formatRefreshToken, parseRefreshToken } from "./refresh-token";
import * as store from "./store";

export { ACCESS_TOKEN_SECONDS, verifyAccessToken as verify } from "./access-token";

/** A session that nobody refreshes ends after this long. */
export const REFRESH_DAYS = 60;
const REFRESH_MS = REFRESH_DAYS * 24 * 60 * 60 * 1000;
const TICKET_MS = 30_000;
/** What 24 random bytes look like: anything else is not worth a look at the table. */
const TICKET = /^[\w-]{32}$/;

/** A session for the account, not yet stored: the caller writes `row`, alone or with the account. */
export function draft(userId: string): store.SessionRow {
  const now = Date.now();
  return { id: newId("ses"), user_id: userId, generation: 1, rotated_at: now, created_at: now, expires_at: now + REFRESH_MS };
}

/**
 * Logs the account in, if what it was let in by is still right when the session is there: whoever ends all sessions meanwhile finds this one, or has
 * made it wrong before. @throws auth.invalid. Cost: 2 write units (one for the index), and that of `isRight`.
 */
export async function begin(user: Me, isRight: () => Promise<boolean>): Promise<Session> {
  const row = draft(user.id);
  await store.put(row);
  if (await isRight()) return answer(row.id, row.generation, user);
  await store.remove(row.id);
  throw invalid();
}

/** The tokens of a session, as the wire has them. */
export async function answer(sessionId: string, generation: number, user: Me): Promise<Session> {
  const { token, expires_at } = await issueAccessToken({ kind: "account", user_id: user.id, session_id: sessionId });
  return { token, refresh_token: formatRefreshToken({ session_id: sessionId, generation }), expires_at, user };
}

/**
 * Takes a refresh token and gives its successor. A token that was used before ends the session, since one of its two holders is a thief.
 * @param graceMs for this long the last used token gives the same successor again: for the site, where several requests of one browser carry
 * the same cookie at the same moment.
 * @param onReuse called with the session that was ended, to end what was opened in it.
 * @throws auth.invalid
 * Cost: 2 read units, 2 write units (one for the index).
 */
export async function refresh(
  { refresh_token }: RefreshBody,
  { graceMs = 0, onReuse }: { graceMs?: number; onReuse?: (ended: Pick<Account, "user_id" | "session_id">) => Promise<void> } = {},
): Promise<Session> {
  const token = parseRefreshToken(refresh_token);
  const row = token && (await store.find(token.session_id));
  if (!token || !row) throw invalid();

  const isCurrent = token.generation === row.generation;
  const rotated = isCurrent && (await store.rotate(row.id, row.generation, Date.now() + REFRESH_MS));
  // A rotation that was lost was won by somebody else meanwhile: look at what they left.
  const latest = isCurrent && !rotated ? await store.find(row.id) : row;
  if (!rotated && !isRepeat(token.generation, latest, graceMs)) {
    const ended = { user_id: row.user_id, session_id: row.id };
    await onReuse?.(ended); // first, too: if it fails, the session is still there for the repeat to be caught
    await store.remove(row.id);
    await onReuse?.(ended);
    throw invalid();
  }
  const user = await account.find(row.user_id);
  if (!user) {
    await store.remove(row.id); // it was begun while the account was deleted
    throw invalid();
  }
  return answer(row.id, token.generation + 1, user);
}

/** Was this the last generation before the present one, and that less than `graceMs` ago? */
function isRepeat(generation: number, row: store.SessionRow | undefined, graceMs: number): boolean {
  return graceMs > 0 && row?.generation === generation + 1 && Date.now() - row.rotated_at <= graceMs;
}

/** Ends the session: its refresh token is worth nothing from now on. Cost: 2 write units. */
export async function end(actor: Account): Promise<void> {
  await store.remove(actor.session_id);
}

/** Where the account is logged in. Cost: half a read unit per 4 KB of sessions. */
export async function list(actor: Account, { limit, cursor }: PageQuery): Promise<SessionPage> {
  const { items, next } = await store.listOf(actor.user_id, limit, assertCursor("ses", cursor));
  const sessions = items.map(({ id, created_at, rotated_at, expires_at }) => ({
    id,
    created_at,
    active_at: rotated_at,
    expires_at,
    current: id === actor.session_id,
  }));
  return { sessions, has_more: next !== null, next_cursor: next };
}

/** Ends one of the account's sessions. False if it has no such session. Cost: 1 read unit, 2 write units. */
export async function endOne(userId: string, sessionId: string): Promise<boolean> {
  const row = isId("ses", sessionId) ? await store.find(sessionId) : undefined;
  if (row?.user_id !== userId) return false;
  await store.remove(sessionId);
  return true;
}

const ENDED_AT_ONCE = 10;

/** Ends every session of the account but the actor's own. Cost: half a read unit per 4 KB of sessions, 2 write units for each. */
export async function endOthers(actor: Account): Promise<void> {
  for (;;) {
    const { items } = await store.listOf(actor.user_id, ENDED_AT_ONCE + 1, undefined);
    const others = items.filter(({ id }) => id !== actor.session_id);
    if (others.length === 0) return;
    await Promise.all(others.map(({ id }) => store.remove(id)));
  }
}

/** @throws auth.invalid if the session has ended, though its access token is still in time. Cost: 1 read unit. */
export async function assertAlive(actor: Account): Promise<void> {
  const row = await store.find(actor.session_id);
  if (row?.user_id !== actor.user_id) throw invalid();
}

/** What the socket takes instead of the token: one use, thirty seconds. Cost: 1 write unit. */
export async function createTicket(actor: Account): Promise<Ticket> {
  await assertAlive(actor);
  return issueTicket(actor);
}

/** A ticket, without a look at whom it is for. Cost: 1 write unit. */
export async function issueTicket(actor: Account | Guest): Promise<Ticket> {
  const ticket = randomBytes(24).toString("base64url");
  const expires_at = Date.now() + TICKET_MS;
  await store.putTicket(hash(ticket), { ...holderOf(actor), expires_at });
  return { ticket, url: resources.socket.url, expires_at };
}

const holderOf = (actor: Account | Guest) =>
  actor.kind === "account"
    ? { account_id: actor.user_id, session_id: actor.session_id }
    : { guest_id: actor.guest_id, person: actor.person, address: actor.address };

/** Who the ticket was made for; the ticket is used up. @throws auth.invalid. Cost: 1 write unit. */
export async function redeemTicket(ticket: string): Promise<Account | Guest> {
  const row = TICKET.test(ticket) ? await store.takeTicket(hash(ticket)) : undefined;
  if (!row) throw new AppError("auth.invalid", "This ticket is used up or too old.");
  if ("account_id" in row) return { kind: "account", user_id: row.account_id, session_id: row.session_id };
  const { guest_id, person, address } = row;
  return { kind: "guest", guest_id, person, address };
}

const hash = (ticket: string) => createHash("sha256").update(ticket).digest("base64url");

const invalid = () => new AppError("auth.invalid", "Your session is not valid any more. Log in again.");
