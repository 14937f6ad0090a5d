import type { Cookies } from "@sveltejs/kit";
import { expect, test } from "vitest";
import { clearSession, readSession, writeSession } from "./session-cookies";

function fakeCookies() {
  const jar = new Map<string, { value: string; options: Record<string, unknown> }>();
  const cookies = {
    get: (name: string) => jar.get(name)?.value,
    set: (name: string, value: string, options: Record<string, unknown>) => void jar.set(name, { value, options }),
    delete: (name: string) => void jar.delete(name),
  } as unknown as Cookies;
  return { jar, cookies };
}

const tokens = { token: "a", refresh_token: "r", expires_at: 900_000 };

test("over https both cookies are bound to the host", () => {
  const { jar, cookies } = fakeCookies();
  writeSession(cookies, true, tokens, 0);
  const common = { path: "/", httpOnly: true, sameSite: "lax", secure: true };
  expect(jar.get("__Host-agora_access")).toEqual({ value: "a", options: { ...common, maxAge: 900 } });
  expect(jar.get("__Host-agora_refresh")).toEqual({ value: "r", options: { ...common, maxAge: 5_184_000 } });
});

test("over http they go without prefix and Secure, since a browser would drop them", () => {
  const { jar, cookies } = fakeCookies();
  writeSession(cookies, false, tokens, 0);
  expect([...jar.keys()]).toEqual(["agora_access", "agora_refresh"]);
  expect(jar.get("agora_access")?.options).toMatchObject({ secure: false, httpOnly: true });
});

test("a cookie without prefix, which another host may have set, is not read over https", () => {
  const { cookies } = fakeCookies();
  writeSession(cookies, false, tokens, 0);
  expect(readSession(cookies, true)).toEqual({ access: undefined, refresh: undefined });
  expect(readSession(cookies, false)).toEqual({ access: "a", refresh: "r" });
});

test("clearing takes both", () => {
  const { jar, cookies } = fakeCookies();
  writeSession(cookies, true, tokens, 0);
  clearSession(cookies, true);
  expect(jar.size).toBe(0);
});
