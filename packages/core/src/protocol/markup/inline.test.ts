import { describe, expect, test } from "vitest";
import type { Inline } from "./ast";
import { parseInline } from "./inline";

const span = (kind: "strong" | "em" | "underline" | "strike" | "spoiler", ...children: Inline[]): Inline => ({ kind, children });
const strong = (...children: Inline[]) => span("strong", ...children);
const em = (...children: Inline[]) => span("em", ...children);
const spoiler = (...children: Inline[]) => span("spoiler", ...children);
const code = (text: string): Inline => ({ kind: "code", text });
const link = (href: string, ...children: Inline[]): Inline => ({ kind: "link", href, children });

describe("marks on both sides", () => {
  test.each<[string, Inline[]]>([
    ["**a**", [strong("a")]],
    ["*a*", [em("a")]],
    ["_a_", [em("a")]],
    ["__a__", [span("underline", "a")]],
    ["~~a~~", [span("strike", "a")]],
    ["||a||", [spoiler("a")]],
    ["|| a ||", [spoiler(" a ")]],
    ["a **b** c", ["a ", strong("b"), " c"]],
    ["**a\nb**", [strong("a\nb")]],
    ["***a***", [em(strong("a"))]],
    ["***a** b*", [em(strong("a"), " b")]],
    ["***a* b**", [strong(em("a"), " b")]],
    ["*a **b***", [em("a ", strong("b"))]],
    ["___a___", [em(span("underline", "a"))]],
    ["*a _b_ c*", [em("a ", em("b"), " c")]],
    ["2*3*4", ["2", em("3"), "4"]],
    ["||a||||b||", [spoiler("a"), spoiler("b")]],
    ["**é**ß", [strong("é"), "ß"]],
  ])("%s", (text, pieces) => {
    expect(parseInline(text)).toEqual(pieces);
  });

  test.each([
    "**a",
    "a**",
    "* a*",
    "*a *",
    "** a**",
    "a_b_c",
    "snake_case_name",
    "é_b_é",
    "~a~",
    "~~~a~~~",
    "|a|",
    "||a",
    "||||",
    "****",
    "****a****",
    "____",
    "f*** this",
    "_ a_",
  ])("%s is text", (text) => {
    expect(parseInline(text)).toEqual([text]);
  });

  test("the nearest that is open is closed, and what is not closed is text", () => {
    expect(parseInline("*a *b*")).toEqual(["*a ", em("b")]);
    expect(parseInline("**a *b** c*")).toEqual([strong("a *b"), " c*"]);
    expect(parseInline("~~a **b~~")).toEqual([span("strike", "a **b")]);
  });

  test("a spoiler is not torn by what began before it, but bars that end nothing hide nothing", () => {
    expect(parseInline("**a ||b** c||")).toEqual(["**a ", spoiler("b** c")]);
    expect(parseInline("**a || b**")).toEqual([strong("a || b")]);
  });
});

describe("code", () => {
  test.each<[string, Inline[]]>([
    ["`a`", [code("a")]],
    ["`**a** <@usr_1> https://a.example`", [code("**a** <@usr_1> https://a.example")]],
    ["``a ` b``", [code("a ` b")]],
    ["`` `a` ``", [code("`a`")]],
    ["` `", [code(" ")]],
    ["`a\\`", [code("a\\")]],
    ["**`a**`", ["**", code("a**")]],
  ])("%s", (text, pieces) => {
    expect(parseInline(text)).toEqual(pieces);
  });

  test.each(["`a", "``a`", "`"])("%s is text", (text) => {
    expect(parseInline(text)).toEqual([text]);
  });
});

describe("an escape", () => {
  test.each([
    ["\\*a\\*", "*a*"],
    ["\\\\", "\\"],
    ["\\`a`", "`a`"],
    ["\\||a||", "||a||"],
    ["\\[a](https://a.example)", "[a](https://a.example)"],
    ["\\<@usr_1>", "<@usr_1>"],
    ["¯\\_(ツ)_/¯", "¯\\_(ツ)_/¯"],
  ])("%s shows %s", (text, shown) => {
    expect(parseInline(text).filter((node) => typeof node !== "string" && node.kind !== "link")).toEqual([]);
    expect(
      parseInline(text)
        .map((node) => (typeof node === "string" ? node : "https://a.example"))
        .join(""),
    ).toBe(shown);
  });

  test("letters and spaces are not escaped", () => {
    expect(parseInline("C:\\new\\ folder")).toEqual(["C:\\new\\ folder"]);
  });
});

