import { authApi } from "$lib/server/auth-api";
import { formAction, FormProblem, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { publicOrigin } from "$lib/server/public-origin";
import { orErrorPage } from "$lib/server/refusals";
import { namesIn, openSection } from "$lib/server/server-section";
import { limits } from "@agora/core/protocol/limits";
import { CreateServerPasswordBody } from "@agora/core/protocol/server-password";
import * as serverPassword from "@agora/core/server-password";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = async (event) => {
  const { server_id } = event.params;
  const { actor } = await openSection(event, "manage_server");
  const { passwords } = await orErrorPage(serverPassword.list(actor, { server_id, limit: limits.passwordsPerServerMax }));
  const names = await namesIn(
    server_id,
    passwords.map(({ created_by }) => created_by),
  );
  return {
    passwords: passwords.map(({ id, label, created_by, expires_at }) => ({
      id,
      label,
      by: created_by === actor.user_id ? "you" : (names[created_by] ?? "somebody who left"),
      expiresAt: expires_at,
    })),
    joinAddress: `${publicOrigin(event)}/join`,
    now: Date.now(),
  };
};

type Params = { server_id: string };

export const actions: Actions = {
  create: formAction<Params>(async ({ form, params, event }) => {
    const password = formText(form, "password");
    if (password !== formText(form, "repeat")) throw new FormProblem({ repeat: "The two are not the same. Type both again." });
    const hours = formText(form, "expires_in_hours");
    const typed = { password, label: formText(form, "label"), expires_in_hours: hours === "" ? null : Number(hours) };
    parseForm(CreateServerPasswordBody, typed); // what is wrong is said here, without a call
    await authApi(event).createPassword({ ...params, ...typed });
    return "The password works from now on. Nobody is shown it again: note it down, and tell it to those who should join.";
  }),

  revoke: formAction<Params>(async ({ actor, form, params }) => {
    await serverPassword.revoke(actor, { ...params, password_id: formText(form, "password_id") });
    return "The password was revoked. Nobody can join by it any more.";
  }),
};
