import { describe, expect, test } from "vitest";
import { autolink } from "./autolink";

const linksIn = (text: string) => autolink(text).flatMap((piece) => (typeof piece === "string" ? [] : [piece.href]));

test("text around a link stays text", () => {
  expect(autolink("see https://a.example/x?y=1#z now")).toEqual([
    "see ",
    { href: "https://a.example/x?y=1#z", text: "https://a.example/x?y=1#z" },
    " now",
  ]);
});

test.each([
  ["https://a.example.", "https://a.example/"],
  ["(https://a.example/b)", "https://a.example/b"],
  ["https://a.example/b_(c)", "https://a.example/b_(c)"],
  ["(see https://a.example/b_(c)).", "https://a.example/b_(c)"],
  ["HTTPS://A.example", "https://a.example/"],
  ["“https://a.example/b”", "https://a.example/b"],
])("punctuation of the sentence is left out: %s", (text, href) => {
  expect(linksIn(text)).toEqual([href]);
});

describe("what is no link stays text", () => {
  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://a.example",
    "http://",
    "https://?",
    "xhttps://a.example",
    "//a.example",
    "<b>",
  ])("%s", (text) => {
    expect(autolink(text)).toEqual([text]);
  });
});

test("nothing is lost or added", () => {
  const text = "https://1.example https://2.example a https://a.example/(((( b\nhttp://b.example... <https://c.example> https://[ ]";
  expect(
    autolink(text)
      .map((piece) => (typeof piece === "string" ? piece : piece.text))
      .join(""),
  ).toBe(text);
});

test("a long run of brackets takes linear time", () => {
  const started = performance.now();
  autolink(`https://a.example/${")".repeat(100_000)}`);
  expect(performance.now() - started).toBeLessThan(500);
});
