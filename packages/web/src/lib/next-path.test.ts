import { describe, expect, test } from "vitest";
import { inviteCodeFromText, inviteCodeIn, nextPath } from "./next-path";

describe("nextPath", () => {
  test("keeps a path of this site with its query and fragment", () => {
    expect(nextPath("/channels/srv_1/chn_2?before=9#m-8")).toBe("/channels/srv_1/chn_2?before=9#m-8");
  });

  test.each([
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "/\t/elsewhere.example",
    "/.//elsewhere.example",
    "/x/..//elsewhere.example",
    "javascript:alert(1)",
    "channels",
    "",
    null,
    undefined,
    {},
  ])("refuses %j", (value) => {
    expect(nextPath(value)).toBeUndefined();
  });
});

test("an invite's page is known by its path, and nothing else is", () => {
  expect(inviteCodeIn("/invite/7f3k9")).toBe("7f3k9");
  expect(inviteCodeIn("/invite/7f3k9/more")).toBeUndefined();
  expect(inviteCodeIn("/channels")).toBeUndefined();
  expect(inviteCodeIn(undefined)).toBeUndefined();
});

test("people may paste a link or a code", () => {
  expect(inviteCodeFromText(" https://agora.example/invite/7f3k9?x=1 ")).toBe("7f3k9");
  expect(inviteCodeFromText("agora.example/invite/7f3k9/")).toBe("7f3k9");
  expect(inviteCodeFromText("7f3k9")).toBe("7f3k9");
  expect(inviteCodeFromText("https://agora.example/channels")).toBeUndefined();
  expect(inviteCodeFromText("two words")).toBeUndefined();
});
