import * as v from "valibot";
import { DELETED_USERNAME } from "./deleted-account";
import { limits } from "./limits";
import { Id, PageEnd, PageQuery, Timestamp } from "./primitives";
import { codePoints, line, orNull, paragraph, wellFormed } from "./text";
import { canonicalKey } from "./characters";

/** An account as everybody sees it. */
export const User = v.strictObject({
  id: Id("usr"),
  username: v.string(),
  display_name: v.nullable(v.string()),
  avatar_url: v.nullable(v.string()),
  created_at: Timestamp,
});
export type User = v.InferOutput<typeof User>;

/** An account as everybody sees it who looks closer. */
export const Profile = v.strictObject({ ...User.entries, bio: v.nullable(v.string()) });
export type Profile = v.InferOutput<typeof Profile>;

/** An account as its owner sees it. */
export const Me = v.strictObject({ ...User.entries, email: v.string() });
export type Me = v.InferOutput<typeof Me>;

/** An account as whoever may act for it sees it: the e-mail address is not shown to an access key. */
export const ActingAs = v.strictObject({ ...User.entries, email: v.optional(v.string()) });
export type ActingAs = v.InferOutput<typeof ActingAs>;

const Email = v.pipe(
  v.string(),
  wellFormed,
  v.transform(canonicalKey),
  v.maxLength(limits.emailMax, `must have at most ${limits.emailMax} characters`),
  v.regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/u, "must be an e-mail address"),
);

const Username = v.pipe(
  v.string(),
  v.transform(canonicalKey),
  codePoints(limits.username.min, limits.username.max),
  v.regex(/^[a-z0-9_.]+$/, "may have letters a to z, digits, _ and . only"),
  v.notValue(DELETED_USERNAME, "is for accounts that were deleted"),
);

/** NFKC, so that the same keys on another keyboard or system are the same password (NIST SP 800-63B §3.1.1.2). */
export const Password = v.pipe(
  v.string(),
  v.transform((text) => text.normalize("NFKC").toWellFormed()),
  codePoints(limits.password.min, limits.password.max),
);

/** On log-in a password of another length is just a wrong password; only its size is bounded. */
export const AnyPassword = v.pipe(
  v.string(),
  v.maxLength(1024, "is too long"),
  v.transform((text) => text.normalize("NFKC").toWellFormed()),
);

export const RegisterBody = v.strictObject({ email: Email, username: Username, password: Password });
export type RegisterBody = v.InferOutput<typeof RegisterBody>;

export const LoginBody = v.strictObject({
  email: v.pipe(v.string(), v.maxLength(1024, "is too long"), wellFormed, v.transform(canonicalKey)),
  password: AnyPassword,
});
export type LoginBody = v.InferOutput<typeof LoginBody>;

export const ChangePasswordBody = v.strictObject({ current_password: AnyPassword, new_password: Password });
export type ChangePasswordBody = v.InferOutput<typeof ChangePasswordBody>;

export const DeleteAccountBody = v.strictObject({ password: AnyPassword });
export type DeleteAccountBody = v.InferOutput<typeof DeleteAccountBody>;

export const RefreshBody = v.strictObject({ refresh_token: v.pipe(v.string(), v.maxLength(256)) });
export type RefreshBody = v.InferOutput<typeof RefreshBody>;

/** A session: `token` is the access token for `Authorization: Bearer`, `expires_at` is when it ends. */
export const Session = v.strictObject({ token: v.string(), refresh_token: v.string(), expires_at: Timestamp, user: Me });
export type Session = v.InferOutput<typeof Session>;

/** A session as its owner sees it in a list: a place where the account is logged in. */
export const SessionInfo = v.strictObject({
  id: Id("ses"),
  created_at: Timestamp,
  /** When its token was last renewed. */
  active_at: Timestamp,
  expires_at: Timestamp,
  /** The one that asks. */
  current: v.boolean(),
});
export type SessionInfo = v.InferOutput<typeof SessionInfo>;

export const SessionPage = v.strictObject({ sessions: v.array(SessionInfo), ...PageEnd });
export type SessionPage = v.InferOutput<typeof SessionPage>;

/** What is null, or has nothing in it that a person sees, is taken away. */
export const UpdateProfileBody = v.partial(
  v.strictObject({
    display_name: orNull(line(0, limits.displayNameMax)),
    /** An upload of this purpose. */
    avatar: v.nullable(Id("upl")),
    bio: orNull(paragraph(0, limits.bioMax)),
  }),
);
export type UpdateProfileBody = v.InferOutput<typeof UpdateProfileBody>;

/** `q`: what the username begins with. */
export const UserSearchQuery = v.strictObject({
  ...PageQuery.entries,
  q: v.pipe(v.string(), wellFormed, v.transform(canonicalKey), codePoints(limits.userSearchMin, limits.searchMax)),
});
export type UserSearchQuery = v.InferOutput<typeof UserSearchQuery>;

export const UserPage = v.strictObject({ users: v.array(User), ...PageEnd });
export type UserPage = v.InferOutput<typeof UserPage>;

/**
 * With `guest` it is a guest's, whoever asks: null for somebody new, or what came with an earlier ticket, by which they are the same person again.
 * Without it, it is that of the account; or, without one, of a guest who is not known again.
 */
export const CreateTicketBody = v.strictObject({ guest: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(1024)))) });
export type CreateTicketBody = v.InferOutput<typeof CreateTicketBody>;

/** One use, 30 seconds: connect to `url` with `?ticket=`. `guest`: of a guest's, to be kept for the next one. */
export const Ticket = v.strictObject({ ticket: v.string(), url: v.string(), expires_at: Timestamp, guest: v.optional(v.string()) });
export type Ticket = v.InferOutput<typeof Ticket>;
