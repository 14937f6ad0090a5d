import * as v from "valibot";
import { limits } from "./limits";
import { Id, PageEnd, PageQuery, Timestamp } from "./primitives";
import type { Permission } from "./role";
import { line, orNull } from "./text";

/** What a member list shows of a person, as they were called when they joined. */
const Person = v.strictObject({
  id: Id("usr"),
  username: v.string(),
  display_name: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
});

export const Member = v.strictObject({
  server_id: Id("srv"),
  user_id: Id("usr"),
  user: Person,
  nickname: v.nullable(v.string()),
  role_ids: v.array(Id("rol")),
  /** Until then they only read. */
  timeout_until: v.nullable(Timestamp),
  joined_at: Timestamp,
});
export type Member = v.InferOutput<typeof Member>;

/** `q` is looked for in nickname, display name and username. A page of a search may be short, or empty, before the last one. */
export const MemberPageQuery = v.strictObject({ ...PageQuery.entries, q: v.optional(line(1, limits.searchMax)) });
export type MemberPageQuery = v.InferOutput<typeof MemberPageQuery>;

export const MemberPage = v.strictObject({ members: v.array(Member), ...PageEnd });
export type MemberPage = v.InferOutput<typeof MemberPage>;

/** Whoever has none of these changes nobody but themselves. */
export const updatingOthers = ["moderate_members", "manage_roles"] as const satisfies readonly Permission[];

/** `timeout_until` in the past or null ends a time-out. */
export const UpdateMemberBody = v.partial(
  v.strictObject({
    nickname: orNull(line(0, limits.displayNameMax)),
    role_ids: v.pipe(
      v.array(Id("rol")),
      v.maxLength(limits.rolesPerServerMax),
      v.transform((ids) => [...new Set(ids)]),
    ),
    timeout_until: v.nullable(Timestamp),
  }),
);
export type UpdateMemberBody = v.InferOutput<typeof UpdateMemberBody>;

/** Why something was done, for those who read the audit log. */
export const Reason = orNull(line(0, limits.reasonMax));

export const Ban = v.strictObject({
  server_id: Id("srv"),
  user_id: Id("usr"),
  user: Person,
  reason: v.nullable(v.string()),
  created_by: Id("usr"),
  created_at: Timestamp,
});
export type Ban = v.InferOutput<typeof Ban>;

export const BanPage = v.strictObject({ bans: v.array(Ban), ...PageEnd });
export type BanPage = v.InferOutput<typeof BanPage>;

export const BanBody = v.strictObject({
  reason: v.optional(Reason, null),
  /** Deletes what they said in the hours before. May be a fraction. */
  delete_message_hours: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0, "must be at least 0"),
      v.maxValue(limits.banDeleteHoursMax, `must be at most ${limits.banDeleteHoursMax}`),
    ),
    0,
  ),
});
export type BanBody = v.InferOutput<typeof BanBody>;
