import * as v from "valibot";
import { limits } from "./limits";
import { User } from "./account";
import { errorStatus } from "./error-status";
import type { ErrorCode } from "./error-status";
import { Channel, ReadMark } from "./channel";
import { Conversation } from "./conversation";
import { Member } from "./member";
import { Author, Message, SAYS_NOTHING, saysSomething, sayFields } from "./message";
import { Alias, AnyRoomCode, Present, RoomName } from "./room";
import { Id, Seq, SeqOrZero, Timestamp } from "./primitives";
import { Role } from "./role";
import { Server } from "./server";
import { RoomImageFields, Upload } from "./upload";

/**
 * - `channel:<id>`: its messages, and who is writing. For those who look at it.
 * - `server:<id>`: its structure, and hints that something was said in a channel. For those who have it in sight; listening to it is being online.
 * - `presence:<server id>`: who is online there. For those who look at the list.
 * - `dm:<id>`: as `channel:<id>`, of a conversation.
 * - `room:<name>`: as `channel:<id>`, of a room, and who is in it. For those who have joined it, by `join` and `leave`.
 * - `user:<id>`: what concerns one account (own id only): what is said in its conversations to those who do not look at them, mentions, read marks
 *   moved on another device, being removed from a server.
 */
export const Topic = v.pipe(
  v.string(),
  v.maxLength(limits.topicMax),
  v.regex(/^(?!connection:|account:)[a-z]+:[^\s]+$/u, "must be a topic, like channel:<id>"),
);

/** Echoed in the answer. */
const FrameId = v.optional(v.union([v.pipe(v.string(), v.maxLength(limits.idMax)), v.number()]));

/** What a client may send. A new action does not compile until the socket handler has it. */
export const ClientFrame = v.variant("action", [
  v.strictObject({
    action: v.literal("subscribe"),
    id: FrameId,
    topics: v.pipe(
      // Whatever is no topic is denied with the others, and does not keep the rest from being subscribed to.
      v.array(v.strictObject({ topic: v.pipe(v.string(), v.maxLength(limits.topicMax)), after: v.optional(SeqOrZero) })),
      v.minLength(1, "must name a topic"),
      v.maxLength(limits.subscribeMax, `must name at most ${limits.subscribeMax} topics`),
    ),
  }),
  v.strictObject({
    action: v.literal("unsubscribe"),
    id: FrameId,
    topics: v.pipe(v.array(Topic), v.minLength(1, "must name a topic"), v.maxLength(limits.subscribeMax)),
  }),
  /** `attachments`: the ids of one's own `upload`s for this room, which nothing has used. */
  v.pipe(
    v.strictObject({ action: v.literal("send"), id: FrameId, topic: Topic, ...sayFields(limits.roomImagesPerMessageMax) }),
    v.forward(
      v.check(({ content, attachments }) => saysSomething(content, attachments), SAYS_NOTHING),
      ["content"],
    ),
    v.forward(
      v.check(({ topic, attachments = [] }) => attachments.length === 0 || topic.startsWith("room:"), "are sent over HTTP but to a room"),
      ["attachments"],
    ),
  ),
  /** While somebody is writing, every eight seconds. Has no answer unless it is refused. */
  v.strictObject({ action: v.literal("typing"), id: FrameId, topic: Topic }),
  v.strictObject({ action: v.literal("ping"), id: FrameId }),
  /** Comes into a room, which is made if it does not live. Again, after a break: with the alias as before. Without one a friendly one is given. */
  v.strictObject({
    action: v.literal("join"),
    id: FrameId,
    room: RoomName,
    alias: v.optional(Alias),
    code: v.optional(v.nullable(AnyRoomCode)),
    /** Only what was said behind it, if that fits; see `joined.gap`. */
    after: v.optional(SeqOrZero),
  }),
  v.strictObject({ action: v.literal("leave"), id: FrameId, room: RoomName }),
  v.strictObject({ action: v.literal("who"), id: FrameId, room: RoomName }),
  /** What was said in a room before a number, or after it. */
  v.strictObject({
    action: v.literal("messages"),
    id: FrameId,
    room: RoomName,
    before: v.optional(SeqOrZero),
    after: v.optional(SeqOrZero),
  }),
  /** Asks for a form by which an image is uploaded that is then sent to the room. */
  v.strictObject({ action: v.literal("upload"), id: FrameId, room: RoomName, ...RoomImageFields.entries }),
]);
export type ClientFrame = v.InferOutput<typeof ClientFrame>;
export type ClientFrameInput = v.InferInput<typeof ClientFrame>;

