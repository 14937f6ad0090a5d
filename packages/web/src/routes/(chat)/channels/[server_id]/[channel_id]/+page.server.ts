import { loadPlace, sendByForm } from "$lib/server/place-page";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = ({ locals, params, url }) => loadPlace(locals.actor, params, url, locals.zone);

export const actions: Actions = {
  send: ({ locals, params, request }) => sendByForm(locals.actor, params, `/channels/${params.server_id}/${params.channel_id}`, request),
};
