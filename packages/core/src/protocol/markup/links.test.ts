import { describe, expect, test } from "vitest";
import { parseInline } from "./inline";
import { messageLink } from "./links";

const linksIn = (text: string) =>
  parseInline(text).flatMap((piece) => (typeof piece !== "string" && piece.kind === "link" ? [piece.href] : []));
const shownAs = (text: string) =>
  parseInline(text)
    .map((piece) => (typeof piece !== "string" && piece.kind === "link" ? piece.children.join("") : String(piece)))
    .join("");

test("text around an address stays text", () => {
  expect(parseInline("see https://a.example/x?y=1#z now")).toEqual([
    "see ",
    { kind: "link", href: "https://a.example/x?y=1#z", children: ["https://a.example/x?y=1#z"] },
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
  ["**https://a.example/b**", undefined],
  ["`https://a.example`", undefined],
])("punctuation of the sentence is left out: %s", (text, href) => {
  expect(linksIn(text)).toEqual(href ? [href] : []);
});

test("what marks a text ends an address in it", () => {
  expect(parseInline("**https://a.example/b**")).toEqual([
    { kind: "strong", children: [{ kind: "link", href: "https://a.example/b", children: ["https://a.example/b"] }] },
  ]);
  expect(parseInline("||https://a.example||b")).toEqual([
    { kind: "spoiler", children: [{ kind: "link", href: "https://a.example/", children: ["https://a.example"] }] },
    "b",
  ]);
});

describe("what is no address stays text", () => {
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
    expect(parseInline(text)).toEqual([text]);
  });
});

test("nothing is lost or added", () => {
  const text = "https://1.example https://2.example a https://a.example/(((( b\nhttp://b.example... https://[ ]";
  expect(shownAs(text)).toBe(text);
});

describe("a link to a message is known", () => {
  const path = "/channels/srv_1/chn_2?around=3#m-3";
  const link = { path, channelId: "chn_2" };

  test("by its path, and by its whole address on our own host", () => {
    expect(messageLink(path, null)).toEqual(link);
    expect(messageLink(`https://agora.example${path}`, "agora.example")).toEqual(link);
    expect(messageLink(`http://localhost:3000${path}`, "localhost:3000")).toEqual(link);
  });

  test.each([
    [`https://evil.example${path}`, "agora.example"],
    [`https://agora.example@evil.example${path}`, "agora.example"],
    [`https://me@agora.example${path}`, "agora.example"],
    [`https://agora.example:444${path}`, "agora.example"],
    ["https://agora.example/channels/srv_1/chn_2", "agora.example"],
    ["https://agora.example/logout#m-3", "agora.example"],
    [`mailto:a@agora.example${path}`, "agora.example"],
  ])("not %s", (address, host) => {
    expect(messageLink(address, host)).toBeUndefined();
  });
});
