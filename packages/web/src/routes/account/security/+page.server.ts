import { authApi } from "$lib/server/auth-api";
import { formAction, FormProblem, parseForm } from "$lib/server/form-action";
import { formText } from "$lib/server/form-text";
import { clearSession } from "$lib/server/session-cookies";
import { ChangePasswordBody, DeleteAccountBody } from "@agora/core/protocol/account";
import { AgoraError } from "@agora/sdk";
import { redirect } from "@sveltejs/kit";
import type { Actions } from "./$types";

export const actions: Actions = {
  password: formAction(async ({ form, event }) => {
    const new_password = formText(form, "password");
    if (new_password !== formText(form, "repeat")) throw new FormProblem({ repeat: "The two are not the same. Type both again." });
    const typed = { current_password: formText(form, "current_password"), new_password };
    parseForm(ChangePasswordBody, typed); // what is wrong is said here, without a call
    await authApi(event).changePassword(typed).catch(orWrongPassword("current_password"));
    return "Your password is changed. Everywhere else you have been logged out.";
  }),

  remove: formAction(async ({ form, event }) => {
    const typed = { password: formText(form, "password") };
    parseForm(DeleteAccountBody, typed);
    await authApi(event).deleteAccount(typed).catch(orWrongPassword("password"));
    clearSession(event.cookies, event.locals.secure);
    redirect(303, "/");
  }),
};

/** @throws FormProblem for a wrong password, beside its field. */
const orWrongPassword = (field: string) => (error: unknown) => {
  throw error instanceof AgoraError && error.code === "auth.invalid" ? new FormProblem({ [field]: error.message }) : error;
};
