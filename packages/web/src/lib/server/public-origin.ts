import type { RequestEvent } from "@sveltejs/kit";

/** Where people find the site: the adapter writes `https:` into every URL, however the browser came. */
export const publicOrigin = ({ locals, url }: Pick<RequestEvent, "locals" | "url">): string =>
  `${locals.secure ? "https" : "http"}://${url.host}`;
