import * as v from "valibot";
import { limits } from "./limits";
import { LimitInQuery, PageEnd, Seq, SeqOrZero, Timestamp } from "./primitives";
import { Name, StreamMessage } from "./stream";

/* A consumer group: how far a topic has been read by consumers of which one reads at a time. Kafka's terms, without partitions. */

export const GroupName = Name(limits.groupName);
const ConsumerName = Name(limits.consumerName);

const LeaseSeconds = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1, "must be at least 1"),
  v.maxValue(limits.leaseSeconds.max, `must be at most ${limits.leaseSeconds.max}`),
);

/** `start` counts only for a group that is made: with the first message there is, with what comes from now on, or with an offset. Default `earliest`. */
export const PutGroupBody = v.strictObject({
  lease_seconds: v.optional(LeaseSeconds),
  start: v.optional(v.union([v.picklist(["earliest", "latest"]), Seq], "must be earliest, latest, or an offset")),
});
export type PutGroupBody = v.InferOutput<typeof PutGroupBody>;

export const Group = v.strictObject({
  group: v.string(),
  lease_seconds: v.number(),
  /** The offset to be read next. */
  committed: Seq,
  /** Offsets from there to the end, with those of messages that have expired. */
  lag: SeqOrZero,
  /** The consumer that has the lease; null if nobody has. */
  holder: v.nullable(v.string()),
  /** One more with every consumer that gets the lease. It never goes back, also if the group is deleted and made again. */
  generation: SeqOrZero,
  /** null if nobody has the lease. */
  lease_until: v.nullable(Timestamp),
});
export type Group = v.InferOutput<typeof Group>;

export const GroupPage = v.strictObject({ groups: v.array(Group), ...PageEnd });
export type GroupPage = v.InferOutput<typeof GroupPage>;

/** `cursor` is a name: groups are listed in the order of their names. */
export const GroupPageQuery = v.strictObject({ limit: LimitInQuery, cursor: v.optional(GroupName) });

/** `consumer`: a name that no other process has. `wait`: seconds. */
export const PollBody = v.strictObject({
  consumer: ConsumerName,
  limit: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1, "must be at least 1"),
      v.maxValue(limits.messagesPerBatchMax, `must be at most ${limits.messagesPerBatchMax}`),
    ),
    10,
  ),
  wait: v.optional(
    v.pipe(v.number(), v.minValue(0, "must be at least 0"), v.maxValue(limits.waitSecondsMax, `must be at most ${limits.waitSecondsMax}`)),
    0,
  ),
});

/** `next_offset` is what to commit when all of it is done. */
export const Polled = v.strictObject({
  messages: v.array(StreamMessage),
  next_offset: Seq,
  generation: Seq,
  lease_until: Timestamp,
});
export type Polled = v.InferOutput<typeof Polled>;

/** `release`: the consumer leaves, and the next one need not wait for the end of the lease. */
export const CommitBody = v.strictObject({ generation: SeqOrZero, offset: Seq, release: v.optional(v.boolean(), false) });
