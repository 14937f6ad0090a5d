import { roomTopic } from "../lib/topic";
import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import { toMessages } from "../message/shown";
import { limits } from "../protocol/limits";
import type { Message } from "../protocol/message";
import type { RoomRow } from "./store";

/** The frame's own words, the people in the room, and what API Gateway counts beside the payload. */
const FRAME_RESERVE_BYTES = 6 * 1024;

/** What is still in time; DynamoDB deletes late. */
export const isInTime = ({ created_at = 0 }: LogEntry, { ttl_ms }: RoomRow): boolean => created_at + ttl_ms > Date.now();

interface Recent {
  messages: Message[];
  head: number;
  has_more: boolean;
  gap?: true;
}

/** The newest messages; or those behind `after`, if that is all of them. Oldest first. Cost: 1 read unit per 4 KB. */
export async function recent(row: RoomRow, after: number | undefined): Promise<Recent> {
  if (after === undefined) return pageOf(row, {});
  const { messages, has_more, head } = await pageOf(row, { after });
  if (!has_more) return { messages, head, has_more: messages.length > 0 || head > 0 };
  return { ...(await pageOf(row, {})), gap: true };
}

/** Oldest first. Cost: 1 read unit per 4 KB. */
export async function pageOf(
  row: RoomRow,
  { before, after }: { before?: number | undefined; after?: number | undefined },
): Promise<Omit<Recent, "gap">> {
  const from = after === undefined ? "newest" : "oldest";
  const read = await log.page(roomTopic(row.room), {
    limit: limits.roomMessagesPerPage,
    ...(after === undefined ? { before } : { after }),
  });
  const oldestFirst = from === "newest" ? read.entries.toReversed() : read.entries;
  return { ...(await shown(row, oldestFirst, read.has_more, from)), head: Math.max(read.head, row.floor) };
}

/** Of these entries what is in time and fits into a frame, from one end. */
async function shown(row: RoomRow, entries: readonly LogEntry[], more: boolean, from: "newest" | "oldest") {
  const inTime = entries.filter((entry) => isInTime(entry, row));
  const all = await toMessages(roomTopic(row.room), inTime, undefined, (original) => isInTime(original, row));
  const messages = fit(from === "newest" ? all.toReversed() : all);
  // What is older than something that has expired has expired.
  const has_more = messages.length < all.length || (more && (from === "oldest" || inTime.length === entries.length));
  return { messages: from === "newest" ? messages.reverse() : messages, has_more };
}

function fit(messages: readonly Message[]): Message[] {
  let room = limits.frameMaxBytes - FRAME_RESERVE_BYTES;
  const count = messages.findIndex((message) => (room -= Buffer.byteLength(JSON.stringify(message)) + 1) < 0);
  return messages.slice(0, count === -1 ? undefined : count);
}
