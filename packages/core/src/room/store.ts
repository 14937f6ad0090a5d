import * as v from "valibot";
import { ConditionFailed, getItem, putItem, updateItem } from "../lib/dynamo";

/*
 * Rooms
 * | room   | created_at | ttl_ms | code         | alive_until | floor | floored_at | reserved | hot_until | closed_until | expires_on |
 * |--------|------------|--------|--------------|-------------|-------|------------|----------|-----------|--------------|------------|
 * | <name> | ms         |        | {salt, hash} | ms          | seq   | ms         | seq      | ms        | ms           | seconds    |
 *
 * `alive_until`: by then all that was said is gone. `floor`, `floored_at`, `reserved`: see `numbering.ts`. `hot_until`: until then nobody says anything,
 * since too much was said. `closed_until`: by the operator. The row outlives the room, so that numbers do not begin again.
 */

const RoomRow = v.object({
  room: v.string(),
  created_at: v.number(),
  ttl_ms: v.number(),
  code: v.optional(v.object({ salt: v.string(), hash: v.string() })),
  alive_until: v.number(),
  floor: v.number(),
  floored_at: v.number(),
  reserved: v.number(),
  hot_until: v.optional(v.number(), 0),
  closed_until: v.optional(v.number(), 0),
});
export type RoomRow = v.InferOutput<typeof RoomRow>;

/** Whoever was in a room may hold one of its numbers in a tab that slept: for so long after its end they do not begin again. */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

const expiresOn = ({ alive_until, closed_until }: Pick<RoomRow, "alive_until" | "closed_until">) =>
  Math.ceil((Math.max(alive_until, closed_until) + KEPT_MS) / 1000);

/** Cost: 1 read unit. */
export async function find(room: string): Promise<RoomRow | undefined> {
  const item = await getItem("Rooms", { room }, { consistent: true });
  return item && v.parse(RoomRow, item);
}

/** Puts a room in the place of one that has ended, or of none. False if somebody else was first. Cost: 1 write unit. */
export async function put(row: RoomRow, ended: RoomRow | undefined): Promise<boolean> {
  const condition = ended ? "alive_until = :until AND reserved = :reserved AND created_at = :created" : "attribute_not_exists(room)";
  const values = ended ? { values: { ":until": ended.alive_until, ":reserved": ended.reserved, ":created": ended.created_at } } : {};
  return holds(() => putItem("Rooms", { ...row, expires_on: expiresOn(row) }, { condition, ...values }));
}

/** Cost: 1 write unit. */
export async function keepAlive(row: RoomRow, alive_until: number): Promise<void> {
  await holds(() =>
    updateItem("Rooms", { room: row.room }, "SET alive_until = :until, expires_on = :on", {
      condition: "alive_until < :until",
      values: { ":until": alive_until, ":on": expiresOn({ ...row, alive_until }) },
    }),
  );
}

/** Begins numbers anew behind all that were reserved. False if somebody else did. Cost: 1 write unit. */
export const raiseFloor = ({ room, reserved }: RoomRow, by: number, now: number): Promise<boolean> =>
  holds(() =>
    updateItem("Rooms", { room }, "SET #floor = :reserved, reserved = :next, floored_at = :now", {
      condition: "reserved = :reserved",
      names: { "#floor": "floor" },
      values: { ":reserved": reserved, ":next": reserved + by, ":now": now },
    }),
  );

/** Reserves more numbers. False if somebody else did. Cost: 1 write unit. */
export const reserve = ({ room, reserved }: RoomRow, by: number): Promise<boolean> =>
  holds(() =>
    updateItem("Rooms", { room }, "SET reserved = :next", {
      condition: "reserved = :reserved",
      values: { ":reserved": reserved, ":next": reserved + by },
    }),
  );

/** Cost: 1 write unit. */
export async function coolDown({ room }: RoomRow, hot_until: number): Promise<void> {
  await updateItem("Rooms", { room }, "SET hot_until = :until", { condition: "attribute_exists(room)", values: { ":until": hot_until } });
}

/** Closes a room, also one that was never made. Cost: 1 write unit. */
export async function close(room: string, closed_until: number, now: number): Promise<void> {
  await updateItem(
    "Rooms",
    { room },
    "SET closed_until = :until, expires_on = :on, created_at = if_not_exists(created_at, :now), ttl_ms = if_not_exists(ttl_ms, :ttl), " +
      "alive_until = if_not_exists(alive_until, :none), #floor = if_not_exists(#floor, :none), floored_at = if_not_exists(floored_at, :now), " +
      "reserved = if_not_exists(reserved, :none)",
    {
      names: { "#floor": "floor" },
      values: { ":until": closed_until, ":on": expiresOn({ alive_until: 0, closed_until }), ":now": now, ":ttl": KEPT_MS, ":none": 0 },
    },
  );
}

/** Cost: 1 write unit. */
export async function reopen(room: string): Promise<void> {
  await holds(() => updateItem("Rooms", { room }, "REMOVE closed_until", { condition: "attribute_exists(room)" }));
}

async function holds(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}
