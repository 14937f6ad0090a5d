export type Piece = string | { href: string; text: string };

/** Http and https alone: no other scheme may become something to click on. */
const LINK = /\bhttps?:\/\/[^\s<>"]+/giu;

/** Splits text into plain pieces and links. The pieces put together are the text. */
export function autolink(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { 0: match, index } of text.matchAll(LINK)) {
    const link = withoutTrailingPunctuation(match);
    const href = hrefOf(link);
    if (!href) continue;
    if (index > end) pieces.push(text.slice(end, index));
    pieces.push({ href, text: link });
    end = index + link.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

/** A full stop or a bracket behind a link belongs to the sentence, unless the bracket was opened in the link. */
function withoutTrailingPunctuation(link: string): string {
  let end = link.length;
  let open = balance(link);
  for (; end > 0; end--) {
    const last = link.charAt(end - 1);
    if (last === ")" && open < 0) open++;
    else if (!/[.,;:!?'*_~\]}»”’]/u.test(last)) break;
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

function hrefOf(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const url = new URL(link);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}
