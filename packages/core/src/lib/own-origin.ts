/** Reads a header by its lower-case name. */
type Header = (name: string) => string | null | undefined;

/** The host that the browser was told to call: the first proxy's word, then its own. */
export function publicHost(header: Header): string {
  return (header("x-forwarded-host") ?? header("host") ?? "").split(",")[0]?.trim().toLowerCase() ?? "";
}

/** The host of an Origin header; undefined for `null` and for what is no origin. */
export const hostOf = (origin: string): string | undefined => (URL.canParse(origin) ? new URL(origin).host : undefined);

/**
 * Did a page of this site make the request? Browsers put an Origin on everything that changes something; without one they must at least say that
 * it was the same origin. A script that is no browser passes neither test, and has no cookie to protect.
 */
export function isFromOwnPage(header: Header): boolean {
  const origin = header("origin");
  if (origin === null || origin === undefined) return header("sec-fetch-site") === "same-origin";
  return hostOf(origin) === publicHost(header);
}
