import { loadPlace, sendByForm } from "$lib/server/place-page";
import { orErrorPage } from "$lib/server/refusals";
import * as conversation from "@agora/core/conversation";
import { error } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, params, url }) => {
  if (!locals.actor) error(401, { message: "Log in first.", code: "auth.required" }); // The layout above sends people to log in.
  const [state, place] = await Promise.all([
    orErrorPage(conversation.get(locals.actor, params)),
    loadPlace(locals.actor, params, url, locals.zone),
  ]);
  return { ...place, conversation: state };
};

export const actions: Actions = {
  send: ({ locals, params, request }) => sendByForm(locals.actor, params, `/dms/${params.dm_id}`, request),
};
