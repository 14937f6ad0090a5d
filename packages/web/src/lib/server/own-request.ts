/** What a browser was told to call us: the proxy's word first, then its own. */
function publicHost(headers: Headers): string {
  return (headers.get("x-forwarded-host") ?? headers.get("host") ?? "").split(",")[0]?.trim().toLowerCase() ?? "";
}

/** Hosts that AWS gives out are reached over https only, so a request that does not say how it came is still a secure one. */
const HTTPS_ONLY_HOST = /\.(?:cloudfront\.net|on\.aws|amazonaws\.com)$/;

/**
 * Did the browser come over https? The adapter writes `https:` into every URL, so only headers tell: CloudFront's word about the viewer
 * beats the last proxy's about CloudFront.
 */
export function isHttps(headers: Headers): boolean {
  const proto = headers.get("cloudfront-forwarded-proto") ?? headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  if (proto) return proto.toLowerCase() === "https";
  return HTTPS_ONLY_HOST.test(publicHost(headers));
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * May this request change something? Browsers put an Origin on everything unsafe, and it must be ours; without one they must at least say
 * that our own page asked.
 */
export function isOwnRequest(method: string, headers: Headers): boolean {
  if (SAFE_METHODS.has(method)) return true;
  const origin = headers.get("origin");
  if (origin === null) return headers.get("sec-fetch-site") === "same-origin";
  return URL.canParse(origin) && new URL(origin).host === publicHost(headers);
}
