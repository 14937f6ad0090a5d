import { orErrorPage } from "$lib/server/refusals";
import { endSession } from "$lib/server/session";
import { clearSession } from "$lib/server/session-cookies";
import { redirect } from "@sveltejs/kit";
import type { RequestHandler } from "./$types";

export const POST: RequestHandler = async ({ cookies, locals }) => {
  if (locals.actor) await orErrorPage(endSession(locals.actor));
  clearSession(cookies, locals.secure);
  redirect(303, "/");
};
