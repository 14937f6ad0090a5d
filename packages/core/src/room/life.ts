import { safeParse } from "valibot";
import { AppError, unavailable } from "../lib/error";
import { HOUR_MS } from "../lib/expiry";
import { roomTopic } from "../lib/topic";
import * as limit from "../limit/index";
import { limits } from "../protocol/limits";
import { RoomName } from "../protocol/room";
import { listListeners } from "../realtime/store";
import { numbersBehind } from "./numbering";
import * as store from "./store";
import type { RoomRow } from "./store";

/*
 * A room begins with its first join, or by being made, and ends when nobody is in it and all that was said there is gone. Then whoever comes makes a new
 * one of that name: without the code of the old one, with numbers behind its numbers.
 */

/** It is kept alive a little longer than what was said, so that this is written once in a twelfth of that time and not for each message. */
const SLACK = 1 / 12;
const TRIES = 5;

const creations = { max: 120, windowSeconds: 600, code: "limit.rooms" } as const;

/** A name as it stands in a path. @throws room.not_found for what can be none */
export function assertName(room: string): string {
  const parsed = safeParse(RoomName, room);
  if (!parsed.success) throw new AppError("room.not_found", "There can be no room of that name.");
  return parsed.output;
}

/** @throws limit.rooms. Cost: 1 write unit. */
export const countCreation = (owner: string): Promise<void> => limit.take({ ...creations, key: `make-room#${owner}` });

/** @throws room.closed. Cost: nothing for one that lives; for another 1 read unit. */
export async function isEnded(row: RoomRow | undefined): Promise<boolean> {
  if (!row) return true;
  assertOpen(row);
  if (row.alive_until > Date.now()) return false;
  return (await listListeners(roomTopic(row.room))).length === 0; // who sits there in silence keeps it
}

/** @throws room.closed */
export function assertOpen({ closed_until }: RoomRow): void {
  if (closed_until > Date.now()) throw new AppError("room.closed", "This room was closed.");
}

/**
 * Makes a room, or finds the one that somebody else has made meanwhile.
 * @throws room.closed, unavailable. Cost: 1 write unit, 1 read unit.
 */
export async function make(room: string, { ttl_ms, code }: Pick<RoomRow, "ttl_ms" | "code">): Promise<{ row: RoomRow; isNew: boolean }> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const before = await store.find(room);
    if (before && !(await isEnded(before))) return { row: before, isNew: false };
    const now = Date.now();
    const row: RoomRow = {
      room,
      created_at: now,
      ttl_ms,
      ...(code ? { code } : {}),
      alive_until: aliveUntil(ttl_ms, now),
      ...numbersBehind(before, now),
      hot_until: 0,
      closed_until: 0,
    };
    if (await store.put(row, before)) return { row, isNew: true };
  }
  throw unavailable(new Error(`${room} is made and ends again and again`));
}

/** The room as it is, or a new one. @param owner who is counted for making it. @throws room.closed, limit.rooms, unavailable. Cost: 1 read unit; see `make`. */
export async function findOrMake(room: string, owner: string): Promise<RoomRow> {
  const row = await store.find(room);
  if (row && !(await isEnded(row))) return row;
  await countCreation(owner);
  return (await make(room, { ttl_ms: limits.roomHours.default * HOUR_MS })).row;
}

const aliveUntil = (ttl_ms: number, now: number): number => now + Math.ceil(ttl_ms * (1 + SLACK));

/** Somebody came, or said something. Cost: nothing, or once in a twelfth of the time that messages are kept 1 write unit. */
export async function keepAlive(row: RoomRow): Promise<void> {
  const now = Date.now();
  if (row.alive_until < now + row.ttl_ms) await store.keepAlive(row, aliveUntil(row.ttl_ms, now));
}