/**
 * What was missed since `after`, oldest first, in `entries`; or `gap: true` when that is more than fits a frame: page it in by REST.
 * Without `after` neither stands there.
 */
export const SubscribedTopic = v.strictObject({
  topic: Topic,
  head: SeqOrZero,
  entries: v.optional(v.array(Message)),
  gap: v.optional(v.literal(true)),
  /** Of `presence:<server id>`: the accounts that are online. */
  online: v.optional(v.array(Id("usr"))),
});
export type SubscribedTopic = v.InferOutput<typeof SubscribedTopic>;

const answer = { id: FrameId };

/** An answer to a client frame. */
const AnswerFrame = v.variant("type", [
  v.strictObject({ type: v.literal("subscribed"), ...answer, topics: v.array(SubscribedTopic), denied: v.array(v.string()) }),
  v.strictObject({ type: v.literal("unsubscribed"), ...answer, topics: v.array(v.string()) }),
  v.strictObject({ type: v.literal("sent"), ...answer, message: Message }),
  v.strictObject({ type: v.literal("pong"), ...answer }),
  /** The newest messages, oldest first; of a join with `after` those behind it, or `gap: true` and the newest if they are more. */
  v.strictObject({
    type: v.literal("joined"),
    ...answer,
    room: v.string(),
    alias: v.string(),
    ...Present,
    messages: v.array(Message),
    /** The number of the last message, 0 before the first. */
    head: SeqOrZero,
    gap: v.optional(v.literal(true)),
    /** There are older ones: `messages` with `before`. */
    has_more: v.boolean(),
    /** So long a message is there. */
    expires_after_hours: v.number(),
  }),
  v.strictObject({ type: v.literal("left"), ...answer, room: v.string() }),
  v.strictObject({ type: v.literal("who"), ...answer, room: v.string(), ...Present }),
  /** Oldest first. `has_more`: in the direction that was asked for. */
  v.strictObject({ type: v.literal("messages"), ...answer, room: v.string(), messages: v.array(Message), has_more: v.boolean() }),
  /** As the answer of POST /uploads, but for the name of the id: `id` is the frame's. */
  v.strictObject({
    type: v.literal("upload"),
    ...answer,
    upload_id: Upload.entries.id,
    upload: Upload.entries.upload,
    expires_at: Timestamp,
  }),
  /** What was to be said in a room was not: too much was said in a minute. */
  v.strictObject({
    type: v.literal("rate_limited"),
    ...answer,
    topic: v.string(),
    error: v.string(),
    retry_after_ms: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  v.strictObject({
    type: v.literal("error"),
    ...answer,
    code: v.picklist(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
    error: v.string(),
    details: v.optional(v.record(v.string(), v.string())),
    /** What was asked for may work after this time; the socket's `Retry-After`. */
    retry_after_ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  }),
]);

/** Something that happened, pushed to the listeners of a topic. */
const EventFrame = v.variant("type", [
  /** `topic` is that of the place, also where it comes by `user:<id>`: what is said in a conversation, to those who do not listen to `dm:<id>`. */
  v.strictObject({ type: v.literal("new_message"), topic: v.string(), seq: SeqOrZero, message: Message }),
  /** A message that was there before is not any more: it keeps its place, without its content. */
  v.strictObject({ type: v.literal("message_deleted"), topic: v.string(), seq: SeqOrZero, message: Message }),
  /**
   * A message that was there before has changed. It is the same frame for everybody, so `me` is false in all its reactions: a client keeps its own, and
   * changes it by a `reaction` of its own account.
   */
  v.strictObject({
    type: v.literal("message_updated"),
    topic: v.string(),
    seq: SeqOrZero,
    message: Message,
    reaction: v.optional(v.strictObject({ user_id: Id("usr"), emoji: v.string(), added: v.boolean() })),
  }),
  /** To `server:<id>`: something was said in the channel `topic`, for those who do not listen to it. One for a minute of talk, not for each message. */
  v.strictObject({
    type: v.literal("unread"),
    topic: v.string(),
    /** The channel's. */
    server_id: v.optional(Id("srv")),
    head: SeqOrZero,
    /** Roles that the message `head` mentions: whoever has one of them counts a mention. */
    role_ids: v.optional(v.array(Id("rol"))),
  }),
  /** To `user:<id>`: the account's mark in the log `topic` was moved on another device, or it was mentioned there. */
  v.strictObject({ type: v.literal("read"), topic: v.string(), server_id: v.optional(Id("srv")), head: SeqOrZero, ...ReadMark.entries }),
  /** To `user:<id>`: the own account, whose profile was changed. */
  v.strictObject({ type: v.literal("user_updated"), topic: v.string(), user: User }),
  /** To `channel:<id>`, though not to the one who writes. Worth ten seconds, or until their message comes. */
  v.strictObject({ type: v.literal("typing"), topic: v.string(), user: Author }),
  /** To `presence:<server id>`: everybody who is online there now. Who gets `recheck_ms` subscribes again after that time, for all of them. */
  v.strictObject({ type: v.literal("presence"), topic: v.string(), online: v.array(Id("usr")), recheck_ms: v.optional(v.number()) }),
  v.strictObject({ type: v.literal("member_joined"), topic: v.string(), member: Member }),
  v.strictObject({ type: v.literal("member_left"), topic: v.string(), server_id: Id("srv"), user_id: Id("usr") }),
  /** To `user:<id>`; then the account's connections are closed, and come back without what it may not hear any more. */
  v.strictObject({
    type: v.literal("kicked"),
    topic: v.string(),
    server_id: Id("srv"),
    reason: v.picklist(["kick", "ban", "deleted"]),
  }),
  v.strictObject({ type: v.literal("member_updated"), topic: v.string(), member: Member }),
  /** What is private is told to those alone who may see it; for somebody who may not any more it is deleted, for somebody new it is updated. */
  v.strictObject({ type: v.literal("channel_created"), topic: v.string(), channel: Channel }),
  v.strictObject({ type: v.literal("channel_updated"), topic: v.string(), channel: Channel }),
  v.strictObject({ type: v.literal("channel_deleted"), topic: v.string(), server_id: Id("srv"), channel_id: Id("chn") }),
  /** Its name, owner, roles, … or the order of its channels, or who may see which: what depends on that is worth asking for again. */
  v.strictObject({ type: v.literal("server_updated"), topic: v.string(), server: Server, roles: v.array(Role) }),
  /** To `user:<id>`: it was started, it is called otherwise, or somebody came or went. */
  v.strictObject({ type: v.literal("conversation_updated"), topic: v.string(), conversation: Conversation }),
  /** To `user:<id>`: the account is not in it any more, or has closed it on another device. */
  v.strictObject({ type: v.literal("conversation_left"), topic: v.string(), conversation_id: Id("dm") }),
  /** To `room:<name>`: somebody came or went. */
  v.strictObject({ type: v.literal("room_presence"), topic: v.string(), room: v.string(), ...Present }),
  /** To `room:<name>`: the operator has closed it, and all that was said there is gone. */
  v.strictObject({ type: v.literal("room_closed"), topic: v.string(), room: v.string() }),
  /** To `server:<id>`, to those who may see reports. */
  v.strictObject({ type: v.literal("report_created"), topic: v.string(), server_id: Id("srv"), seq: Seq }),
]);
export type EventFrame = v.InferOutput<typeof EventFrame>;

/** Several frames may come as one: `{type: "batch", frames}`. Clients ignore types that they do not know. */
export const ServerFrame = v.variant("type", [
  ...AnswerFrame.options,
  ...EventFrame.options,
  v.strictObject({ type: v.literal("batch"), frames: v.array(v.variant("type", [...AnswerFrame.options, ...EventFrame.options])) }),
]);
export type ServerFrame = v.InferOutput<typeof ServerFrame>;
export type SingleFrame = Exclude<ServerFrame, { type: "batch" }>;
