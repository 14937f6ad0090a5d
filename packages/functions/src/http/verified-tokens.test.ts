import { afterEach, beforeEach, expect, it, vi } from "vitest";

process.env["SST_RESOURCE_App"] = JSON.stringify({ name: "agora", stage: "test" });
process.env["SST_RESOURCE_TokenSecret"] = JSON.stringify({ type: "sst.sst.Secret", value: "a secret for tests only, 32 bytes or more" });
const session = await import("@agora/core/session");
const { verify } = await import("./verified-tokens");

const MINUTES = 60_000;
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() }));
afterEach(() => vi.useRealTimers());

async function tokenOf(userId: string): Promise<string> {
  const user = { id: userId, username: "somebody", display_name: null, avatar_url: null, created_at: 1, email: "somebody@example.org" };
  return (await session.answer("ses_a", 1, user)).token;
}

it("says the same of a token however often it is asked", async () => {
  const [first, second] = [await tokenOf("usr_a"), await tokenOf("usr_b")];
  for (const _ of [1, 2]) {
    expect((await verify(first)).user_id).toBe("usr_a");
    expect((await verify(second)).user_id).toBe("usr_b");
  }
});

it("refuses a token from the moment that it ends, also one that it has seen", async () => {
  const token = await tokenOf("usr_a");
  vi.setSystemTime(Date.now() + 14 * MINUTES);
  expect((await verify(token)).user_id).toBe("usr_a");
  vi.setSystemTime(Date.now() + 2 * MINUTES);
  await expect(verify(token)).rejects.toMatchObject({ code: "auth.invalid" });
});

it("refuses a token that differs by one character from one that it has seen", async () => {
  const token = await tokenOf("usr_a");
  await verify(token);
  await expect(verify(`${token.slice(0, -2)}${token.endsWith("AA") ? "BB" : "AA"}`)).rejects.toMatchObject({ code: "auth.invalid" });
});
