import * as v from "valibot";
import { Reason } from "./member";
import { Author } from "./message";
import { Id, PageEnd, Seq, Timestamp } from "./primitives";

export const ReportBody = v.strictObject({ reason: v.optional(Reason, null) });
export type ReportBody = v.InferOutput<typeof ReportBody>;

/** A message that a member showed to the moderators, as it stood then. */
export const Report = v.strictObject({
  /** Its number among the server's reports. */
  seq: Seq,
  created_at: Timestamp,
  /** Who reported it. */
  author: Author,
  reason: v.nullable(v.string()),
  message: v.strictObject({ channel_id: Id("chn"), seq: Seq, author: Author, content: v.nullable(v.string()), created_at: Timestamp }),
  resolved_at: v.nullable(Timestamp),
  resolved_by: v.nullable(Id("usr")),
});
export type Report = v.InferOutput<typeof Report>;

/** The newest first. */
export const ReportPage = v.strictObject({ reports: v.array(Report), ...PageEnd });
export type ReportPage = v.InferOutput<typeof ReportPage>;
