import { canonicalKey } from "../characters";

/** What may be clicked on. A bare address in a text must be of the first two. */
const SCHEMES = new Set(["https:", "http:", "mailto:"]);
/** Behind `https?://`. Two bars may end a spoiler, and two brackets a name. */
const REST = /(?:(?!\|\||\]\()[^\s<>"`])+/uy;

/** Turn around how the text about them reads. */
const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/u;
/** What reads as an address: with a scheme, or names with full stops between them of which the last has letters; with whose mailbox it is. */
const ADDRESS = /(?<![\p{L}\p{N}_-])(?:[a-z][a-z0-9+.-]*:\/\/\S*|(?:[\w.%+-]+@)?(?:[\p{L}\p{N}_-]+[.\u3002\uFF61])+\p{L}[\p{L}\p{N}-]+)/gu;
/** Of a longer name nobody looks whether it is honest. */
const NAME_MAX = 300;

/** A bare address that begins at `from` with its scheme; null if it leads nowhere. `text` is what of it belongs to it, not to the sentence. */
export function bareLink(text: string, from: number, scheme: string): { text: string; href: string | null } {
  REST.lastIndex = from + scheme.length;
  const link = withoutTrailingPunctuation(scheme + (REST.exec(text)?.[0] ?? ""));
  const href = hrefOf(link);
  return { text: link, href: href?.startsWith("http") ? href : null };
}

/** The address as the browser would go to it; null if its scheme is none of those that may be clicked on. */
export function hrefOf(address: string): string | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return SCHEMES.has(url.protocol) ? url.href : null;
}

/** May a link that leads to `href` be called so? Not if the name reads as another address, or does not read as it stands there. */
export function isHonestName(name: string, href: string): boolean {
  const seen = canonicalKey(name);
  if (seen === "" || name.length > NAME_MAX || DIRECTIONS.test(name)) return false;
  return [...seen.matchAll(ADDRESS)].every(([address]) => isWithin(address, href));
}

/** Does an address as people write it stand for this one? It may leave out the scheme and what comes behind the host. */
function isWithin(address: string, href: string): boolean {
  const url = new URL(href);
  if (url.protocol === "mailto:") return url.pathname.toLowerCase() === address;
  if (!address.includes("://")) return hrefOf(`https://${address}`) === `https://${url.hostname}/`;
  const named = hrefOf(address);
  return named !== null && href.toLowerCase().startsWith(named.toLowerCase()) && new URL(named).host === url.host;
}

const MESSAGE = /^\/channels\/srv_[0-9a-z]{1,60}\/(chn_[0-9a-z]{1,60})(?:\?[\w=&-]{0,100})?#m-\d{1,16}$/;

/** The message of this instance to which an address leads: a path, or an address whose host is ours. */
export function messageLink(address: string, host: string | null): { path: string; channelId: string } | undefined {
  const path = address.startsWith("/") ? address : pathOn(address, host);
  const [, channelId] = (path && MESSAGE.exec(path)) || [];
  return path && channelId ? { path, channelId } : undefined;
}

function pathOn(address: string, host: string | null): string | undefined {
  const url = new URL(address);
  return url.host === host && !url.username && !url.password ? url.pathname + url.search + url.hash : undefined;
}

/** A full stop or a bracket behind a link belongs to the sentence, unless the bracket was opened in the link. */
function withoutTrailingPunctuation(link: string): string {
  let end = link.length;
  let open = balance(link);
  for (; end > 0; end--) {
    const last = link.charAt(end - 1);
    if (last === ")" && open < 0) open++;
    else if (!/[.,;:!?'*_~|\]}»”’]/u.test(last)) break;
  }
  return link.slice(0, end);
}

/** Opened brackets less closed ones. */
function balance(text: string): number {
  let open = 0;
  for (const character of text) {
    if (character === "(") open++;
    else if (character === ")") open--;
  }
  return open;
}
