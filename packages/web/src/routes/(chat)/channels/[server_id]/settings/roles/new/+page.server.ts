import { formAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { colorIn, permissionsIn } from "$lib/server/role-form";
import { openSection } from "$lib/server/server-section";
import { CreateRoleBody } from "@agora/core/protocol/role";
import * as role from "@agora/core/role";
import { withPermission } from "@agora/core/server/access";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { permissions } = await openSection(event, "manage_roles");
  return { mine: permissions };
};

export const actions: Actions = {
  default: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const { server_id } = params;
    const { permissions: mine } = await withPermission(actor, server_id, "manage_roles");
    const typed = { name: formText(form, "name"), color: colorIn(form), permissions: permissionsIn(form, mine, []) };
    const { id } = await role.create(actor, { server_id, ...parseForm(CreateRoleBody, typed) });
    redirect(303, `/channels/${server_id}/settings/roles#${id}`);
  }),
};
