import { callerAddress, onBehalfOf } from "@agora/core/edge";
import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { RequestEvent } from "@sveltejs/kit";
import { resources } from "./resources";
import { readSession } from "./session-cookies";

/**
 * The API for what needs a password: only its `auth` function can hash one. It is asked in the name of whoever filled in the form, if they are
 * logged in, and a wrong password is counted against them, not against the site. It throws `AgoraError`.
 */
export function authApi(event: RequestEvent): Pick<Rest, "login" | "register" | "createPassword" | "joinByPassword"> {
  const { cookies, locals, request } = event;
  const address = callerAddress((name) => request.headers.get(name), event.getClientAddress());
  return createRest({
    baseUrl: resources.apiUrl,
    token: () => readSession(cookies, locals.secure).access,
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(onBehalfOf(address))) headers.set(name, value);
      return fetch(url, { ...init, headers });
    },
  });
}
