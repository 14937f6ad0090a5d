import { authApi } from "$lib/server/auth-api";
import { signIn, signInPage } from "$lib/server/sign-in";
import type { Actions, PageServerLoad } from "./$types";

export const load: PageServerLoad = (event) => signInPage(event);

export const actions: Actions = {
  default: (event) => signIn(event, ["email", "password"], ({ email = "", password = "" }) => authApi(event).login({ email, password })),
};
