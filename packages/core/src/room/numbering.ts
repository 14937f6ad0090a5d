import { unavailable } from "../lib/error";
import { roomTopic } from "../lib/topic";
import * as log from "../log/index";
import * as store from "./store";
import type { RoomRow } from "./store";

/*
 * Why the numbers of a room never begin again, though everything in its log expires, in any order and late, and nothing is written beside a message.
 *
 * The row of a room has `reserved`, which no number of it is above, for certain: it is raised before the last five hundred below it are used up, by
 * whoever says something there, before it is acknowledged. So numbers above `reserved` were never given. When a writer finds that the log does not end
 * with an entry that is still in time (what stood behind it may have been deleted before it), it goes on behind a `floor`: it makes what was reserved
 * the floor, and reserves as many more. The condition on `reserved` lets one of several writers do so. The others find the floor that it has made,
 * and may use it for as long as no entry behind it can have expired: for less than the room keeps its messages.
 *
 * So every number was below `reserved` before it was given, and a number that is at the floor or below it is never given again.
 */

const BLOCK = 1_000;
const LOW = 500;
/** Clocks differ by less; in a room that keeps nothing for long, a part of that. */
const marginOf = ({ ttl_ms }: RoomRow): number => Math.min(30_000, ttl_ms / 10);
const TRIES = 10;

/** For a room that is made, or made again. */
export const numbersBehind = (ended: RoomRow | undefined, now: number): Pick<RoomRow, "floor" | "floored_at" | "reserved"> => {
  const floor = ended?.reserved ?? 0;
  return { floor, floored_at: now, reserved: floor + BLOCK };
};

/**
 * The floor to append with.
 * @param ahead the result of `log.lookAhead`.
 * Cost: nothing; where nothing was said for as long as the room keeps it, 1 read unit, 1 write unit.
 */
export async function floorOf(row: RoomRow, ahead: ReturnType<typeof log.lookAhead>): Promise<number> {
  const seen = await ahead;
  const isInTime = (at: number | undefined) => at !== undefined && at + row.ttl_ms > Date.now() + marginOf(row);
  if (ahead === undefined || isInTime(seen?.endedAt)) return row.floor; // or this process wrote to it within the last second
  let current = row;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const { head, at } = await log.end(roomTopic(row.room));
    if (head > current.floor && isInTime(at)) return current.floor;
    const isFresh = current.floored_at + current.ttl_ms > Date.now() + marginOf(current);
    if (isFresh && head <= current.floor) return current.floor;
    const now = Date.now();
    if (await store.raiseFloor(current, BLOCK, now)) return current.reserved;
    current = (await store.find(row.room)) ?? current;
  }
  throw unavailable(new Error(`the numbers of ${row.room} are disputed`));
}

/** What is to be done before a number is acknowledged. Cost: nothing, or for one in five hundred 1 write unit. */
export async function settle(row: RoomRow, seq: number): Promise<void> {
  let current: RoomRow | undefined = row;
  while (current && seq > current.reserved - LOW) {
    if (await store.reserve(current, BLOCK)) return;
    current = await store.find(row.room);
  }
}
