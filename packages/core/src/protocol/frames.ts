import * as v from "valibot";
import { limits } from "./limits";
import { errorStatus } from "./errors";
import type { ErrorCode } from "./errors";
import { Message, SendMessageBody } from "./message";
import { SeqOrZero } from "./primitives";
import { Channel, Member } from "./server";

/** `channel:<id>` (messages of a channel), `server:<id>` (its structure), `user:<id>` (what concerns one account; own id only). */
export const Topic = v.pipe(
  v.string(),
  v.maxLength(limits.topicMax),
  v.regex(/^(?!connection:|session:)[a-z]+:[^\s]+$/u, "must be a topic, like channel:<id>"),
);

/** Echoed in the answer. */
const FrameId = v.optional(v.union([v.pipe(v.string(), v.maxLength(limits.idMax)), v.number()]));

/** What a client may send. A new action does not compile until the socket handler has it. */
export const ClientFrame = v.variant("action", [
  v.strictObject({
    action: v.literal("subscribe"),
    id: FrameId,
    topics: v.pipe(
      v.array(v.strictObject({ topic: Topic, after: v.optional(SeqOrZero) })),
      v.minLength(1, "must name a topic"),
      v.maxLength(limits.subscribeMax, `must name at most ${limits.subscribeMax} topics`),
    ),
  }),
  v.strictObject({
    action: v.literal("unsubscribe"),
    id: FrameId,
    topics: v.pipe(v.array(Topic), v.minLength(1, "must name a topic"), v.maxLength(limits.subscribeMax)),
  }),
  v.strictObject({ action: v.literal("send"), id: FrameId, topic: Topic, ...SendMessageBody.entries }),
  v.strictObject({ action: v.literal("ping"), id: FrameId }),
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
});
export type SubscribedTopic = v.InferOutput<typeof SubscribedTopic>;

const answer = { id: FrameId };

/** An answer to a client frame. */
const AnswerFrame = v.variant("type", [
  v.strictObject({ type: v.literal("subscribed"), ...answer, topics: v.array(SubscribedTopic), denied: v.array(v.string()) }),
  v.strictObject({ type: v.literal("unsubscribed"), ...answer, topics: v.array(v.string()) }),
  v.strictObject({ type: v.literal("sent"), ...answer, message: Message }),
  v.strictObject({ type: v.literal("pong"), ...answer }),
  v.strictObject({
    type: v.literal("error"),
    ...answer,
    code: v.picklist(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
    error: v.string(),
    details: v.optional(v.record(v.string(), v.string())),
  }),
]);

/** Something that happened, pushed to the listeners of a topic. */
const EventFrame = v.variant("type", [
  v.strictObject({ type: v.literal("new_message"), topic: v.string(), seq: SeqOrZero, message: Message }),
  v.strictObject({ type: v.literal("member_joined"), topic: v.string(), member: Member }),
  v.strictObject({ type: v.literal("channel_created"), topic: v.string(), channel: Channel }),
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
