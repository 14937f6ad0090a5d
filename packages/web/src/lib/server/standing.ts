import { rankOf, rankOfRole } from "@agora/core/server/access";
import type { Membership } from "@agora/core/server/access";

/** The roles of a server, the highest first, and which of them the one who looks cannot change: those at or above their own. */
export const rolesFor = ({ server, rank }: Membership) =>
  server.roles.map((role, index) => ({
    ...role,
    isEveryone: index === server.roles.length - 1,
    isLocked: rankOfRole(server.roles, index) >= rank,
  }));

/** What one member may do to another, as the core will decide it: the page offers that and no more. */
export function powersOver(mine: Membership, theirs: Membership) {
  const { permissions, member, rank } = mine;
  const isSelf = member.user_id === theirs.member.user_id;
  const outranks = rank > rankOf(theirs.server, theirs.member);
  const moderates = permissions.includes("moderate_members") && outranks;
  const givesRoles = permissions.includes("manage_roles") && (isSelf || outranks);
  return {
    isSelf,
    mayRename: isSelf ? permissions.includes("send_messages") : moderates,
    mayTimeOut: moderates,
    mayRemove: moderates && !isSelf,
    mayGiveRoles: givesRoles,
    roles: rolesFor(mine)
      .filter(({ isEveryone }) => !isEveryone)
      .map(({ id, name, color, permissions: given, isLocked }) => {
        const has = theirs.member.role_ids.includes(id);
        // What one has not oneself one cannot give, but take away.
        const isBeyond = !has && given.some((permission) => !permissions.includes(permission));
        return { id, name, color, has, isLocked: !givesRoles || isLocked || isBeyond };
      }),
  };
}

/** The roles that the form says, the highest first. Those that cannot be ticked by the one who asks stay as they are. */
export function rolesChosen(form: FormData, mine: Membership, theirs: Membership): string[] {
  const wanted = form.getAll("role_ids");
  return powersOver(mine, theirs)
    .roles.filter(({ id, has, isLocked }) => (isLocked ? has : wanted.includes(id)))
    .map(({ id }) => id);
}
