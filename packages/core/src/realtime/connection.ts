import type { Account } from "../lib/actor";
import { AppError, unavailable } from "../lib/error";
import type { SingleFrame } from "../protocol/frames";
import { limits } from "../protocol/limits";
import * as session from "../session/index";
import * as presence from "./presence";
import { close, push } from "./push";
import * as store from "./store";

/** Who opened which connection never changes, so a process may remember it, for as long as a session may outlive its end. */
const REMEMBERED = 10_000;
const REMEMBER_MS = 60_000;
const actors = new Map<string, { actor: Account; until: number }>();

const TOO_MANY: SingleFrame = {
  type: "error",
  code: "limit.sockets",
  error: `Agora was opened in more than ${limits.socketsPerAccountMax} places, so this one rests.`,
};

/**
 * Opens the connection for whoever the ticket was made for. An account has at most ten: for one more the oldest is told and closed.
 * @throws auth.invalid, limit.sockets (of more than ten that were opened at the same moment)
 * Cost: 3 write units, 2 read units.
 */
export async function open(connectionId: string, ticket: string): Promise<Account> {
  const actor = await session.redeemTicket(ticket);
  await store.putConnection(connectionId, actor.user_id, actor.session_id, Date.now());
  // After the rows: a session that ends now finds them and closes the connection, or has ended before and is seen here.
  const [all] = await Promise.all([store.listConnectionsOf(actor.user_id), assertAlive(actor, connectionId)]);
  const tooMany = all.slice(0, -limits.socketsPerAccountMax).map(({ connection_id }) => connection_id);
  if (tooMany.length > 0) {
    await push(tooMany, JSON.stringify(TOO_MANY));
    await end(actor.user_id, tooMany);
    if (tooMany.includes(connectionId)) throw new AppError("limit.sockets", "Agora is open in too many places.");
  }
  remember(connectionId, actor);
  return actor;
}

async function assertAlive(actor: Account, connectionId: string): Promise<void> {
  try {
    await session.assertAlive(actor);
  } catch (error) {
    await store.removeConnection(connectionId);
    throw error;
  }
}

/** Who opened the connection. @throws auth.invalid if it was closed. Cost: 1 read unit, or none while this process remembers it. */
export async function actorOf(connectionId: string): Promise<Account> {
  const known = actors.get(connectionId);
  if (known && known.until > Date.now()) return known.actor;
  const row = await store.findConnection(connectionId);
  if (!row) throw new AppError("auth.invalid", "This connection is closed.");
  const actor: Account = { kind: "account", user_id: row.user_id, session_id: row.session_id };
  remember(connectionId, actor);
  return actor;
}

/** Forgets the connection and all that it listens to. Safe to run twice. Cost: 2 write units, and 1 for each topic. */
export async function remove(connectionId: string): Promise<void> {
  actors.delete(connectionId);
  const row = await store.removeConnection(connectionId);
  if (row) await presence.left(row.user_id, row.topics);
}

/** Closes every socket that was opened in the session. Cost: 1 read unit, and `remove` for each. */
export async function closeAllOfSession({ user_id, session_id }: Pick<Account, "user_id" | "session_id">): Promise<void> {
  const all = await store.listConnectionsOf(user_id);
  await end(
    user_id,
    all.filter((one) => one.session_id === session_id).map(({ connection_id }) => connection_id),
  );
}

/**
 * Closes all sockets of the account. After this returns none of them gets another frame, not even
 * from a publish that had listed them already: the sockets are closed, and those that the clients open instead have to subscribe anew.
 * @throws unavailable if one of them could not be closed.
 * Cost: 1 read unit, and `remove` for each.
 */
export async function closeAllOfAccount(userId: string): Promise<void> {
  const all = await store.listConnectionsOf(userId);
  await end(
    userId,
    all.map(({ connection_id }) => connection_id),
  );
}

/** Closes those sockets of the account that listen to such a topic. Cost: 1 read unit, 1 for each of the account's connections, and `remove` for each that is closed. */
export async function closeListenersOf(userId: string, isSuch: (topic: string) => boolean): Promise<void> {
  const all = await store.listConnectionsOf(userId);
  const rows = await Promise.all(all.map(({ connection_id }) => store.findConnection(connection_id)));
  // One without a row of its own is half removed already.
  const listening = all.filter((_, i) => !rows[i] || [...rows[i].topics].some(isSuch));
  await end(
    userId,
    listening.map(({ connection_id }) => connection_id),
  );
}

/** The rows go first: what is forgotten can do nothing any more, even if its socket cannot be closed. */
async function end(userId: string, connectionIds: string[]): Promise<void> {
  const rows = await Promise.all(
    connectionIds.map(async (id) => {
      actors.delete(id);
      const row = await store.removeConnection(id);
      if (!row) await store.removeFromAccount(userId, id);
      return row;
    }),
  );
  const stillOpen = await close(connectionIds);
  const topics = new Set(rows.flatMap((row) => [...(row?.topics ?? [])]));
  await presence.left(userId, topics);
  if (stillOpen.length > 0) throw unavailable(new Error(`${stillOpen.length} connections could not be closed`));
}

function remember(connectionId: string, actor: Account): void {
  for (const oldest of actors.keys()) {
    if (actors.size < REMEMBERED) break;
    actors.delete(oldest);
  }
  actors.set(connectionId, { actor, until: Date.now() + REMEMBER_MS });
}
