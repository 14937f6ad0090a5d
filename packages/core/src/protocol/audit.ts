import * as v from "valibot";
import { Author } from "./message";
import { PageEnd, Seq, Timestamp } from "./primitives";

export const auditActions = [
  "server.update",
  "server.transfer",
  "channel.create",
  "channel.update",
  "channel.delete",
  "channel.reorder",
  "role.create",
  "role.update",
  "role.delete",
  "role.reorder",
  "member.update",
  "member.kick",
  "member.ban",
  "member.unban",
  "invite.revoke",
  "password.create",
  "password.revoke",
  "message.delete",
  "message.bulk_delete",
  "report.resolve",
] as const;

/** What something was before and is now; null: it was not there, or is not there any more. */
const Change = v.strictObject({ key: v.string(), before: v.unknown(), after: v.unknown() });
export type AuditChange = v.InferOutput<typeof Change>;

/** One line of a server's audit log: who did what to whom or what. Stored in the same transaction as what it tells of. */
export const AuditEntry = v.strictObject({
  seq: Seq,
  created_at: Timestamp,
  /** Who did it. */
  author: Author,
  action: v.picklist(auditActions),
  /** To whom or what, under the name that it had then. */
  target: v.nullable(v.strictObject({ id: v.string(), name: v.nullable(v.string()) })),
  changes: v.array(Change),
  reason: v.nullable(v.string()),
});
export type AuditEntry = v.InferOutput<typeof AuditEntry>;

export const AuditPage = v.strictObject({ entries: v.array(AuditEntry), ...PageEnd });
export type AuditPage = v.InferOutput<typeof AuditPage>;
