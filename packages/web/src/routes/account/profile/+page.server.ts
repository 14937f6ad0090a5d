import { formAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { uploadPicture } from "$lib/server/image-upload";
import { orErrorPage } from "$lib/server/refusals";
import * as profile from "@agora/core/profile";
import { UpdateProfileBody } from "@agora/core/protocol/account";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, url }) => {
  if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
  const { bio } = await orErrorPage(profile.get(locals.actor, { user_id: "@me" }));
  return { bio };
};

export const actions: Actions = {
  save: formAction(async ({ actor, form }) => {
    const typed = { display_name: formText(form, "display_name"), bio: formText(form, "bio") };
    await profile.update(actor, parseForm(UpdateProfileBody, typed));
    return "Saved.";
  }),

  picture: formAction(async ({ actor, form, event }) => {
    await profile.update(actor, { avatar: await uploadPicture(event, form, "avatar") });
    return "This is your picture now.";
  }),

  removePicture: formAction(async ({ actor }) => {
    await profile.update(actor, { avatar: null });
    return "Your picture was removed.";
  }),
};
