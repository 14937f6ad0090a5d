import * as v from "valibot";
import { limits } from "./limits";
import { Invite } from "./invite";
import { PageEnd, Seq, Timestamp } from "./primitives";
import { CreateServerBody, ServerDetail } from "./server";
import { line, visible, wellFormed } from "./text";

/** As it stands in `/r/<room>`: letters and digits of any script would look alike, and a link is read aloud. */
export const RoomName = v.pipe(
  v.string(),
  v.maxLength(limits.roomName.max, `must have at most ${limits.roomName.max} characters`),
  v.toLowerCase(),
  v.regex(/^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/, "must consist of a to z, 0 to 9, and . _ - between them"),
);

/** What somebody is called in a room. */
export const Alias = line(limits.alias.min, limits.alias.max);

/** Whoever knows it may come in. */
const RoomCode = v.pipe(
  v.string(),
  wellFormed,
  v.minLength(limits.roomCode.min, `must have at least ${limits.roomCode.min} characters`),
  v.maxLength(limits.roomCode.max, `must have at most ${limits.roomCode.max} characters`),
  visible(1),
);
/** One that is given to come in: of any length, since a wrong one is wrong. */
export const AnyRoomCode = v.pipe(v.string(), wellFormed, v.maxLength(1024, "is too long"));

export const CreateRoomBody = v.strictObject({
  code: v.optional(v.nullable(RoomCode), null),
  ttl_hours: v.optional(
    v.pipe(
      v.number(),
      v.finite(),
      v.gtValue(0, "must be more than 0"),
      v.maxValue(limits.roomHours.max, `must be at most ${limits.roomHours.max}`),
    ),
    limits.roomHours.default,
  ),
});
export type CreateRoomBody = v.InferOutput<typeof CreateRoomBody>;

/** What anybody may know of a room who knows its name. `exists: false`: whoever comes in makes it. */
export const RoomPreview = v.strictObject({
  room: v.string(),
  exists: v.boolean(),
  has_code: v.boolean(),
  count: v.pipe(v.number(), v.integer(), v.minValue(0)),
  expires_after_hours: v.number(),
  /** Of a room that the operator has closed: until then. */
  closed_until: v.nullable(Timestamp),
});
export type RoomPreview = v.InferOutput<typeof RoomPreview>;

export const ReportRoomBody = v.strictObject({
  reason: line(1, limits.reasonMax),
  /** A message that is meant. */
  seq: v.optional(Seq),
});
export type ReportRoomBody = v.InferOutput<typeof ReportRoomBody>;

/** What somebody has told the operator of a room. */
export const RoomReport = v.strictObject({
  seq: Seq,
  room: v.string(),
  reason: v.string(),
  /** The message, as it was; `images`: links to them, which end with the message or with the room. */
  said: v.nullable(v.strictObject({ seq: Seq, alias: v.string(), content: v.string(), images: v.optional(v.array(v.string()), []) })),
  created_at: Timestamp,
});
export type RoomReport = v.InferOutput<typeof RoomReport>;

export const RoomReportPage = v.strictObject({ reports: v.array(RoomReport), ...PageEnd });
export type RoomReportPage = v.InferOutput<typeof RoomReportPage>;

export const CloseRoomBody = v.strictObject({
  hours: v.optional(v.pipe(v.number(), v.finite(), v.gtValue(0, "must be more than 0"), v.maxValue(limits.roomClosedHoursMax)), 720),
});
export type CloseRoomBody = v.InferOutput<typeof CloseRoomBody>;

/** `guest`: what came with the ticket of the guest who is in the room. */
export const MoveRoomBody = v.strictObject({ ...CreateServerBody.entries, guest: v.optional(v.pipe(v.string(), v.maxLength(1024))) });
export type MoveRoomBody = v.InferOutput<typeof MoveRoomBody>;

/** The server that a room goes on as, and the invite that its people got. */
export const MovedRoom = v.strictObject({ server: ServerDetail, invite: Invite });
export type MovedRoom = v.InferOutput<typeof MovedRoom>;

/** Who is here, by their aliases, in the order of the alphabet. */
export const Present = { count: v.pipe(v.number(), v.integer(), v.minValue(0)), members: v.array(v.string()) };
