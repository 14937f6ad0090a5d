import * as v from "valibot";
import { limits } from "./limits";
import { Id, LimitInQuery, Seq, SeqInQuery, SeqOrZero, Timestamp } from "./primitives";
import { paragraph, wellFormed } from "./text";

/** Who said it, as they were called when they said it (docs/decisions/0004-author-snapshot.md). A guest has `id: null`. */
export const Author = v.strictObject({
  id: v.nullable(Id("usr")),
  username: v.string(),
  display_name: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
});
export type Author = v.InferOutput<typeof Author>;

/** A message is named by its log and its seq. */
export const Message = v.strictObject({
  log_id: v.string(),
  seq: Seq,
  author: Author,
  content: v.nullable(v.string()),
  created_at: Timestamp,
  edited_at: v.nullable(Timestamp),
  deleted_at: v.nullable(Timestamp),
  revision: v.pipe(v.number(), v.integer(), v.minValue(1)),
  reply_to: v.nullable(v.strictObject({ seq: Seq, author: Author, content: v.nullable(v.string()) })),
  attachments: v.array(v.strictObject({ id: v.string() })),
  reactions: v.array(v.strictObject({ emoji: v.string(), count: v.number(), me: v.boolean() })),
  /** Accounts that `content` names as `<@usr_…>`, members only. */
  mentions: v.array(Id("usr")),
  /** Roles that it names; that of `@everyone` is one of them. Absent: none. */
  mentioned_role_ids: v.optional(v.array(Id("rol"))),
  pinned: v.boolean(),
  nonce: v.optional(v.string()),
});
export type Message = v.InferOutput<typeof Message>;

/**
 * `nonce` names this message among its author's messages, and `after` is the highest seq of the log that the author's client has seen.
 * With both, repeating the request is harmless for as long as it takes: see `core/src/log`.
 */
export const SendMessageBody = v.strictObject({
  content: paragraph(limits.messageContent.min, limits.messageContent.max),
  nonce: v.optional(v.pipe(v.string(), wellFormed, v.minLength(1), v.maxLength(limits.nonceMax))),
  after: v.optional(SeqOrZero),
});
export type SendMessageBody = v.InferOutput<typeof SendMessageBody>;

export const MarkReadBody = v.strictObject({ seq: SeqOrZero });
export type MarkReadBody = v.InferOutput<typeof MarkReadBody>;

/** Those that are no messages, or deleted already, are passed over. */
export const BulkDeleteBody = v.strictObject({
  seqs: v.pipe(
    v.array(Seq),
    v.minLength(1, "must name a message"),
    v.maxLength(limits.bulkDeleteMax, `must name at most ${limits.bulkDeleteMax} messages`),
    v.transform((seqs) => [...new Set(seqs)]),
  ),
});
export type BulkDeleteBody = v.InferOutput<typeof BulkDeleteBody>;

export const BulkDeleted = v.strictObject({ deleted: v.pipe(v.number(), v.integer(), v.minValue(0)) });
export type BulkDeleted = v.InferOutput<typeof BulkDeleted>;

/** Newest first; with `after` oldest first. At most one of the three cursors. */
export const MessagePageQuery = v.pipe(
  v.strictObject({
    limit: LimitInQuery,
    before: v.optional(SeqInQuery),
    after: v.optional(SeqInQuery),
    around: v.optional(SeqInQuery),
  }),
  v.check(
    ({ before, after, around }) => [before, after, around].filter((cursor) => cursor !== undefined).length <= 1,
    "takes one of before, after and around",
  ),
);
export type MessagePageQuery = v.InferOutput<typeof MessagePageQuery>;

export const MessagePage = v.strictObject({
  messages: v.array(Message),
  has_more: v.boolean(),
  /** The cursor of the next page in the same direction: a seq; null at the end. */
  next_cursor: v.nullable(Seq),
  head: SeqOrZero,
});
export type MessagePage = v.InferOutput<typeof MessagePage>;
