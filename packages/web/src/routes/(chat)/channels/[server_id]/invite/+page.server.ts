import { boundsIn } from "$lib/chat/invite-bounds";
import { orErrorPage, parseOrErrorPage } from "$lib/server/refusals";
import * as core from "@agora/core/invite";
import { CreateInviteBody } from "@agora/core/protocol/invite";
import { redirect } from "@sveltejs/kit";
import type { Actions } from "./$types";

/** The invite dialog, for browsers without JavaScript. */
export const actions: Actions = {
  default: async ({ locals, params, request, url }) => {
    if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
    const bounds = parseOrErrorPage(CreateInviteBody, boundsIn(await request.formData()));
    const { code } = await orErrorPage(core.create(locals.actor, { server_id: params.server_id, ...bounds }));
    return { link: `${locals.secure ? "https" : "http"}://${url.host}/invite/${code}` };
  },
};
