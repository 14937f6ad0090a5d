import { formText } from "$lib/server/form-text";
import { orErrorPage } from "$lib/server/refusals";
import { endOtherSession } from "$lib/server/session";
import { limits } from "@agora/core/protocol/limits";
import * as session from "@agora/core/session";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

const HERE = "/account/sessions";

export const load: PageServerLoad = async ({ locals }) => {
  if (!locals.actor) redirect(303, `/login?next=${HERE}`);
  const { sessions, has_more } = await orErrorPage(session.list(locals.actor, { limit: limits.pageMax }));
  const sorted = sessions.toSorted((a, b) => Number(b.current) - Number(a.current) || b.active_at - a.active_at);
  return { sessions: sorted, hasMore: has_more, reader: { locale: locals.locale, zone: locals.zone } };
};

export const actions: Actions = {
  end: async ({ locals, request }) => {
    if (!locals.actor) redirect(303, `/login?next=${HERE}`);
    await orErrorPage(endOtherSession(locals.actor, formText(await request.formData(), "session_id")));
    redirect(303, HERE);
  },

  endOthers: async ({ locals }) => {
    const { actor } = locals;
    if (!actor) redirect(303, `/login?next=${HERE}`);
    const { sessions } = await orErrorPage(session.list(actor, { limit: limits.pageMax }));
    await orErrorPage(Promise.all(sessions.filter(({ current }) => !current).map(({ id }) => endOtherSession(actor, id))));
    redirect(303, HERE);
  },
};
