import { authApi } from "$lib/server/auth-api";
import { formAction, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { orErrorPage } from "$lib/server/refusals";
import * as accessKey from "@agora/core/access-key";
import { CreateAccessKeyBody } from "@agora/core/protocol/access-key";
import { limits } from "@agora/core/protocol/limits";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad, RequestEvent } from "./$types";

export const load: PageServerLoad = async ({ locals, url }) => {
  if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname)}`);
  const { keys } = await orErrorPage(accessKey.list(locals.actor, { limit: limits.keysPerAccountMax }));
  const sorted = keys.toSorted((a, b) => b.created_at - a.created_at);
  return { keys: sorted, now: Date.now(), reader: { locale: locals.locale, zone: locals.zone } };
};

/** Answers the secret beside what was done: this page is the only one that ever has it. */
async function create(event: RequestEvent) {
  let made: { name: string; secret: string } | undefined;
  const answer = await formAction(async ({ form }) => {
    const typed = parseForm(CreateAccessKeyBody, { name: formText(form, "name"), scopes: form.getAll("scopes") });
    const { name, secret } = await authApi(event).createKey(typed);
    made = { name, secret };
    return "The key works from now on. Copy it now: it is not shown again.";
  })(event);
  return made ? { ...answer, made } : answer;
}

export const actions: Actions = {
  create,

  revoke: formAction(async ({ actor, form }) => {
    await accessKey.revoke(actor, { key_id: formText(form, "key_id") });
    return "The key was revoked. Nothing can be done with it any more.";
  }),
};
