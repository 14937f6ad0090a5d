import * as v from "valibot";
import { limits } from "./limits";
import { Id, PageEnd, Timestamp } from "./primitives";

export const Invite = v.strictObject({
  code: v.string(),
  server_id: Id("srv"),
  server_name: v.string(),
  created_by: Id("usr"),
  created_at: Timestamp,
  expires_at: v.nullable(Timestamp),
  max_uses: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1))),
  use_count: v.pipe(v.number(), v.integer(), v.minValue(0)),
});
export type Invite = v.InferOutput<typeof Invite>;

/** What somebody without an account may see of an invite. */
export const InvitePreview = v.strictObject({
  code: v.string(),
  server_id: Id("srv"),
  server_name: v.string(),
  member_count: v.pipe(v.number(), v.integer(), v.minValue(0)),
  expires_at: v.nullable(Timestamp),
});
export type InvitePreview = v.InferOutput<typeof InvitePreview>;

export const InvitePage = v.strictObject({ invites: v.array(Invite), ...PageEnd });
export type InvitePage = v.InferOutput<typeof InvitePage>;

/** Absent or null: it does not end by itself. May be a fraction. */
export const ExpiresInHours = v.optional(
  v.nullable(
    v.pipe(v.number(), v.gtValue(0, "must be more than 0"), v.maxValue(limits.inviteHoursMax, `must be at most ${limits.inviteHoursMax}`)),
  ),
);

/** Neither bound given: the invite does not end by itself. */
export const CreateInviteBody = v.strictObject({
  expires_in_hours: ExpiresInHours,
  max_uses: v.optional(
    v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(limits.inviteUsesMax, `must be at most ${limits.inviteUsesMax}`))),
  ),
});
export type CreateInviteBody = v.InferOutput<typeof CreateInviteBody>;
