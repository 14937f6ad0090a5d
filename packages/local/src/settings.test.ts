import path from "node:path";
import { expect, test } from "vitest";
import { settingsFrom } from "./settings";

test("nothing said: port 3000 on this machine only, data in .agora", () => {
  expect(settingsFrom({})).toEqual({
    port: 3000,
    host: "127.0.0.1",
    dataDir: path.resolve(".agora"),
    siteUrl: undefined,
    trustProxy: false,
  });
});

test("an origin is taken without its trailing slash", () => {
  expect(settingsFrom({ AGORA_ORIGIN: "https://chat.example.org/" }).siteUrl).toBe("https://chat.example.org");
});

test.each([{ PORT: "http" }, { PORT: "65536" }, { PORT: "-1" }, { AGORA_ORIGIN: "chat.example.org" }, { AGORA_ORIGIN: "https://a.b/c" }])(
  "%j is refused in one line",
  (env) => {
    expect(() => settingsFrom(env)).toThrow(/^[^\n]+$/);
  },
);
