const ANYWHERE = "http://site.invalid";

/** Where to go after logging in: a path of this site, or undefined for whatever would lead out of it. */
export function nextPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  if (!URL.canParse(value, ANYWHERE)) return undefined;
  const url = new URL(value, ANYWHERE);
  if (url.origin !== ANYWHERE) return undefined;
  // "/.//elsewhere.example" is parsed to a path that a browser would take for a host.
  if (url.pathname.startsWith("//")) return undefined;
  return url.pathname + url.search + url.hash;
}

/** The invite that a path leads to, if it is the page of an invite. */
export function inviteCodeIn(path: string | undefined): string | undefined {
  return /^\/invite\/([0-9A-Za-z_-]{1,64})$/.exec(path ?? "")?.[1];
}

/** The code in what somebody pasted: a whole link, or the code by itself. */
export function inviteCodeFromText(text: string): string | undefined {
  const trimmed = text.trim();
  const inLink = /\/invite\/([0-9A-Za-z_-]{1,64})\/?(?:[?#].*)?$/.exec(trimmed)?.[1];
  return inLink ?? (/^[0-9A-Za-z_-]{1,64}$/.test(trimmed) ? trimmed : undefined);
}
