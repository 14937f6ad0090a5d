import type { RequestEvent } from "@sveltejs/kit";

const FORM = /^(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i;

/** Kit looks an action up by its name on a plain object, and refuses the name `default` with an exception. */
const NO_ACTION = new Set(["default", ...Object.getOwnPropertyNames(Object.prototype)]);

/** The status with which a form is refused that Kit would answer with 500: one for no action, of another type, or that cannot be read. */
export async function formProblem({ request, url }: Pick<RequestEvent, "request" | "url">): Promise<404 | 415 | 400 | undefined> {
  if (request.method !== "POST" || request.body === null) return undefined;
  const action = /^\?\/([^&=]*)/.exec(url.search)?.[1];
  if (action !== undefined && NO_ACTION.has(action)) return 404;
  if (!FORM.test(request.headers.get("content-type") ?? "")) return 415;
  try {
    await request.clone().formData();
    return undefined;
  } catch {
    return 400;
  }
}
