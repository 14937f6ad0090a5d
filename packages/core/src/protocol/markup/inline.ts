import type { Inline } from "./ast";
import { CodeSpans, FENCE, spanText } from "./code-spans";
import { bareLink, hrefOf, isHonestName, messageLink } from "./links";

/** What may mean something: an escape, backticks, a run of one mark, brackets, what stands in angle brackets, everyone, an address. */
const TOKEN =
  /\\[!-/:-@[-`{-~]|`+|\*+|_+|~+|\|+|[[\]]|<[^\s<>]{2,2100}>|(?<![\w@])@everyone\b|\bhttps?:\/\/|(?<![\w/])\/channels\/[\w/?=&#-]+|¯\\_\(ツ\)_\/¯/giu;
const MENTION = /^<@(?:(usr_[0-9a-z]{1,60})|&(rol_[0-9a-z]{1,60}))>$/;
/** Behind the bracket that ends a link's name: its address, in which brackets may stand in pairs. */
const ADDRESS = /\((?:<([^\s<>]{1,2000})>|((?:[^\s()<>]|\([^\s()<>]*\)){1,2000}))\)/uy;

const kinds = { "*": "em", "**": "strong", _: "em", __: "underline", "~~": "strike", "||": "spoiler" } as const;
/** What stands on both sides of a text. Each is open once at a time, which bounds how deep anything is nested. */
type Mark = keyof typeof kinds;
type Opener = Mark | "[";

/** Can a run of marks begin or end something? */
interface Flanks {
  opens: boolean;
  closes: boolean;
}

/** Parses what stands in a line, or in a paragraph of several. In linear time; whatever is not closed is text. */
export function parseInline(text: string): Inline[] {
  return new InlineParser(text).parse();
}

class InlineParser {
  readonly #text: string;
  readonly #code: CodeSpans;
  /** Behind them no spoiler ends. */
  readonly #lastBars: number;
  #at = 0;
  /** What was read. An opener is in it as the text that it stays if it is not closed. */
  readonly #out: Inline[] = [];
  /** Openers, in order, with their place in `#out`. */
  readonly #stack: { opener: Opener; at: number }[] = [];
  /** The place in `#stack` of each that is open. The others there were given up. */
  readonly #open = new Map<Opener, number>();

  constructor(text: string) {
    this.#text = text;
    this.#code = new CodeSpans(text);
    this.#lastBars = text.lastIndexOf("||");
  }

  parse(): Inline[] {
    const text = this.#text;
    const token = new RegExp(TOKEN);
    for (let found = token.exec(text); found; found = token.exec(text)) {
      this.#push(text.slice(this.#at, found.index));
      this.#at = found.index;
      this.#at = this.#read(found[0], this.#at + found[0].length);
      token.lastIndex = this.#at;
    }
    this.#push(text.slice(this.#at));
    return joined(this.#out);
  }

  #push(text: string): void {
    if (text !== "") this.#out.push(text);
  }

  /** Answers where what was read ends. */
  #read(token: string, end: number): number {
    switch (token.charAt(0)) {
      case "\\":
        this.#push(token.slice(1));
        return end;
      case "`":
        return this.#readCode(token, end);
      case "*":
      case "_":
        this.#readEmphasis(token, end);
        return end;
      case "~":
        if (token.length === 2) this.#readMark("~~", this.#flanks(end));
        else this.#push(token);
        return end;
      case "|":
        this.#readBars(token.length);
        return end;
      case "[":
        this.#begin("[");
        return end;
      case "]":
        return this.#readName(end);
      case "@":
        // Exactly so: what is written in capitals shouts at nobody.
        if (token === "@everyone") this.#out.push({ kind: "mention", id: null });
        else this.#push(token);
        return end;
      case "<":
        return this.#readAngle(token, end);
      case "/":
        this.#readPath(token);
        return end;
      case "¯":
        this.#push(token);
        return end;
      default:
        return this.#readAddress(token);
    }
  }

  #readCode(ticks: string, from: number): number {
    const closing = this.#code.closing(ticks.length, from);
    if (!closing) {
      this.#push(ticks);
      return from;
    }
    const text = this.#text.slice(from, closing.inner);
    this.#out.push({ kind: "code", text: ticks.length < FENCE ? spanText(text) : text });
    return closing.end;
  }

  #readEmphasis(run: string, end: number): void {
    const flanks = this.#flanks(end);
    const [one, two] = run.startsWith("*") ? (["*", "**"] as const) : (["_", "__"] as const);
    // Within a word it is part of a name_like_this.
    if (one === "_") {
      flanks.opens &&= !/[\p{L}\p{N}]$/u.test(this.#text.slice(Math.max(0, this.#at - 2), this.#at));
      flanks.closes &&= !/^[\p{L}\p{N}]/u.test(this.#text.slice(end, end + 2));
    }
    if (run.length > 3) this.#push(run);
    else if (run.length < 3) this.#readMark(run.length === 2 ? two : one, flanks);
    else {
      // Three at once are both: the one that was opened last is closed first.
      const isTwoInside = (this.#open.get(two) ?? -1) > (this.#open.get(one) ?? -1);
      const order = isTwoInside ? [two, one] : [one, two];
      for (const mark of order.filter((mark) => !flanks.closes || !this.#end(mark))) {
        if (flanks.opens) this.#begin(mark);
        else this.#push(mark);
      }
    }
  }

  #readMark(mark: Mark, { opens, closes }: Flanks): void {
    if (closes && this.#end(mark)) return;
    if (opens) this.#begin(mark);
    else this.#push(mark);
  }

  /** A spoiler may begin and end with spaces, and is only one if it ends: then nothing that began before it tears it. */
  #readBars(count: number): void {
    let left = count;
    for (; left >= 2; left -= 2) {
      if (this.#end("||")) continue;
      if (this.#open.has("||") || this.#lastBars < this.#at + (count - left) + 2) break;
      this.#begin("||");
    }
    this.#push("|".repeat(left));
  }

  #readName(end: number): number {
    const index = this.#open.get("[");
    const opener = index === undefined ? undefined : this.#stack[index];
    if (index !== undefined && opener) {
      ADDRESS.lastIndex = end;
      const [whole = "", inAngles, bare = ""] = ADDRESS.exec(this.#text) ?? [];
      const href = hrefOf(inAngles ?? bare);
      const children = joined(this.#out.slice(opener.at + 1).flatMap((node) => (isLink(node) ? node.children : [node])));
      const name = nameIn(children);
      if (href !== null && name !== undefined && isHonestName(name, href)) {
        this.#forget(index);
        this.#out.length = opener.at;
        this.#out.push({ kind: "link", href, children });
        return end + whole.length;
      }
      this.#open.delete("[");
    }
    this.#push("]");
    return end;
  }

  #readAngle(token: string, end: number): number {
    const [, userId, roleId] = MENTION.exec(token) ?? [];
    const id = userId ?? roleId;
    const address = token.slice(1, -1);
    const href = /^https?:\/\//iu.test(address) ? hrefOf(address) : null;
    if (id !== undefined) this.#out.push({ kind: "mention", id });
    else if (href !== null) this.#out.push({ kind: "link", href, children: [address] });
    else {
      this.#push("<");
      return this.#at + 1;
    }
    return end;
  }

  #readPath(path: string): void {
    const link = messageLink(path, null);
    if (link) this.#out.push({ kind: "message", ...link });
    else this.#push(path);
  }

  #readAddress(scheme: string): number {
    const { text, href } = bareLink(this.#text, this.#at, scheme);
    if (href === null) this.#push(text);
    else this.#out.push({ kind: "link", href, children: [text] });
    return this.#at + text.length;
  }

  #begin(opener: Opener): void {
    this.#open.set(opener, this.#stack.length);
    this.#stack.push({ opener, at: this.#out.length });
    this.#out.push(opener);
  }

  /** False if it is not open, or has nothing in it. Whatever was opened in it and not closed is text. */
  #end(mark: Mark): boolean {
    let index = this.#open.get(mark);
    if (index === undefined) return false;
    const spoiler = this.#open.get("||") ?? -1;
    if (spoiler > index && this.#lastBars > this.#at) return false;
    index = this.#turnedAround(mark, index);
    const { at } = this.#stack[index] ?? { at: 0 };
    if (at + 1 === this.#out.length) return false;
    this.#forget(index);
    this.#out[at] = { kind: kinds[mark], children: joined(this.#out.splice(at + 1)) };
    return true;
  }

  /** Of `***`, which opens two, the one that is closed first is the inner one. */
  #turnedAround(mark: Mark, index: number): number {
    const outer = this.#stack[index];
    const inner = this.#stack[index + 1];
    if (!outer || !inner || inner.at !== outer.at + 1 || inner.opener.charAt(0) !== mark.charAt(0)) return index;
    [outer.opener, inner.opener] = [inner.opener, outer.opener];
    this.#out[outer.at] = outer.opener;
    this.#out[inner.at] = inner.opener;
    if (this.#open.get(outer.opener) === index + 1) this.#open.set(outer.opener, index);
    this.#open.set(mark, index + 1);
    return index + 1;
  }

  /** The opener in this place and all behind it are open no longer. */
  #forget(index: number): void {
    for (const [i, { opener }] of this.#stack.splice(index).entries()) {
      if (this.#open.get(opener) === index + i) this.#open.delete(opener);
    }
  }

  #flanks(end: number): Flanks {
    const isSpace = (character: string) => character.trim() === "";
    return { opens: !isSpace(this.#text.charAt(end)), closes: !isSpace(this.#text.charAt(this.#at - 1)) };
  }
}

const isLink = (node: Inline) => typeof node !== "string" && node.kind === "link";

/** What a link is called; undefined if something in it can itself be clicked on or is hidden. */
function nameIn(nodes: readonly Inline[]): string | undefined {
  let name = "";
  for (const node of nodes) {
    if (typeof node === "string") name += node;
    else if (node.kind === "code") name += node.text;
    else if (node.kind === "link" || node.kind === "mention" || node.kind === "message" || node.kind === "spoiler") return undefined;
    else {
      const inner = nameIn(node.children);
      if (inner === undefined) return undefined;
      name += inner;
    }
  }
  return name;
}

/** Texts that stand beside one another are one. */
function joined(nodes: readonly Inline[]): Inline[] {
  const all: Inline[] = [];
  for (const node of nodes) {
    const last = all.at(-1);
    if (typeof node === "string" && typeof last === "string") all[all.length - 1] = last + node;
    else all.push(node);
  }
  return all;
}
