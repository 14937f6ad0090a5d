/**
 * Where what begins with backticks ends. It is asked from the beginning of a text to its end, and looks at each run of one or two backticks once
 * for all questions together.
 */
export class CodeSpans {
  readonly #text: string;
  /** Where the runs of each length begin, in order, and the first of them that is not behind us. */
  readonly #runs = new Map<number, { starts: number[]; next: number }>();

  constructor(text: string) {
    this.#text = text;
    for (const { 0: run, index } of text.matchAll(/`+/g)) {
      const known = this.#runs.get(run.length);
      if (known) known.starts.push(index);
      else this.#runs.set(run.length, { starts: [index], next: 0 });
    }
  }

  /** Of the span that `ticks` backticks before `from` open: what is in it ends at `inner`, it itself at `end`. */
  closing(ticks: number, from: number): { inner: number; end: number } | undefined {
    return ticks < FENCE ? this.#sameRun(ticks, from) : this.#fence(ticks, from);
  }

  #sameRun(ticks: number, from: number): { inner: number; end: number } | undefined {
    const runs = this.#runs.get(ticks);
    if (!runs) return undefined;
    while ((runs.starts[runs.next] ?? from) < from) runs.next++;
    const inner = runs.starts[runs.next];
    return inner === undefined ? undefined : { inner, end: inner + ticks };
  }

  /** A fence is closed by as many or more. Those that are not are each shorter than the one before, and so few. */
  #fence(ticks: number, from: number): { inner: number; end: number } | undefined {
    const fence = /`{3,}/g;
    fence.lastIndex = from;
    for (let found = fence.exec(this.#text); found; found = fence.exec(this.#text)) {
      const { 0: run, index } = found;
      if (run.length >= ticks && this.#text.slice(from, index).trim() !== "") return { inner: index, end: index + run.length };
    }
    return undefined;
  }
}

/** So many backticks make a block. */
export const FENCE = 3;

/** What a span of one or two backticks shows: a space at each end is there to keep it apart from them. */
export function spanText(text: string): string {
  return text.length > 2 && text.startsWith(" ") && text.endsWith(" ") && text.trim() !== "" ? text.slice(1, -1) : text;
}

/** A block's language, if its first line is one, and what is in it. */
export function fenceParts(text: string): { language: string; text: string } {
  const [, language = "", rest = text] = /^([\w+#.-]{1,20})[^\S\n]*\n([^]*\S[^]*)$/.exec(text) ?? [];
  return { language, text: rest.replace(/^\n+/, "").trimEnd() };
}

/** Changes a text where it is no code. */
export function outsideCode(text: string, change: (plain: string) => string): string {
  const code = new CodeSpans(text);
  const special = /\\[^]|`+/g;
  let changed = "";
  let at = 0;
  for (let found = special.exec(text); found; found = special.exec(text)) {
    const { 0: token, index } = found;
    const closing = token.startsWith("`") && code.closing(token.length, special.lastIndex);
    if (!closing) continue;
    changed += change(text.slice(at, index)) + text.slice(index, closing.end);
    at = special.lastIndex = closing.end;
  }
  return changed + change(text.slice(at));
}
