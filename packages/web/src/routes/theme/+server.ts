import { nextPath } from "$lib/next-path";
import { formText } from "$lib/server/form-text";
import { asTheme, THEME_COOKIE } from "$lib/theme";
import { redirect } from "@sveltejs/kit";
import type { RequestHandler } from "./$types";

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The theme switch without JavaScript. */
export const POST: RequestHandler = async ({ cookies, locals, request }) => {
  const form = await request.formData();
  const theme = asTheme(formText(form, "theme"));
  cookies.set(THEME_COOKIE, theme, { path: "/", httpOnly: false, secure: locals.secure, sameSite: "lax", maxAge: YEAR_SECONDS });
  redirect(303, nextPath(form.get("next")) ?? "/");
};
