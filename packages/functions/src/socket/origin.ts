import { hostOf, publicHost } from "@agora/core/own-origin";
import { resources } from "@agora/core/resources";

/**
 * May a page of this origin open the socket? A script sends no Origin. A page's must be the site's own: its host is the socket's, where both are
 * on one origin, or the router's domain, where API Gateway has a domain of its own.
 */
export function isOwnOrigin(headers: Record<string, string | undefined>): boolean {
  const header = (name: string) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const origin = header("origin");
  if (origin === undefined) return true;
  const host = hostOf(origin);
  return host !== undefined && (host === publicHost(header) || host === hostOf(resources.siteUrl));
}
