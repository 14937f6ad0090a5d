import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Block, Inline } from "@agora/core/protocol/markup/ast";
import { parse } from "@agora/core/protocol/markup/blocks";
import { plainText } from "./plain-text";

const MARKS = [
  "*",
  "**",
  "_",
  "__",
  "~~",
  "||",
  "`",
  "``",
  "```",
  "[",
  "](",
  ")",
  "<",
  ">",
  "\\",
  "\n",
  "> ",
  ">>> ",
  "- ",
  "1. ",
  " ",
  "|",
  "~",
];
const WORDS = [
  "a",
  "Wort",
  "é",
  "字",
  "😀",
  "```js\n",
  "https://a.example/x",
  "(mailto:a@b.example)",
  "<@usr_1>",
  "@everyone",
  "javascript:x",
  "data:y",
];
/** Texts in which everything that means something comes often. */
const marked = fc.array(fc.constantFrom(...MARKS, ...WORDS), { maxLength: 120 }).map((pieces) => pieces.join(""));

/** Everything that a node shows or leads to, in the order in which it was written. */
const written = (node: Inline): string => {
  if (typeof node === "string") return node;
  if (node.kind === "code") return node.text;
  if (node.kind === "mention") return node.id ?? "everyone";
  if (node.kind === "message") return node.path;
  return node.children.map(written).join("") + (node.kind === "link" ? node.href : "");
};
const writtenIn = (block: Block): string => {
  if (block.kind === "block") return block.language + block.text;
  if (block.kind === "list")
    return block.items.map(({ children, below }) => children.map(written).join("") + (below ? writtenIn(below) : "")).join("");
  return block.kind === "quote" ? block.children.map(writtenIn).join("") : block.children.map(written).join("");
};
const hrefsIn = (value: unknown): string[] => [...JSON.stringify(value).matchAll(/"href":"([^"]*)"/g)].map(([, href]) => href!);

/** Are all letters of `text` in `other`, in this order? */
function keepsLetters(text: string, other: string): boolean {
  let at = 0;
  for (const letter of text.match(/\p{L}/gu) ?? []) {
    at = other.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

const depth = (value: unknown): number =>
  typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;

describe("whatever is written", () => {
  test.each([
    ["marks", marked],
    ["anything", fc.string({ unit: "binary", maxLength: 300 })],
  ])("is parsed, loses no letter, is not deep, and leads nowhere that is not allowed: %s", (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        const blocks = parse(text);
        expect(keepsLetters(text, blocks.map(writtenIn).join(""))).toBe(true);
        expect(depth(blocks)).toBeLessThan(40); // a quote, a list in a list, seven kinds of marks: each is an object and an array
        for (const href of hrefsIn(blocks)) expect(href).toMatch(/^(https?:\/\/|mailto:)/);
        plainText(text, () => undefined);
      }),
      { numRuns: 2000 },
    );
  });

  test("a whole address is an address with an allowed scheme, or none", () => {
    const schemes = fc.constantFrom(
      "javascript",
      "JAVASCRIPT",
      "java\tscript",
      "data",
      "vbscript",
      "file",
      "blob",
      "about",
      "https",
      "mailto",
      "\u0001javascript",
      " javascript",
    );
    const forms = fc.constantFrom("[x](A)", "[x](<A>)", "<A>", "A", "[A](A)", "![x](A)", '[x](A "t")', "[x]:A", "[x]( A )");
    fc.assert(
      fc.property(schemes, fc.string({ maxLength: 20 }), forms, (scheme, rest, form) => {
        for (const href of hrefsIn(parse(form.replaceAll("A", `${scheme}:${rest}`)))) expect(href).toMatch(/^(https?:\/\/|mailto:)/);
      }),
      { numRuns: 3000 },
    );
  });
});

/** 4,000 code points are the most that a message has. */
const LONG = 4_000;

describe("takes linear time", () => {
  const units = [
    "*",
    "_",
    "`",
    "|",
    "~",
    "[",
    "](",
    "[](",
    "<",
    "<a",
    "\\",
    "\n",
    "> ",
    "- ",
    "*a ",
    "*[|_~",
    "**a _b __c ~~d ||e ",
    "`a ``b ```c ",
    "http://?",
    "https://a.example/)",
    "|| ",
    "](()",
    "@everyone",
    "[a.a.a.](https://x.example)",
    "```",
    "a.",
    "((",
    "1. ",
    "\u202e",
  ];

  test.each(units)("%j", (unit) => {
    const timeMs = (length: number) => {
      const text = unit.repeat(length / unit.length) + "x";
      const times = Array.from({ length: 9 }, () => {
        const started = performance.now();
        parse(text);
        return performance.now() - started;
      });
      return times.sort((a, b) => a - b)[2]!;
    };
    timeMs(LONG);
    // Sixteen times as much takes about sixteen times as long; in square it would be 256 times, and seconds.
    expect(timeMs(LONG)).toBeLessThan(25);
    expect(timeMs(LONG * 16)).toBeLessThan(250);
  });

  test("whatever is repeated", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...MARKS, ...WORDS), { minLength: 1, maxLength: 6 }), (unit) => {
        const text = unit.join("").repeat(LONG / unit.join("").length);
        const started = performance.now();
        parse(text);
        expect(performance.now() - started).toBeLessThan(100);
      }),
      { numRuns: 300 },
    );
  });
});
