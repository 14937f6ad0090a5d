import type { Cookies } from "@sveltejs/kit";

/** As long as a refresh token lives without being used. */
const REFRESH_MAX_AGE_SECONDS = 60 * 24 * 60 * 60;

/** Only over https may a browser keep `__Host-` names, which no other host and no http page can set. */
function cookieNames(secure: boolean) {
  const prefix = secure ? "__Host-" : "";
  return { access: `${prefix}agora_access`, refresh: `${prefix}agora_refresh` };
}

export interface Tokens {
  token: string;
  refresh_token: string;
  expires_at: number;
}

export function readSession(cookies: Cookies, secure: boolean): { access: string | undefined; refresh: string | undefined } {
  const names = cookieNames(secure);
  return { access: cookies.get(names.access), refresh: cookies.get(names.refresh) };
}

export function writeSession(cookies: Cookies, secure: boolean, tokens: Tokens, now = Date.now()): void {
  const names = cookieNames(secure);
  const maxAge = Math.max(0, Math.floor((tokens.expires_at - now) / 1000));
  cookies.set(names.access, tokens.token, { ...options(secure), maxAge });
  cookies.set(names.refresh, tokens.refresh_token, { ...options(secure), maxAge: REFRESH_MAX_AGE_SECONDS });
}

export function clearSession(cookies: Cookies, secure: boolean): void {
  const names = cookieNames(secure);
  cookies.delete(names.access, options(secure));
  cookies.delete(names.refresh, options(secure));
}

function options(secure: boolean) {
  return { path: "/", httpOnly: true, sameSite: "lax", secure } as const;
}
