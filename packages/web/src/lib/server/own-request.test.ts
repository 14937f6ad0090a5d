import { describe, expect, test } from "vitest";
import { isHttps, isOwnRequest } from "./own-request";

describe("isHttps", () => {
  test.each([
    [{ host: "localhost:3000" }, false],
    [{ host: "chat.example", "x-forwarded-proto": "https" }, true],
    [{ host: "chat.example", "x-forwarded-proto": "http" }, false],
    [{ host: "chat.example", "x-forwarded-proto": "https, http" }, true],
    [{ host: "chat.example", "x-forwarded-proto": "http, https" }, false],
    [{ host: "chat.example", "x-forwarded-proto": "https", "cloudfront-forwarded-proto": "http" }, false],
    [{ host: "chat.example", "cloudfront-forwarded-proto": "https" }, true],
    [{ host: "d111.cloudfront.net" }, true],
    [{ host: "abc.lambda-url.eu-central-1.on.aws" }, true],
    [{ host: "d111.cloudfront.net.example" }, false],
    [{}, false],
  ])("%j is %s", (headers, expected) => {
    expect(isHttps(new Headers(headers as Record<string, string>))).toBe(expected);
  });
});

describe("isOwnRequest", () => {
  const own = { host: "chat.example", origin: "https://chat.example" };

  test.each([
    ["a form of this site", "POST", own, true],
    ["a form of another site", "POST", { ...own, origin: "https://elsewhere.example" }, false],
    ["the same name on another port", "POST", { ...own, origin: "https://chat.example:8443" }, false],
    ["a sandboxed page", "POST", { ...own, origin: "null" }, false],
    ["no Origin, own page", "POST", { host: "chat.example", "sec-fetch-site": "same-origin" }, true],
    ["no Origin, a sibling's page", "POST", { host: "chat.example", "sec-fetch-site": "same-site" }, false],
    ["no Origin and no word about the page", "POST", { host: "chat.example" }, false],
    [
      "a foreign Origin that claims to be our page",
      "DELETE",
      { ...own, origin: "https://elsewhere.example", "sec-fetch-site": "same-origin" },
      false,
    ],
    ["behind a proxy", "POST", { host: "abc.on.aws", "x-forwarded-host": "chat.example", origin: "https://chat.example" }, true],
    ["reading from another site", "GET", { ...own, origin: "https://elsewhere.example" }, true],
  ])("%s", (_, method, headers, expected) => {
    expect(isOwnRequest(method, new Headers(headers as Record<string, string>))).toBe(expected);
  });
});
