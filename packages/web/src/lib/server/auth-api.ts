import { callerAddress, onBehalfOf } from "@agora/core/edge";
import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { RequestEvent } from "@sveltejs/kit";
import { resources } from "./resources";

/**
 * The API for what needs a password: only its `auth` function can hash one. A failed log-in is counted against whoever filled in the form,
 * not against the site. It throws `AgoraError`.
 */
export function authApi({ request, getClientAddress }: RequestEvent): Pick<Rest, "login" | "register"> {
  const address = callerAddress((name) => request.headers.get(name), getClientAddress());
  return createRest({
    baseUrl: resources.apiUrl,
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      for (const [name, value] of Object.entries(onBehalfOf(address))) headers.set(name, value);
      return fetch(url, { ...init, headers });
    },
  });
}
