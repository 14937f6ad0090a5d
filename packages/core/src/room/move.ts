import { parseGuestToken } from "../guest/token";
import type { Account } from "../lib/actor";
import { resources } from "../lib/resources";
import { roomTopic } from "../lib/topic";
import * as invite from "../invite/index";
import type { MovedRoom, MoveRoomBody } from "../protocol/room";
import { listListeners } from "../realtime/store";
import * as server from "../server/index";
import { assertName, assertOpen } from "./life";
import { notHere } from "./membership";
import { put } from "./say";
import * as store from "./store";

/** People in a room have a week to come after it. */
const INVITE_HOURS = 7 * 24;

/**
 * Makes a server for the people of a room, and tells them an invite to it: as a message, so that those who come later see it too. If the last of that fails,
 * the server is there, and an invite of it can be said by hand.
 * @param guest the actor is in the room as this guest; absent: as themselves.
 * @throws room.not_found for one who is not in it, room.closed, server.name_taken, unavailable, and what `server.create` and `invite.create` throw
 * Cost: 2 read units, `server.create`, `invite.create`, and a message.
 */
export async function move(actor: Account, { room, name, guest }: MoveRoomBody & { room: string }): Promise<MovedRoom> {
  const topic = roomTopic(assertName(room));
  const id = guest === undefined ? actor.user_id : parseGuestToken(guest);
  const [row, listeners] = await Promise.all([store.find(assertName(room)), listListeners(topic)]);
  const alias = listeners.find(({ user_id }) => user_id === id)?.alias;
  if (!row || id === undefined || alias === undefined) throw notHere();
  assertOpen(row);
  const made = await server.create(actor, { name });
  const created = await invite.create(actor, { server_id: made.id, expires_in_hours: INVITE_HOURS, max_uses: null });
  const content = `We go on as a server, "${made.name}". Come along: ${resources.siteUrl}/invite/${created.code}`;
  await put(row, { author: alias, guest_id: id, content, nonce: `move ${created.code}` });
  return { server: made, invite: created };
}
