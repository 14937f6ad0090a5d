import { callerAddress, onBehalfOf } from "@agora/core/edge";
import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { RequestEvent } from "@sveltejs/kit";
import { resources } from "./resources";
import { readSession } from "./session-cookies";

/** The deletion of an account takes its time; the gateway waits no longer. */
const LONGEST_MS = 29_000;

/**
 * The API for what needs a password: only its `auth` function can hash one. And for the form of an upload, which the site may not sign, and an access key, which it may not store. It is asked in the name of whoever filled in the form, if they are
 * logged in, and a wrong password is counted against them, not against the site. It throws `AgoraError`.
 */
export function authApi(
  event: RequestEvent,
): Pick<
  Rest,
  "login" | "register" | "createPassword" | "joinByPassword" | "changePassword" | "deleteAccount" | "createUpload" | "createKey"
> {
  const { cookies, locals, request } = event;
  const address = callerAddress((name) => request.headers.get(name), event.getClientAddress());
  return createRest({
    baseUrl: resources.apiUrl,
    timeoutMs: LONGEST_MS,
    token: () => readSession(cookies, locals.secure).access,
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(onBehalfOf(address))) headers.set(name, value);
      return fetch(url, { ...init, headers });
    },
  });
}
