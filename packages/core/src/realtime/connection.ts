import type { Account, Guest } from "../lib/actor";
import { AppError, unavailable } from "../lib/error";
import type { SingleFrame } from "../protocol/frames";
import { limits } from "../protocol/limits";
import * as session from "../session/index";
import * as presence from "./presence";
import { close, push } from "./push";
import { pushAndForget } from "./publish";
import type { Audience } from "./publish";
import * as roomPresence from "./room-presence";
import * as store from "./store";

/** Who opened which connection never changes, so a process may remember it, for as long as a session may outlive its end. */
const REMEMBERED = 10_000;
const REMEMBER_MS = 60_000;
const actors = new Map<string, { actor: Account | Guest; until: number }>();

const TOO_MANY: SingleFrame = {
  type: "error",
  code: "limit.sockets",
  error: `Agora was opened in more than ${limits.socketsPerAccountMax} places, so this one rests.`,
};

/**
 * Opens the connection for whoever the ticket was made for. An account has at most ten: for one more the oldest is told and closed. The guests of an address
 * have at most a hundred: one more is refused, since the others are other people.
 * @throws auth.invalid, limit.sockets (of an account also of more than ten that were opened at the same moment)
 * Cost: 3 write units, 2 read units.
 */
export async function open(connectionId: string, ticket: string): Promise<Account | Guest> {
  const actor = await session.redeemTicket(ticket);
  const owner = store.ownerOf(actor);
  try {
    await store.putConnection(connectionId, actor, Date.now());
    // After the rows: a session that ends now finds them and closes the connection, or has ended before and is seen here.
    const [all] = await Promise.all([store.listConnectionsOf(owner), actor.kind === "account" ? session.assertAlive(actor) : undefined]);
    if (actor.kind === "account") await makeRoom(owner, connectionId, all.slice(0, -limits.socketsPerAccountMax));
    else if (all.length > limits.socketsPerAddressMax)
      throw new AppError("limit.sockets", "Agora is open in too many places at this address.");
  } catch (error) {
    await forget(owner, connectionId);
    throw error;
  }
  remember(connectionId, actor);
  return actor;
}

async function makeRoom(userId: string, connectionId: string, tooMany: readonly { connection_id: string }[]): Promise<void> {
  if (tooMany.length === 0) return;
  const ids = tooMany.map(({ connection_id }) => connection_id);
  await push(ids, JSON.stringify(TOO_MANY));
  await end(userId, ids);
  if (ids.includes(connectionId)) throw new AppError("limit.sockets", "Agora is open in too many places.");
}

/** Who opened the connection. @throws auth.invalid if it was closed. Cost: 1 read unit, or none while this process remembers it. */
export async function actorOf(connectionId: string): Promise<Account | Guest> {
  const known = actors.get(connectionId);
  if (known && known.until > Date.now()) return known.actor;
  const row = await store.findConnection(connectionId);
  if (!row) throw new AppError("auth.invalid", "This connection is closed.");
  const actor = store.actorOfRow(row);
  remember(connectionId, actor);
  return actor;
}

/** Forgets the connection and all that it listens to. Safe to run twice. Cost: 2 write units, and 1 for each topic. */
export async function remove(connectionId: string): Promise<void> {
  actors.delete(connectionId);
  const row = await store.forgetConnection(connectionId);
  if (row) await Promise.all([presence.left(row.user_id, row.topics), roomPresence.left(row.left, pushAndForget)]);
}

/** Closes every socket that was opened in the session. @throws unavailable. Cost: 1 read unit, and `remove` for each. */
export async function closeAllOfSession({ user_id, session_id }: Pick<Account, "user_id" | "session_id">): Promise<void> {
  const all = await store.listConnectionsOf(user_id);
  await end(
    user_id,
    all.filter((one) => one.session_id === session_id).map(({ connection_id }) => connection_id),
  );
}

/** Ends the account's sessions but the actor's own, and closes their sockets. @throws unavailable: to be repeated. Cost: `session.endOthers`, and `remove` for each. */
export async function endOtherSessions(actor: Account): Promise<void> {
  await session.endOthers(actor);
  const all = await store.listConnectionsOf(actor.user_id);
  await end(
    actor.user_id,
    all.filter(({ session_id }) => session_id !== actor.session_id).map(({ connection_id }) => connection_id),
  );
}

/** Logs out: ends the session and closes its sockets. To be repeated if it fails. Cost: 2 write units, and `closeAllOfSession`. */
export async function signOut(actor: Account): Promise<void> {
  await session.end(actor);
  await closeAllOfSession(actor);
}

/**
 * Ends one of the actor's sessions and closes its sockets. A repeat of one that ended half way closes what is open, though the session is gone.
 * @throws session.not_found, unavailable. Cost: 1 read unit, 2 write units, and `closeAllOfSession`.
 */
export async function endSession({ user_id }: Account, { session_id }: { session_id: string }): Promise<void> {
  const isEnded = await session.endOne(user_id, session_id);
  await closeAllOfSession({ user_id, session_id });
  if (!isEnded) throw new AppError("session.not_found", "There is no such session.");
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

/**
 * Closes the connections that listen to the topic, or are about to, of accounts that are not among those who may.
 * @throws unavailable. Cost: 1 read unit for about thirty listeners; if there are any `may`, and `remove` for each that is closed.
 */
export async function closeListeners(topic: string, may: Audience): Promise<void> {
  const listeners = await store.listListeners(topic, { alsoPending: true });
  if (listeners.length === 0) return;
  const allowed = await may([...new Set(listeners.map(({ user_id }) => user_id))]);
  const hidden = listeners.filter(({ user_id }) => !allowed.has(user_id));
  // By the rows that a push goes by: what a connection says that it listens to is another row.
  await Promise.all(hidden.map(({ connection_id }) => store.removeListener(topic, connection_id)));
  await Promise.all(
    [...new Set(hidden.map(({ user_id }) => user_id))].map((userId) =>
      end(
        userId,
        hidden.filter(({ user_id }) => user_id === userId).map(({ connection_id }) => connection_id),
      ),
    ),
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

/**
 * The rows go first: what is forgotten can do nothing any more, even if its socket cannot be closed. What it is found by goes last, so that a
 * repeat finds what was not closed.
 */
async function end(userId: string, connectionIds: string[]): Promise<void> {
  if (connectionIds.length === 0) return;
  for (const id of connectionIds) actors.delete(id);
  const rows = await Promise.all(connectionIds.map(store.removeConnection));
  const stillOpen = await close(connectionIds);
  const closed = connectionIds.filter((id) => !stillOpen.includes(id));
  const ownerOf = (id: string) => rows[connectionIds.indexOf(id)]?.address ?? userId; // a guest's are listed by their address
  await Promise.all(closed.map((id) => store.removeFromAccount(ownerOf(id), id)));
  await presence.left(userId, new Set(rows.flatMap((row) => [...(row?.topics ?? [])])));
  await roomPresence.left(
    rows.flatMap((row) => row?.left ?? []),
    pushAndForget,
  );
  if (stillOpen.length > 0) throw unavailable(new Error(`${stillOpen.length} connections could not be closed`));
}

/** Of a connection that does not come to be. */
async function forget(userId: string, connectionId: string): Promise<void> {
  await store.removeConnection(connectionId);
  await store.removeFromAccount(userId, connectionId);
}

function remember(connectionId: string, actor: Account | Guest): void {
  for (const oldest of actors.keys()) {
    if (actors.size < REMEMBERED) break;
    actors.delete(oldest);
  }
  actors.set(connectionId, { actor, until: Date.now() + REMEMBER_MS });
}
