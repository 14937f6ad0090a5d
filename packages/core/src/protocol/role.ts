import * as v from "valibot";
import { limits } from "./limits";
import { Id } from "./primitives";
import { line } from "./text";

export const permissions = [
  "manage_server",
  "manage_channels",
  "manage_roles",
  "create_invites",
  "moderate_members",
  "moderate_messages",
  "mention_everyone",
  "send_messages",
  "attach_files",
  "use_voice",
] as const;
export const Permission = v.picklist(permissions);
export type Permission = v.InferOutput<typeof Permission>;

/** Roles of a server are listed from the highest to the lowest; the last one is `everyone`, which each member has without being given it. */
export const Role = v.strictObject({
  id: Id("rol"),
  name: v.string(),
  /** `#rrggbb` */
  color: v.nullable(v.string()),
  permissions: v.array(Permission),
});
export type Role = v.InferOutput<typeof Role>;

const fields = {
  name: line(limits.roleName.min, limits.roleName.max),
  color: v.nullable(
    v.pipe(
      v.string(),
      v.regex(/^#[0-9a-f]{6}$/i, "must be a colour like #3366cc"),
      v.transform((color) => color.toLowerCase()),
    ),
  ),
  /** In the order of the list above, each once. */
  permissions: v.pipe(
    v.array(Permission),
    v.maxLength(2 * permissions.length),
    v.transform((given) => permissions.filter((permission) => given.includes(permission))),
  ),
};

export const CreateRoleBody = v.strictObject({
  name: fields.name,
  color: v.optional(fields.color, null),
  permissions: v.optional(fields.permissions, []),
});
export type CreateRoleBody = v.InferOutput<typeof CreateRoleBody>;

export const UpdateRoleBody = v.partial(v.strictObject(fields));
export type UpdateRoleBody = v.InferOutput<typeof UpdateRoleBody>;

/** The ids of all roles but `everyone`, the highest first. What is missing comes behind, in the order that it had. */
export const OrderRolesBody = v.strictObject({ order: v.pipe(v.array(Id("rol")), v.maxLength(limits.rolesPerServerMax)) });
export type OrderRolesBody = v.InferOutput<typeof OrderRolesBody>;

export const RoleList = v.strictObject({ roles: v.array(Role) });
export type RoleList = v.InferOutput<typeof RoleList>;
