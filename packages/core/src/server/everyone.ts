import { everyoneRoleId } from "../lib/id";
import type { Permission, Role } from "../protocol/role";

/** What the built-in role may do in a new server. */
const PERMISSIONS: Permission[] = ["create_invites", "send_messages", "attach_files", "use_voice"];

/** The built-in role of a new server: every member has it, and it is the lowest. */
export const everyoneRole = (serverId: string): Role => ({
  id: everyoneRoleId(serverId),
  name: "everyone",
  color: null,
  permissions: PERMISSIONS,
});
