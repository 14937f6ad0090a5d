import type { Block, List } from "./ast";
import { CodeSpans, FENCE, fenceParts } from "./code-spans";
import { parseInline } from "./inline";

const QUOTE = /> (?= *\S)/uy;
const QUOTE_GOES_ON = /> |>(?=\n|$)/uy;
const QUOTE_OF_ALL = />>> (?=\s*\S)/uy;
const ITEM = /([ \t]*)(?:[-*]|(\d{1,9})\.) +(?=\S)/uy;
/** An item that stands so far in belongs to the one above it. */
const INDENT = 2;

/** What a message consists of. In linear time, and never deeper than a list in a list in a quote. */
export function parse(text: string): Block[] {
  return new BlockParser(text, true).parse();
}

class BlockParser {
  readonly #text: string;
  /** There is no quote in a quote. */
  readonly #mayQuote: boolean;
  readonly #code: CodeSpans;
  /** Behind them no spoiler ends. */
  readonly #lastBars: number;
  readonly #blocks: Block[] = [];
  #at = 0;

  constructor(text: string, mayQuote: boolean) {
    this.#text = text;
    this.#mayQuote = mayQuote;
    this.#code = new CodeSpans(text);
    this.#lastBars = text.lastIndexOf("||");
  }

  parse(): Block[] {
    while (this.#at < this.#text.length) {
      const beginsLine = this.#at === 0 || this.#text.charAt(this.#at - 1) === "\n";
      if (beginsLine && (this.#readQuote() || this.#readList())) continue;
      if (!this.#readFence()) this.#readParagraph();
    }
    return this.#blocks;
  }

  #readQuote(): boolean {
    if (!this.#mayQuote) return false;
    const mark = this.#match(QUOTE_OF_ALL);
    if (mark) {
      this.#quote(this.#text.slice(this.#at + mark[0].length));
      this.#at = this.#text.length;
      return true;
    }
    const lines: string[] = [];
    for (let mark = this.#match(QUOTE); mark; mark = this.#at < this.#text.length ? this.#match(QUOTE_GOES_ON) : null) {
      const newline = this.#text.indexOf("\n", this.#at);
      const end = newline === -1 ? this.#text.length : newline;
      lines.push(this.#text.slice(this.#at + mark[0].length, end));
      this.#at = end + 1;
    }
    if (lines.length > 0) this.#quote(lines.join("\n"));
    return lines.length > 0;
  }

  #quote(text: string): void {
    this.#blocks.push({ kind: "quote", children: new BlockParser(text, false).parse() });
  }

  #readList(): boolean {
    let list: List | undefined;
    for (let mark = this.#match(ITEM); mark; mark = this.#match(ITEM)) {
      const [whole, indent = "", number] = mark;
      const start = number === undefined ? null : Number(number);
      const from = this.#at + whole.length;
      const end = this.#endOfText(from, true);
      const item = { children: parseInline(this.#text.slice(from, end)) };
      this.#at = end + (this.#text.charAt(end) === "\n" ? 1 : 0);
      const above = indent.replaceAll("\t", "  ").length < INDENT ? undefined : list?.items.at(-1);
      if (above?.below) above.below.items.push(item);
      else if (above) above.below = { kind: "list", start, items: [item] };
      else if (list && (list.start === null) === (start === null)) list.items.push(item);
      else {
        list = { kind: "list", start, items: [item] };
        this.#blocks.push(list);
      }
    }
    return list !== undefined;
  }

  #readFence(): boolean {
    const [run] = this.#match(/`{3,}/uy) ?? [];
    const closing = run && this.#code.closing(run.length, this.#at + run.length);
    if (!closing) return false;
    this.#blocks.push({ kind: "block", ...fenceParts(this.#text.slice(this.#at + run.length, closing.inner)) });
    this.#at = closing.end + (this.#text.charAt(closing.end) === "\n" ? 1 : 0);
    return true;
  }

  #readParagraph(): void {
    const end = this.#endOfText(this.#at, false);
    const text = this.#text.slice(this.#at, end).replace(/^\n+/u, "").trimEnd();
    if (text !== "") this.#blocks.push({ kind: "paragraph", children: parseInline(text) });
    this.#at = end + (this.#text.charAt(end) === "\n" ? 1 : 0);
  }

  /** Where a paragraph or an item ends: before a block, at the end of an item's line. What is hidden in it or code is not looked at: it is not torn. */
  #endOfText(from: number, isItem: boolean): number {
    const text = this.#text;
    const special = /\\|`+|\|\||\n/gu;
    special.lastIndex = from;
    let isHidden = false;
    for (let found = special.exec(text); found; found = special.exec(text)) {
      const { 0: token, index } = found;
      if (token === "\\") special.lastIndex = index + 2;
      else if (token === "||") isHidden = !isHidden && this.#lastBars > index + 1;
      else if (token === "\n") {
        if (!isHidden && (isItem || this.#beginsBlock(index + 1))) return index;
      } else {
        const closing = this.#code.closing(token.length, index + token.length);
        if (!closing) continue;
        if (token.length >= FENCE && !isHidden) return index;
        const newline = isItem && !isHidden ? text.indexOf("\n", index) : -1;
        if (newline === -1 || newline > closing.inner) special.lastIndex = closing.end;
      }
    }
    return text.length;
  }

  #beginsBlock(at: number): boolean {
    return Boolean((this.#mayQuote && (this.#match(QUOTE, at) ?? this.#match(QUOTE_OF_ALL, at))) ?? this.#match(ITEM, at));
  }

  #match(sticky: RegExp, at = this.#at): RegExpExecArray | null {
    sticky.lastIndex = at;
    return sticky.exec(this.#text);
  }
}
