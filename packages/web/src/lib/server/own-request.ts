import { isFromOwnPage, publicHost } from "@agora/core/own-origin";

/** Hosts that AWS gives out are reached over https only, so a request that does not say how it came is still a secure one. */
const HTTPS_ONLY_HOST = /\.(?:cloudfront\.net|on\.aws|amazonaws\.com)$/;

/**
 * Did the browser come over https? The adapter writes `https:` into every URL, so only headers tell: CloudFront's word about the viewer
 * beats the last proxy's about CloudFront.
 */
export function isHttps(headers: Headers): boolean {
  const proto = headers.get("cloudfront-forwarded-proto") ?? headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  if (proto) return proto.toLowerCase() === "https";
  return HTTPS_ONLY_HOST.test(publicHost((name) => headers.get(name)));
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** May this request change something? Only one of our own pages may ask for that. */
export function isOwnRequest(method: string, headers: Headers): boolean {
  return SAFE_METHODS.has(method) || isFromOwnPage((name) => headers.get(name));
}
