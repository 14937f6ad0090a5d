import { formAction } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { rolesFor } from "$lib/server/standing";
import { openSection } from "$lib/server/server-section";
import { moved } from "$lib/settings/order";
import * as role from "@agora/core/role";
import { withPermission } from "@agora/core/server/access";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { server, rank, ...membership } = await openSection(event, "manage_roles");
  return { roles: rolesFor({ server, rank, ...membership }) };
};

export const actions: Actions = {
  move: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const { server_id } = params;
    const { server } = await withPermission(actor, server_id, "manage_roles");
    const movable = server.roles.slice(0, -1);
    const index = movable.findIndex(({ id }) => id === formText(form, "role_id"));
    const direction = formText(form, "direction") === "up" ? "up" : "down";
    const order = moved(movable, index, direction).map(({ id }) => id);
    await role.reorder(actor, { server_id, order });
    return `Moved ${movable[index]?.name ?? "the role"} ${direction}.`;
  }),
};
