import { describe, expect, test } from "vitest";
import type { Block, Inline } from "./ast";
import { parse } from "./blocks";

const paragraph = (...children: Inline[]): Block => ({ kind: "paragraph", children });
const block = (language: string, text: string): Block => ({ kind: "block", language, text });
const quote = (...children: Block[]): Block => ({ kind: "quote", children });

describe("blocks of code", () => {
  test.each<[string, Block[]]>([
    ["```js\nlet a;\n```", [block("js", "let a;")]],
    ["```\nlet a;\n```", [block("", "let a;")]],
    ["```let a;```", [block("", "let a;")]],
    ["```c++\n  a\n\n  b\n```", [block("c++", "  a\n\n  b")]],
    ["```js```", [block("", "js")]],
    ["```js\n```", [block("", "js")]],
    ["a ```b``` c", [paragraph("a"), block("", "b"), paragraph(" c")]],
    ["````\n```\n````", [block("", "```")]],
    ["```\n> a\n- b\n||c||\n```", [block("", "> a\n- b\n||c||")]],
  ])("%j", (text, blocks) => {
    expect(parse(text)).toEqual(blocks);
  });

  test.each(["```js\nlet a;", "``````", "```\n```", "\\```a"])("%j is text", (text) => {
    expect(parse(text)).toEqual([paragraph(text.replace("\\", ""))]);
  });
});

describe("quotes", () => {
  test.each<[string, Block[]]>([
    ["> a", [quote(paragraph("a"))]],
    ["> a\n>\n> b\nc", [quote(paragraph("a\n\nb")), paragraph("c")]],
    ["a\n> b", [paragraph("a"), quote(paragraph("b"))]],
    [">>> a\nb\n> c", [quote(paragraph("a\nb\n> c"))]],
    ["> > a", [quote(paragraph("> a"))]],
    ["> - a\n> ```\n> b\n> ```", [quote({ kind: "list", start: null, items: [{ children: ["a"] }] }, block("", "b"))]],
  ])("%j", (text, blocks) => {
    expect(parse(text)).toEqual(blocks);
  });

  test.each([">a", "a > b", ">", ">>>a", "\\> a", ">> a"])("%j is text", (text) => {
    expect(parse(text)).toEqual([paragraph(text.replace("\\", ""))]);
  });
});

describe("lists", () => {
  test("with and without numbers, and one in another", () => {
    expect(parse("- a\n  - b\n  * c\n* d\n3. e\n7. f\ng")).toEqual([
      {
        kind: "list",
        start: null,
        items: [
          { children: ["a"], below: { kind: "list", start: null, items: [{ children: ["b"] }, { children: ["c"] }] } },
          { children: ["d"] },
        ],
      },
      { kind: "list", start: 3, items: [{ children: ["e"] }, { children: ["f"] }] },
      paragraph("g"),
    ]);
  });

  test("what stands further in stays in the second level", () => {
    expect(parse("- a\n    - b\n        - c")).toEqual([
      {
        kind: "list",
        start: null,
        items: [{ children: ["a"], below: { kind: "list", start: null, items: [{ children: ["b"] }, { children: ["c"] }] } }],
      },
    ]);
  });

  test.each(["-a", "- ", "1.a", "1) a", "+ a", "\\- a", "a - b", "1234567890. a"])("%j is text", (text) => {
    expect(parse(text)).toEqual([paragraph(text.replace("\\", "").trimEnd())]);
  });
});

describe("what is hidden is not torn", () => {
  test("by lists, quotes or code in it", () => {
    expect(parse("||- a\n> b\n- c|| d")).toEqual([paragraph({ kind: "spoiler", children: ["- a\n> b\n- c"] }, " d")]);
    expect(parse("||```a```||")).toEqual([paragraph({ kind: "spoiler", children: [{ kind: "code", text: "a" }] })]);
    expect(parse("- ||a\nb|| c\n- d")).toEqual([
      { kind: "list", start: null, items: [{ children: [{ kind: "spoiler", children: ["a\nb"] }, " c"] }, { children: ["d"] }] },
    ]);
  });

  test("but bars that end nothing hide nothing", () => {
    expect(parse("a || b\n- c")).toEqual([paragraph("a || b"), { kind: "list", start: null, items: [{ children: ["c"] }] }]);
  });
});

test.each(["# a", "## a", "| a | b |\n|---|---|", "![a](x)", "<b>a</b>", "<!-- a -->", "&lt;", "---", "a\n===", "[a]: https"])(
  "%j is text",
  (text) => {
    expect(parse(text)).toEqual([paragraph(text)]);
  },
);

test("empty lines stay within a paragraph, and go beside a block", () => {
  expect(parse("a\n\nb\n\n- c\n\n\nd")).toEqual([
    paragraph("a\n\nb"),
    { kind: "list", start: null, items: [{ children: ["c"] }] },
    paragraph("d"),
  ]);
});
