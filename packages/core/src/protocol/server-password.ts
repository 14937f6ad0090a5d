import * as v from "valibot";
import { AnyPassword, Password } from "./account";
import { ExpiresInHours } from "./invite";
import { limits } from "./limits";
import { Id, PageEnd, Timestamp } from "./primitives";
import { line, orNull, wellFormed } from "./text";

/** A password by which everybody who knows the server's name joins it. Nobody is shown it again. */
export const ServerPassword = v.strictObject({
  id: Id("pwd"),
  server_id: Id("srv"),
  label: v.nullable(v.string()),
  created_by: Id("usr"),
  created_at: Timestamp,
  expires_at: v.nullable(Timestamp),
});
export type ServerPassword = v.InferOutput<typeof ServerPassword>;

export const ServerPasswordPage = v.strictObject({ passwords: v.array(ServerPassword), ...PageEnd });
export type ServerPasswordPage = v.InferOutput<typeof ServerPasswordPage>;

export const CreateServerPasswordBody = v.strictObject({
  password: Password,
  label: v.optional(orNull(line(0, limits.passwordLabelMax)), null),
  expires_in_hours: ExpiresInHours,
});
export type CreateServerPasswordBody = v.InferOutput<typeof CreateServerPasswordBody>;

/** A name that no server can have is a wrong name; only its size is bounded. */
export const JoinByPasswordBody = v.strictObject({
  server_name: v.pipe(v.string(), v.maxLength(1024, "is too long"), wellFormed),
  password: AnyPassword,
});
export type JoinByPasswordBody = v.InferOutput<typeof JoinByPasswordBody>;
