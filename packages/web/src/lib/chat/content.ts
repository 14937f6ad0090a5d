import { autolink } from "./autolink";
import type { Piece } from "./autolink";

/** What a text is made of as it is shown: plain text, a link, or somebody who is named. */
export type ContentPiece = Piece | { name: string };

/** Resolves the id of an account or a role; undefined: nobody that is known here. */
export type NameOf = (id: string) => string | undefined;

const MENTION = /<@&?((?:usr|rol)_[0-9a-z]{1,60})>|(?<![\w@])@everyone\b/gu;

/** Splits a message into pieces: links, people and roles that are named, and text. */
export function contentPieces(text: string, nameOf: NameOf): ContentPiece[] {
  return autolink(text).flatMap<ContentPiece>((piece) => (typeof piece === "string" ? withNames(piece, nameOf) : [piece]));
}

/** A message in one line of plain text, for those who listen to the page. */
export function plainText(text: string, nameOf: NameOf): string {
  return withNames(text, nameOf)
    .map((piece) => (typeof piece === "string" ? piece : piece.name))
    .join("");
}

function withNames(text: string, nameOf: NameOf): (string | { name: string })[] {
  const pieces: (string | { name: string })[] = [];
  let end = 0;
  for (const match of text.matchAll(MENTION)) {
    const [whole, id] = match;
    if (match.index > end) pieces.push(text.slice(end, match.index));
    pieces.push({ name: `@${id === undefined ? "everyone" : (nameOf(id) ?? "someone")}` });
    end = match.index + whole.length;
  }
  if (end < text.length) pieces.push(text.slice(end));
  return pieces;
}

/** An address is no mention, nor is what stands inside a word. */
const TYPED = /(?<![\w@/.])@([a-z0-9_.]{2,32})(?![\w@])/giu;

/** Writes `@username` as the mention of the account, where it is exactly the name of one. A full stop behind it may end the sentence. */
export function writeMentions(text: string, idOf: (username: string) => string | undefined): string {
  return text.replace(TYPED, (typed, name: string) => {
    const whole = idOf(name.toLowerCase());
    if (whole) return `<@${whole}>`;
    const [, stem = "", dots = ""] = /^(.*?)(\.*)$/.exec(name) ?? [];
    const id = dots && idOf(stem.toLowerCase());
    return id ? `<@${id}>${dots}` : typed;
  });
}
