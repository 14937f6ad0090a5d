import { resources } from "@agora/core/resources";

/**
 * May a page of this origin open the socket? A script sends no Origin. A page's must be the site's own: its host is the socket's, where both are
 * on one origin, or the router's domain, where API Gateway has a domain of its own.
 */
export function isOwnOrigin(headers: Record<string, string | undefined>): boolean {
  const get = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const origin = get("origin");
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const { host } = new URL(origin);
  return host === get("x-forwarded-host") || host === get("host") || host === new URL(resources.siteUrl).host;
}
