import { authApi } from "$lib/server/auth-api";
import { formAction, FormProblem } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { AgoraError } from "@agora/sdk";
import { redirect } from "@sveltejs/kit";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = ({ locals, url }) => {
  if (!locals.actor) redirect(303, `/login?next=${encodeURIComponent(url.pathname + url.search)}`);
  return { name: url.searchParams.get("name") ?? "" };
};

export const actions: Actions = {
  default: formAction(async ({ form, event }) => {
    const joined = await authApi(event)
      .joinByPassword({ server_name: formText(form, "server_name"), password: formText(form, "password") })
      .catch(inWords);
    redirect(303, `/channels/${joined.id}`);
  }),
};

/** One answer for a wrong name and a wrong password: which of them it was is nobody's business. */
function inWords(refusal: unknown): never {
  if (!(refusal instanceof AgoraError)) throw refusal;
  if (refusal.code !== "auth.invalid") throw refusal;
  throw new FormProblem({ password: "That name and password do not go together. Check both: the password matters to the letter." });
}
