import { digestOfAddress } from "../guest/token";
import type { Anonymous } from "../lib/actor";
import { AppError } from "../lib/error";
import { HOUR_MS } from "../lib/expiry";
import { roomTopic } from "../lib/topic";
import { limits } from "../protocol/limits";
import type { CreateRoomBody, RoomPreview } from "../protocol/room";
import { presentAmong } from "../realtime/room-presence";
import { listListeners } from "../realtime/store";
import { hashCode } from "./code";
import { assertName, countCreation, isEnded, make } from "./life";
import * as store from "./store";

export { upload } from "./images";
export { join, leave, messages, who } from "./membership";
export { move } from "./move";
export { close, listReports, reopen, report } from "./operating";
export { say, type } from "./say";

/**
 * Makes a room that does not live, with a code or without.
 * @throws room.not_found for what can be no name, room.exists, room.closed, limit.rooms
 * Cost: 2 write units, 2 read units; with a code that of `hashCode`.
 */
export async function create({ address }: Anonymous, { room, code, ttl_hours }: CreateRoomBody & { room: string }): Promise<RoomPreview> {
  const name = assertName(room);
  if (!(await isEnded(await store.find(name)))) throw exists();
  await countCreation(digestOfAddress(address));
  const hashed = code === null ? undefined : await hashCode(code);
  const made = await make(name, { ttl_ms: Math.ceil(ttl_hours * HOUR_MS), code: hashed });
  if (!made.isNew) throw exists();
  return shown(made.row, 0);
}

const exists = () => new AppError("room.exists", "There is a room of that name already.");

/**
 * What anybody may know of a room who knows its name.
 * @throws room.not_found for what can be no name. Cost: 1 read unit, and 1 for about thirty people in it.
 */
export async function preview({ room }: { room: string }): Promise<RoomPreview> {
  const name = assertName(room);
  const [row, listeners] = await Promise.all([store.find(name), listListeners(roomTopic(name))]);
  const { count } = presentAmong(listeners);
  const isThere = row !== undefined && (row.alive_until > Date.now() || count > 0);
  if (isThere) return shown(row, count);
  const closed_until = row && row.closed_until > Date.now() ? row.closed_until : null;
  return { room: name, exists: false, has_code: false, count: 0, expires_after_hours: limits.roomHours.default, closed_until };
}

const shown = ({ room, code, ttl_ms, closed_until }: store.RoomRow, count: number): RoomPreview => ({
  room,
  exists: true,
  has_code: code !== undefined,
  count,
  expires_after_hours: ttl_ms / HOUR_MS,
  closed_until: closed_until > Date.now() ? closed_until : null,
});
