import type { Permission } from "@agora/core/protocol/role";
import type { ServerDetail } from "@agora/core/protocol/server";

/**
 * What a member may do now. In a time-out the server says that they may nothing; when it is over their roles tell, until the server is asked again.
 * The role that everybody has is the last.
 */
export function permissionsOf({ me, roles }: Pick<ServerDetail, "me" | "roles">, now: number): readonly Permission[] {
  if (me.timeout_until === null) return me.permissions;
  if (me.timeout_until > now) return [];
  return roles.filter(({ id }, i) => i === roles.length - 1 || me.role_ids.includes(id)).flatMap(({ permissions }) => permissions);
}
