import * as v from "valibot";
import { limits } from "./limits";
import { Id, LimitInQuery, PageEnd, PageQuery, Seq, SeqInQuery, SeqOrZero, TimeInQuery, Timestamp } from "./primitives";
import { line, paragraph, wellFormed } from "./text";
import { canonicalKey } from "./characters";
import { Attachment } from "./upload";

/** Who said it, as they were called when they said it (docs/decisions/0004-author-snapshot.md). A guest has `id: null`. */
export const Author = v.strictObject({
  id: v.nullable(Id("usr")),
  username: v.string(),
  display_name: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
});
export type Author = v.InferOutput<typeof Author>;

/** What a message answers, as it is when it is read: the beginning of it, null if it is deleted. */
export const ReplyTo = v.strictObject({ seq: Seq, author: Author, content: v.nullable(v.string()) });
export type ReplyTo = v.InferOutput<typeof ReplyTo>;

/** `me`: the account that reads it is one of them. */
export const Reaction = v.strictObject({ emoji: v.string(), count: v.pipe(v.number(), v.integer(), v.minValue(1)), me: v.boolean() });
export type Reaction = v.InferOutput<typeof Reaction>;

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
  reply_to: v.nullable(ReplyTo),
  attachments: v.array(Attachment),
  /** In the order in which they came up. */
  reactions: v.array(Reaction),
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
 * With both, repeating the request is harmless for as long as it takes: see `core/src/log`. With `attachments`, the ids of uploads for this, it may say
 * nothing beside them.
 */
export const sayFields = (attachmentsMax: number) => ({
  content: v.optional(paragraph(0, limits.messageContent.max), ""),
  nonce: v.optional(v.pipe(v.string(), wellFormed, v.minLength(1), v.maxLength(limits.nonceMax))),
  after: v.optional(SeqOrZero),
  /** The message of the same place that it answers. */
  reply_to: v.optional(Seq),
  attachments: v.optional(
    v.pipe(
      v.array(Id("upl")),
      v.maxLength(attachmentsMax, `must name at most ${attachmentsMax} files`),
      v.transform((ids) => [...new Set(ids)]),
    ),
  ),
});

/** Words that somebody sees, or a file. */
export const saysSomething = (content: string, attachments: readonly string[] = []): boolean =>
  attachments.length > 0 || canonicalKey(content) !== "";
export const SAYS_NOTHING = "must have a visible character";

export const SendMessageBody = v.pipe(
  v.strictObject(sayFields(limits.attachmentsPerMessageMax)),
  v.forward(
    v.check(({ content, attachments }) => saysSomething(content, attachments), SAYS_NOTHING),
    ["content"],
  ),
);
export type SendMessageBody = v.InferOutput<typeof SendMessageBody>;

/** Empty is what has something else to show than words. */
export const EditMessageBody = v.strictObject({ content: paragraph(0, limits.messageContent.max) });
export type EditMessageBody = v.InferOutput<typeof EditMessageBody>;

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

/** Newest first; with `after` oldest first. `at` is a moment: around the first message that was said then or later. At most one of the four. */
export const MessagePageQuery = v.pipe(
  v.strictObject({
    limit: LimitInQuery,
    before: v.optional(SeqInQuery),
    after: v.optional(SeqInQuery),
    around: v.optional(SeqInQuery),
    at: v.optional(TimeInQuery),
  }),
  v.check(
    ({ before, after, around, at }) => [before, after, around, at].filter((cursor) => cursor !== undefined).length <= 1,
    "takes one of before, after, around and at",
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

/**
 * `q`: words that a message must all have in it, whatever their case and accents. `has`: a file, or a link. `before` and `after` are moments: said before
 * the one, and not before the other. There must be something to look for: words, an author, or what it has.
 */
export const SearchQuery = v.pipe(
  v.strictObject({
    ...PageQuery.entries,
    q: v.optional(line(1, limits.searchMax)),
    author: v.optional(Id("usr")),
    has: v.optional(v.picklist(["file", "link"])),
    before: v.optional(TimeInQuery),
    after: v.optional(TimeInQuery),
  }),
  v.check(({ q, author, has }) => (q ?? author ?? has) !== undefined, "takes at least one of q, author and has"),
);
export type SearchQuery = v.InferOutput<typeof SearchQuery>;

/** Newest first. A page may be short, or empty, before the end: one request reads only so much. */
export const SearchPage = v.strictObject({
  messages: v.array(Message),
  ...PageEnd,
  /** When the last of what was looked through was said: how far back it got. Null: there was nothing to look through. */
  searched_to: v.nullable(Timestamp),
});
export type SearchPage = v.InferOutput<typeof SearchPage>;

/** The newest message first, whenever it was pinned. */
export const PinPage = v.strictObject({ messages: v.array(Message), ...PageEnd });
export type PinPage = v.InferOutput<typeof PinPage>;
