import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import * as session from "../session/index";
import { close } from "./push";
import * as store from "./store";

/** Who opened which connection never changes, so a process may remember it. */
const REMEMBERED = 10_000;
const actors = new Map<string, Account>();

/** Opens the connection for whoever the ticket was made for. @throws auth.invalid. Cost: 3 write units. */
export async function open(connectionId: string, ticket: string): Promise<Account> {
  const actor = await session.redeemTicket(ticket);
  await store.putConnection(connectionId, actor.user_id, actor.session_id);
  await store.putListener(ofSession(actor.session_id), connectionId, actor.user_id);
  remember(connectionId, actor);
  return actor;
}

/** Who opened the connection. @throws auth.invalid if it was closed. Cost: 1 read unit, or none while this process remembers it. */
export async function actorOf(connectionId: string): Promise<Account> {
  const known = actors.get(connectionId);
  if (known) return known;
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
  if (!row) return;
  await Promise.all([ofSession(row.session_id), ...row.topics].map((topic) => store.removeListener(topic, connectionId)));
}

/** Closes every socket that was opened in the session. Cost: 1 read unit, and `remove` for each. */
export async function closeAllOf(sessionId: string): Promise<void> {
  const connectionIds = await store.listListeners(ofSession(sessionId));
  await close(connectionIds);
  await Promise.all(connectionIds.map(remove));
}

/** Nobody can subscribe to it: it only lists the connections of a session. */
const ofSession = (sessionId: string): string => `session:${sessionId}`;

function remember(connectionId: string, actor: Account): void {
  for (const oldest of actors.keys()) {
    if (actors.size < REMEMBERED) break;
    actors.delete(oldest);
  }
  actors.set(connectionId, actor);
}