describe("mentions", () => {
  test("of accounts, roles and everyone", () => {
    expect(parseInline("**<@usr_1>**, <@&rol_1> @everyone!")).toEqual([
      strong({ kind: "mention", id: "usr_1" }),
      ", ",
      { kind: "mention", id: "rol_1" },
      " ",
      { kind: "mention", id: null },
      "!",
    ]);
  });

  test.each(["<@usr_>", "<@chn_1>", "<@&usr_1>", "<@rol_1>", "me@everyone", "@everyoneelse", "<@usr_1", "@@everyone"])(
    "%s is text",
    (text) => {
      expect(parseInline(text)).toEqual([text]);
    },
  );
});

describe("links with a name", () => {
  test.each<[string, Inline[]]>([
    ["[a](https://a.example)", [link("https://a.example/", "a")]],
    ["[a](http://a.example/b_(c))", [link("http://a.example/b_(c)", "a")]],
    ["[a](<https://a.example/(>)", [link("https://a.example/(", "a")]],
    ["[a](mailto:ann@a.example)", [link("mailto:ann@a.example", "a")]],
    ["[**a** `b`](https://a.example)", [link("https://a.example/", strong("a"), " ", code("b"))]],
    ["**[a](https://a.example)**", [strong(link("https://a.example/", "a"))]],
    ["[a *b](https://a.example) c*", [link("https://a.example/", "a *b"), " c*"]],
    ["[a.example](https://a.example/b)", [link("https://a.example/b", "a.example")]],
    ["[https://a.example](https://a.example/b)", [link("https://a.example/b", "https://a.example")]],
    ["[ann@a.example](mailto:ann@a.example)", [link("mailto:ann@a.example", "ann@a.example")]],
    ["[see 3.5 and e.g. this](https://a.example)", [link("https://a.example/", "see 3.5 and e.g. this")]],
  ])("%s", (text, pieces) => {
    expect(parseInline(text)).toEqual(pieces);
  });

  test.each([
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html,x)",
    "[a](vbscript:x)",
    "[a](ftp://a.example)",
    "[a](//a.example)",
    "[a](/channels)",
    "[a](a.example)",
    "[a]( https://)",
    "[a] (b)",
    "[](mailto:a@b.example)",
    "[\u200b](mailto:a@b.example)",
    "[b@b.example](mailto:a@b.example)",
    "[a](mailto:a@b.example",
    "a](mailto:a@b.example)",
  ])("%s is text", (text) => {
    expect(parseInline(text)).toEqual([text]);
  });

  test.each([
    "[paypal.com](https://evil.example)",
    "[pay**pal**.com](https://evil.example)",
    "[pay\\pal.com](https://evil.example)",
    "[go to paypal。com now](https://evil.example)",
    "[ｐａｙｐａｌ．ｃｏｍ](https://evil.example)",
    "[pay\u200bpal.com](https://evil.example)",
    "[.paypal.com](https://evil.example)",
    "[www.paypal.com/login](https://evil.example)",
    "[a.example](https://a.example.evil.example)",
    "[https://a.example](https://a.example@evil.example)",
    "[https://paypal.com](https://evil.example)",
    "[moc.lapyap\u202e](https://evil.example)",
    "[<@usr_1>](https://evil.example)",
    "[||x||](https://evil.example)",
  ])("%s is not called so: its source is shown", (text) => {
    const pieces = parseInline(text);
    const links = JSON.stringify(pieces).match(/"href":"[^"]*"/g) ?? [];
    expect(pieces[0]).toMatch(/^\[/);
    expect(JSON.stringify(pieces)).toContain(`["${text.slice(text.indexOf("(") + 1, -1)}"]`); // the address stands there as itself
    expect(links.length).toBeGreaterThan(0);
  });
});

describe("links in angle brackets", () => {
  test("show the address alone", () => {
    expect(parseInline("<https://a.example/_x_>")).toEqual([link("https://a.example/_x_", "https://a.example/_x_")]);
  });

  test.each(["<javascript:alert(1)>", "<mailto:a@a.example>", "<a>", "<img src=x>", "<https://>", "<script>alert(1)</script>"])(
    "%s is text",
    (text) => {
      expect(parseInline(text)).toEqual([text]);
    },
  );
});

describe("links to messages of this instance", () => {
  const path = "/channels/srv_1/chn_2?around=3#m-3";

  test("by their path", () => {
    expect(parseInline(`see ${path}.`)).toEqual(["see ", { kind: "message", path, channelId: "chn_2" }, "."]);
  });

  test.each(["/channels/srv_1/chn_2", "/channels/srv_1/chn_2#m-x", "/channels/srv_1/settings/roles#m-3", `a${path}`, `/${path}`])(
    "%s is text",
    (text) => {
      expect(parseInline(text)).toEqual([text]);
    },
  );
});
