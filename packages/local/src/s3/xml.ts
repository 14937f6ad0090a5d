/** A document of elements: an object is an element of each key, a list as many elements of one name, undefined none. */
type Content = string | number | boolean | undefined | Content[] | { [name: string]: Content };

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

export const document = (name: string, content: Content, attributes = ` xmlns="${NAMESPACE}"`): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${attributes}>${inner(content)}</${name}>`;

function element(name: string, content: Content): string {
  if (content === undefined) return "";
  if (Array.isArray(content)) return content.map((one) => element(name, one)).join("");
  return `<${name}>${inner(content)}</${name}>`;
}

function inner(content: Content): string {
  if (content === undefined) return "";
  if (Array.isArray(content)) return content.map(inner).join("");
  if (typeof content !== "object") return escape(String(content));
  return Object.entries(content)
    .map(([name, value]) => element(name, value))
    .join("");
}

/** XML has no form for most control characters; they are left out, as a client asks for `encoding-type=url` where it may meet them. */
const escape = (text: string): string =>
  text
    // eslint-disable-next-line no-control-regex -- just those
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\r", "&#13;");

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The texts of all elements of this name that have nothing but text in them. */
export function textsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) =>
    text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex?: string, decimal?: string, entity?: string) => {
      if (entity !== undefined) return ENTITIES[entity] ?? whole;
      const codePoint = hex === undefined ? Number(decimal) : parseInt(hex, 16);
      return codePoint <= 0x10_ffff ? String.fromCodePoint(codePoint) : whole;
    }),
  );
}
