import { object, parse } from "valibot";
import { digestOfAddress } from "../guest/token";
import type { Anonymous } from "../lib/actor";
import { HOUR_MS } from "../lib/expiry";
import { reportsLog } from "../lib/id";
import { assertSeqCursor } from "../lib/page";
import { roomTopic } from "../lib/topic";
import * as limit from "../limit/index";
import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import { getUndeleted, toMessage } from "../message/stored";
import type { Message } from "../protocol/message";
import type { PageQuery } from "../protocol/primitives";
import { RoomReport } from "../protocol/room";
import type { CloseRoomBody, ReportRoomBody, RoomReportPage } from "../protocol/room";
import { closeListeners } from "../realtime/connection";
import { announce } from "../realtime/publish";
import { assertName } from "./life";
import { isInTime } from "./page";
import { notHere } from "./membership";
import * as store from "./store";

/*
 * What is reported of rooms, and what the operator does about it. A report keeps a copy of the message that is meant, since the message itself expires.
 */

const LOG = reportsLog("rooms");
const reportsPerAddress = { max: 10, windowSeconds: 600, code: "limit.report" } as const;

type ReportEntry = LogEntry & Omit<RoomReport, "seq">;

/** @throws room.not_found, message.not_found, limit.report. Cost: 3 write units, 3 read units. */
export async function report({ address }: Anonymous, { room, reason, seq }: ReportRoomBody & { room: string }): Promise<void> {
  const name = assertName(room);
  const digest = digestOfAddress(address);
  await limit.take({ ...reportsPerAddress, key: `report-room#${digest}` });
  const row = await store.find(name);
  if (!row) throw notHere();
  const entry = seq === undefined ? undefined : await getUndeleted(roomTopic(name), String(seq));
  const said = entry && isInTime(entry, row) ? asSaid(toMessage(entry)) : null;
  await log.append<ReportEntry>(LOG, { author: { id: null }, guest_id: digest, room: name, reason, said, created_at: Date.now() });
}

const asSaid = ({ seq, author, content, attachments }: Message) => ({
  seq,
  alias: author.username,
  content: content ?? "",
  images: attachments.map(({ url }) => url),
});

/** Newest first. Cost: 1 read unit per 4 KB of reports. */
export async function listReports({ limit: count, cursor }: PageQuery): Promise<RoomReportPage> {
  const { entries, has_more, next_cursor } = await log.page(LOG, { limit: count, before: assertSeqCursor(cursor) });
  const reports = entries.map((entry) => parse(object(RoomReport.entries), entry));
  return { reports, has_more, next_cursor: next_cursor === null ? null : String(next_cursor) };
}

/**
 * Closes a room: nobody comes in, everybody is put out, and what was said there is shown to nobody any more. Safe to repeat.
 * @throws room.not_found for what can be no name; unavailable: to be repeated. Cost: 1 write unit, 1 push to each, and their sockets are closed.
 */
export async function close({ room, hours }: CloseRoomBody & { room: string }): Promise<void> {
  const name = assertName(room);
  const topic = roomTopic(name);
  const now = Date.now();
  await store.close(name, now + hours * HOUR_MS, now);
  await announce(topic, { type: "room_closed", topic, room: name });
  await closeListeners(topic, () => Promise.resolve(new Set()));
}

/** @throws room.not_found for what can be no name. Cost: 1 write unit. */
export const reopen = async ({ room }: { room: string }): Promise<void> => store.reopen(assertName(room));
