import { formAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { colorIn, permissionsIn } from "$lib/server/role-form";
import { openSection } from "$lib/server/server-section";
import { rolesFor } from "$lib/server/standing";
import { UpdateRoleBody } from "@agora/core/protocol/role";
import * as role from "@agora/core/role";
import { withPermission } from "@agora/core/server/access";
import { error, redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const membership = await openSection(event, "manage_roles");
  const found = rolesFor(membership).find(({ id }) => id === event.params.role_id);
  if (!found) error(404, { message: "There is no such role in this server.", code: "role.not_found" });
  const { isEveryone, isLocked, ...shown } = found;
  return { role: shown, isEveryone, isLocked, mine: membership.permissions };
};

type Params = { server_id: string; role_id: string };

export const actions: Actions = {
  save: formAction<Params>(async ({ actor, form, params }) => {
    const membership = await withPermission(actor, params.server_id, "manage_roles");
    const before = rolesFor(membership).find(({ id }) => id === params.role_id);
    const permissions = permissionsIn(form, membership.permissions, before?.permissions ?? []);
    const typed = before?.isEveryone ? { permissions } : { name: formText(form, "name"), color: colorIn(form), permissions };
    await role.update(actor, { ...params, ...parseForm(UpdateRoleBody, typed) });
    return "Saved.";
  }),

  remove: formAction<Params>(async ({ actor, params }) => {
    await role.remove(actor, params);
    redirect(303, `/channels/${params.server_id}/settings/roles`);
  }),
};
