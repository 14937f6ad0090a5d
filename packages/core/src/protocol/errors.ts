import * as v from "valibot";

/**
 * Every code that a client may meet, with its HTTP status. Codes are stable; sentences are not.
 * The socket sends the same codes in its `error` frames.
 */
export const errorStatus = {
  "input.invalid": 400,
  "input.malformed": 400,
  "auth.required": 401,
  "auth.invalid": 401,
  "auth.denied": 403,
  "member.banned": 403,
  "route.not_found": 404,
  "account.not_found": 404,
  "ban.not_found": 404,
  "channel.not_found": 404,
  "invite.not_found": 404,
  "member.not_found": 404,
  "message.not_found": 404,
  "password.not_found": 404,
  "report.not_found": 404,
  "role.not_found": 404,
  "server.not_found": 404,
  "session.not_found": 404,
  "input.method": 405,
  "account.email_taken": 409,
  "account.username_taken": 409,
  "member.exists": 409,
  "message.conflict": 409,
  "server.channels_full": 409,
  "server.name_taken": 409,
  "server.owner_must_transfer": 409,
  "server.passwords_full": 409,
  "server.roles_full": 409,
  "invite.exhausted": 410,
  "invite.expired": 410,
  "input.too_large": 413,
  "input.media_type": 415,
  "limit.join": 429,
  "limit.invites": 429,
  "limit.login": 429,
  "limit.nickname": 429,
  "limit.passwords": 429,
  "limit.register": 429,
  "limit.report": 429,
  "limit.slow_mode": 429,
  "limit.sockets": 429,
  "limit.topics": 429,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof errorStatus;

/** The body of every answer that is not a success. */
export const ErrorBody = v.strictObject({
  error: v.pipe(v.string(), v.description("A sentence for people.")),
  code: v.picklist(Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]]),
  request_id: v.string(),
  details: v.optional(v.pipe(v.record(v.string(), v.string()), v.description("With 400: the path of each problem, and the problem."))),
});
export type ErrorBody = v.InferOutput<typeof ErrorBody>;
