import { renewSession } from "$lib/server/session";
import type { RequestHandler } from "./$types";

/** For the browser's client, when the API does not take its access token any more. */
export const POST: RequestHandler = async (event) => new Response(null, { status: (await renewSession(event)) ? 204 : 401 });
