import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { RequestEvent } from "@sveltejs/kit";
import { resources } from "./resources";

/** By these the API knows whose address to count a failed log-in against, and that the site may be believed about it. */
const FORWARDED_HEADERS = ["x-agora-edge", "x-agora-address", "x-forwarded-for", "user-agent"];

/** The API for what needs a password: only its `auth` function can hash one. It throws `AgoraError`. */
export function authApi({ request }: RequestEvent): Pick<Rest, "login" | "register"> {
  return createRest({
    baseUrl: resources.apiUrl,
    fetch: (url, init) => {
      const headers = new Headers(init?.headers);
      for (const name of FORWARDED_HEADERS) {
        const value = request.headers.get(name);
        if (value) headers.set(name, value);
      }
      return fetch(url, { ...init, headers });
    },
  });
}
