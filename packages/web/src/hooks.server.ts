import { building } from "$app/environment";
import { ZONE_COOKIE } from "$lib/chat/dates";
import { formProblem } from "$lib/server/form-check";
import { isHttps, isOwnRequest } from "$lib/server/own-request";
import { readerLocale, readerZone } from "$lib/server/reader";
import { orErrorPage } from "$lib/server/refusals";
import { resumeSession } from "$lib/server/session";
import { asTheme, THEME_COOKIE, themeColorTags } from "$lib/theme";
import type { Handle, HandleServerError } from "@sveltejs/kit";

const SECURITY_HEADERS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not "no-referrer": with it browsers send "Origin: null" on forms, and the origin check would refuse our own.
  "referrer-policy": "strict-origin-when-cross-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
  "cross-origin-opener-policy": "same-origin",
};

/** Asked by scripts, with nothing but cookies: no form, and the session is what it renews. */
const REFRESH = "/session/refresh";
/** Routes that need no account, and so no look at the session. */
const WITHOUT_SESSION = new Set([REFRESH, "/theme"]);

export const handle: Handle = async ({ event, resolve }) => {
  const { locals, request } = event;
  Object.assign(locals, { actor: null, requestId: crypto.randomUUID(), secure: false, theme: "system", locale: "en-GB", zone: "UTC" });
  if (!building) {
    if (!isOwnRequest(request.method, request.headers)) return new Response("This form came from another site.", { status: 403 });
    const problem = event.url.pathname === REFRESH ? undefined : await formProblem(event);
    if (problem) return new Response("This form cannot be read.", { status: problem });
    locals.secure = isHttps(request.headers);
    locals.theme = asTheme(event.cookies.get(THEME_COOKIE));
    locals.locale = readerLocale(request.headers.get("accept-language"));
    locals.zone = readerZone(event.cookies.get(ZONE_COOKIE));
    if (!WITHOUT_SESSION.has(event.url.pathname)) await orErrorPage(resumeSession(event));
  }

  // Prerendered, and served by the adapter for GET alone: to Kit there is no such page.
  if (request.method === "HEAD" && event.url.pathname === "/") return new Response(null, { headers: { "content-type": "text/html" } });

  const response = await resolve(event, {
    transformPageChunk: ({ html }) =>
      html
        .replace("%agora.theme%", locals.theme)
        .replace("%agora.head%", themeColorTags(locals.theme) + (building ? `<script src="/theme.js"></script>` : "")),
    preload: ({ type, path }) => type === "js" || type === "css" || (type === "font" && path.includes("-latin-wght-")),
  });
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
  response.headers.set("x-request-id", locals.requestId);
  // What is shown depends on the cookies, whoever stands in between.
  if (!response.headers.has("cache-control")) response.headers.set("cache-control", "private, no-cache");
  if (locals.secure) response.headers.set("strict-transport-security", "max-age=31536000");
  return response;
};

export const handleError: HandleServerError = ({ error, event, status, message }) => {
  const { requestId } = event.locals;
  if (status === 404) return { message: "There is nothing at this address.", code: "route.not_found", requestId };
  const cause = error instanceof Error ? { error: error.name, message: error.message, stack: error.stack } : { error: message };
  console.error(JSON.stringify({ level: "error", event: "page_failed", request_id: requestId, route: event.route.id, status, ...cause }));
  return { message: "Something went wrong on our side.", code: "internal", requestId };
};
