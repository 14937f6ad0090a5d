import * as v from "valibot";
import { limits } from "./limits";
import { Id, PageEnd, Timestamp } from "./primitives";
import { line } from "./text";

/**
 * What an access key can be made for. A key does what its account may do, as far as its scopes reach.
 * - `topics:read`: read the account's topics, and the logs of channels that it may read.
 * - `topics:write`: make topics, produce to them, delete them.
 * - `messages:read`: the servers, members, conversations and messages that the account sees.
 * - `messages:write`: send, edit, delete, react, and move read marks.
 */
export const scopes = ["topics:read", "topics:write", "messages:read", "messages:write"] as const;
export const Scope = v.picklist(scopes);
export type Scope = v.InferOutput<typeof Scope>;

/** An access key as its owner sees it in a list. */
export const AccessKey = v.strictObject({
  id: Id("key"),
  name: v.string(),
  scopes: v.array(Scope),
  created_at: Timestamp,
  /** When it was last used, to within a day. Absent: never. */
  used_at: v.optional(Timestamp),
});
export type AccessKey = v.InferOutput<typeof AccessKey>;

/** With the secret, which is shown this once. */
export const NewAccessKey = v.strictObject({ ...v.omit(AccessKey, ["used_at"]).entries, secret: v.string() });
export type NewAccessKey = v.InferOutput<typeof NewAccessKey>;

export const AccessKeyPage = v.strictObject({ keys: v.array(AccessKey), ...PageEnd });
export type AccessKeyPage = v.InferOutput<typeof AccessKeyPage>;

/** Scopes are kept in the order of the list above, each once. */
export const CreateAccessKeyBody = v.strictObject({
  name: line(limits.keyName.min, limits.keyName.max),
  scopes: v.pipe(
    v.array(Scope),
    v.minLength(1, "must have at least one scope"),
    v.maxLength(scopes.length, `may have at most ${scopes.length} scopes`),
    v.transform((given) => scopes.filter((scope) => given.includes(scope))),
  ),
});
export type CreateAccessKeyBody = v.InferOutput<typeof CreateAccessKeyBody>;
