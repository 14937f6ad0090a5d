import * as v from "valibot";
import { limits } from "./limits";
import { LimitInQuery, PageEnd, Seq, SeqInQuery, SeqOrZero, Timestamp } from "./primitives";
import { line, wellFormed } from "./text";

/** Of a topic, a group or a consumer: it stands in a path, so it needs no other characters. */
export const Name = (what: { max: number }) =>
  v.pipe(
    v.string(),
    v.maxLength(what.max, `must have at most ${what.max} characters`),
    v.regex(/^[a-z0-9._-]+$/, "must consist of a to z, 0 to 9, and . _ -"),
  );

export const TopicName = Name(limits.topicName);

const Nonce = v.pipe(v.string(), wellFormed, v.minLength(1), v.maxLength(limits.nonceMax));
/** What messages that belong together have in common. The log does not look at it. */
const Key = v.pipe(v.string(), wellFormed, v.minLength(1), v.maxLength(limits.messageKeyMax));
/** How long an answer may wait for something new, in seconds. */
const WaitInQuery = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^(\d{1,3}(\.\d{1,3})?)?$/, "must be a number of seconds"),
    v.transform(Number),
    v.maxValue(limits.waitSecondsMax, `must be at most ${limits.waitSecondsMax}`),
  ),
  "0",
);
const MessageLimitInQuery = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^\d{1,4}$/, "must be a whole number"),
    v.transform(Number),
    v.minValue(1, "must be at least 1"),
    v.maxValue(limits.messagesPerBatchMax, `must be at most ${limits.messagesPerBatchMax}`),
  ),
  "10",
);

/** A payload is any JSON; `null` is one, too. */
const MessageToProduce = v.strictObject({ payload: v.unknown(), key: v.optional(Key) });

/**
 * One message, or several, which are stored all or none of them. `nonce` and `after` make a repeat harmless, as for messages of the chat: `after` is the
 * highest offset up to which this producer has seen all that it has produced. `expected_offset` is the offset that the first of them must get.
 */
export const ProduceBody = v.pipe(
  v.strictObject({
    payload: v.optional(v.unknown()),
    key: v.optional(Key),
    messages: v.optional(
      v.pipe(
        v.array(MessageToProduce),
        v.minLength(1, "must have at least one message"),
        v.maxLength(limits.messagesPerBatchMax, `must have at most ${limits.messagesPerBatchMax} messages`),
      ),
    ),
    nonce: v.optional(Nonce),
    after: v.optional(SeqOrZero),
    expected_offset: v.optional(Seq),
  }),
  v.check((body) => "payload" in body !== "messages" in body, "must have either payload or messages"),
  v.check((body) => !("messages" in body && "key" in body), "must have the key beside its payload"),
);
export type ProduceBody = v.InferInput<typeof ProduceBody>;

/** `offset` is that of the first message. */
export const Produced = v.strictObject({ topic: v.string(), offset: Seq, count: v.pipe(v.number(), v.integer(), v.minValue(1)) });
export type Produced = v.InferOutput<typeof Produced>;

export const ConsumeQuery = v.strictObject({
  offset: v.optional(SeqInQuery, "1"),
  limit: MessageLimitInQuery,
  wait: WaitInQuery,
});

export const StreamMessage = v.strictObject({ offset: Seq, payload: v.unknown(), key: v.optional(v.string()), timestamp: Timestamp });
export type StreamMessage = v.InferOutput<typeof StreamMessage>;

/** `next_offset` is the one to ask for next. It is behind a message that is not here only if that has expired, or never will be. */
export const Consumed = v.strictObject({ messages: v.array(StreamMessage), next_offset: Seq, head: SeqOrZero });
export type Consumed = v.InferOutput<typeof Consumed>;

const RetentionHours = v.nullable(
  v.pipe(
    v.number(),
    v.finite(),
    v.gtValue(0, "must be more than 0"),
    v.maxValue(limits.retentionHoursMax, `must be at most ${limits.retentionHoursMax}`),
  ),
);

/** Absent: as it is, or for a new topic no description, and kept for ever. */
export const PutTopicBody = v.strictObject({
  retention_hours: v.optional(RetentionHours),
  description: v.optional(v.nullable(line(0, limits.topicDescriptionMax))),
});
export type PutTopicBody = v.InferOutput<typeof PutTopicBody>;

export const Topic = v.strictObject({
  topic: v.string(),
  description: v.nullable(v.string()),
  /** null: for ever. */
  retention_hours: v.nullable(v.number()),
  created_at: Timestamp,
});
export type Topic = v.InferOutput<typeof Topic>;

/** `head` is the offset of the last message, 0 if there was none yet. */
export const TopicDetail = v.strictObject({ ...Topic.entries, head: SeqOrZero });
export type TopicDetail = v.InferOutput<typeof TopicDetail>;

export const TopicPage = v.strictObject({ topics: v.array(Topic), ...PageEnd });
export type TopicPage = v.InferOutput<typeof TopicPage>;

/** `cursor` is a name: topics are listed in the order of their names. */
export const TopicPageQuery = v.strictObject({ limit: LimitInQuery, cursor: v.optional(TopicName) });
