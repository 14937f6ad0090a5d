import { formAction, FormProblem, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { findByUsername } from "$lib/server/members";
import { uploadPicture } from "$lib/server/image-upload";
import { orErrorPage } from "$lib/server/refusals";
import { openSection } from "$lib/server/server-section";
import { limits } from "@agora/core/protocol/limits";
import { UpdateServerBody } from "@agora/core/protocol/server";
import { canonicalKey } from "@agora/core/protocol/characters";
import * as member from "@agora/core/member";
import * as server from "@agora/core/server";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { actor, server: shown, isOwner } = await openSection(event, "manage_server");
  const { name, description, discoverable, icon_url } = shown;
  const { server_id } = event.params;
  const { members } = isOwner ? await orErrorPage(member.list(actor, { server_id, limit: limits.pageMax })) : { members: [] };
  const successors = members.filter(({ user_id }) => user_id !== actor.user_id).map(({ user }) => user.username);
  return { name, description, discoverable, icon_url, isOwner, successors };
};

export const actions: Actions = {
  save: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const body = parseForm(UpdateServerBody, {
      name: formText(form, "name"),
      description: formText(form, "description"),
      discoverable: form.has("discoverable"),
    });
    await server.update(actor, { server_id: params.server_id, ...body });
    return "Saved.";
  }),

  picture: formAction<{ server_id: string }>(async ({ actor, form, params, event }) => {
    await server.update(actor, { server_id: params.server_id, icon: await uploadPicture(event, form, "icon") });
    return "This is the server's picture now.";
  }),

  removePicture: formAction<{ server_id: string }>(async ({ actor, params }) => {
    await server.update(actor, { server_id: params.server_id, icon: null });
    return "The picture was removed.";
  }),

  transfer: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const { server_id } = params;
    const { name } = await server.get(actor, { server_id });
    const successor = await findByUsername(actor, server_id, formText(form, "username"));
    if (!successor) throw new FormProblem({ username: "No member has this username." });
    assertTyped(form, name);
    await server.transfer(actor, { server_id, user_id: successor.user_id });
    redirect(303, `/channels/${server_id}/settings`);
  }),

  remove: formAction<{ server_id: string }>(async ({ actor, form, params }) => {
    const { server_id } = params;
    const { name } = await server.get(actor, { server_id });
    assertTyped(form, name);
    await server.remove(actor, { server_id });
    redirect(303, "/channels");
  }),
};

/** Typing the name takes a moment in which one may think again. @throws FormProblem */
function assertTyped(form: FormData, name: string): void {
  if (canonicalKey(formText(form, "typed_name")) === canonicalKey(name)) return;
  throw new FormProblem({ typed_name: `This is not the name of the server. Type “${name}”.` });
}
