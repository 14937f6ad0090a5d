import { orErrorPage } from "$lib/server/refusals";
import { clearSession } from "$lib/server/session-cookies";
import * as session from "@agora/core/session";
import { redirect } from "@sveltejs/kit";
import type { RequestHandler } from "./$types";

export const POST: RequestHandler = async ({ cookies, locals }) => {
  if (locals.actor) await orErrorPage(session.end(locals.actor));
  clearSession(cookies, locals.secure);
  redirect(303, "/");
};
