import { createRest } from "@agora/sdk";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, phone } from "./browser";
import { newcomer, oneAgora } from "./one-agora";
import { newUsername } from "./steps";

const PATH = "/account/keys";

describe("access keys in the settings", () => {
  const agora = oneAgora();

  const rest = (token?: string) => createRest({ baseUrl: `${agora.url}/api`, ...(token ? { token } : {}) });

  async function opens(options: BrowserContextOptions) {
    const found = await newcomer(agora, PATH, options);
    if (options.javaScriptEnabled !== false) await found.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    return found;
  }

  const make = async (page: Page, name: string, ...allowed: string[]) => {
    await page.getByLabel("Name").fill(name);
    for (const label of allowed) await page.getByRole("checkbox", { name: label }).check();
    await page.getByRole("button", { name: "Make key" }).click();
  };
  const secretOn = (page: Page) => page.getByText(/^agk_/);

  describe.each([
    ["with JavaScript", true],
    ["without JavaScript", false],
  ])("%s", (_, javaScriptEnabled) => {
    test("a key is made, its secret shown this once, and revoked: it works in between, as far as it was allowed", async () => {
      const { page, name } = await opens({ javaScriptEnabled });
      await make(page, "Nothing in particular");
      await page.getByText("Choose at least one thing that it may do.").waitFor();
      expect(await page.getByLabel("Name").inputValue()).toBe("Nothing in particular");
      expect(await secretOn(page).count()).toBe(0);

      await make(page, "Weather bot", "Read messages");
      await page.getByText("The key works from now on.").waitFor();
      const secret = (await secretOn(page).textContent()) ?? "";
      if (javaScriptEnabled) {
        expect(await secretOn(page).evaluate((element) => element === document.activeElement)).toBe(true);
        await page.getByRole("button", { name: "Copy the secret" }).click();
        await page.getByRole("button", { name: "Copied" }).waitFor();
        expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
      } else expect(await page.getByRole("button", { name: /Cop/ }).count()).toBe(0); // it would do nothing
      const bot = rest(secret);
      expect((await bot.me()).username).toBe(name);
      await expect(bot.createServer({ name: newUsername("s") })).rejects.toMatchObject({ code: "auth.denied" });

      await page.goto(`${agora.url}${PATH}`);
      expect(await secretOn(page).count()).toBe(0);
      const row = page.getByRole("list", { name: "Access keys" }).getByRole("listitem");
      expect(await row.count()).toBe(1);
      expect(await row.textContent()).toMatch(/Weather bot.*Read messages.*Last used: Today/s);

      if (javaScriptEnabled) await page.waitForLoadState("networkidle");
      await row.getByText("Revoke", { exact: false }).first().click();
      await page.getByText("Revoke this key?").waitFor();
      expect((await bot.me()).username).toBe(name); // asking is not doing
      const place = javaScriptEnabled ? page.getByRole("dialog") : row;
      await place.getByRole("button", { name: "Revoke" }).click();
      await page.getByText("The key was revoked.").waitFor();
      expect(await row.count()).toBe(0);
      await expect(bot.me()).rejects.toMatchObject({ code: "auth.invalid" });
    });

    test("with as many as there may be the page offers no more, and one that was revoked elsewhere is no surprise", async () => {
      const { page, token } = await opens({ javaScriptEnabled });
      const own = rest(token);
      for (let i = 0; i < 49; i++) await own.createKey({ name: `key ${i}`, scopes: ["messages:read"] });
      await make(page, "The last one", "Send messages");
      await page.getByText("You have 50 keys, which is as many as there may be.").waitFor();
      expect(await page.getByRole("button", { name: "Make key" }).count()).toBe(0);
      await secretOn(page).waitFor();
      const { keys } = await own.listKeys({ limit: 100 });
      const last = keys.find(({ name }) => name === "The last one")!;
      await own.revokeKey({ key_id: last.id });
      const row = page.getByRole("listitem").filter({ hasText: "The last one" });
      await row.getByText("Revoke", { exact: false }).first().click();
      const place = javaScriptEnabled ? page.getByRole("dialog") : row;
      await place.getByRole("button", { name: "Revoke" }).click();
      await page.getByText("You have no such key.").first().waitFor();
    });
  });

  test("the account menu leads there", async () => {
    const { page } = await opens({});
    await page.goto(`${agora.url}/channels`);
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: /, account$/ }).click();
    await page.getByRole("link", { name: "Your settings" }).click();
    await page.getByRole("link", { name: "Access keys" }).click();
    await page.getByRole("heading", { name: "Access keys" }).waitFor();
  });

  for (const [size, viewport] of Object.entries({ phone, desktop })) {
    test(`axe finds nothing wrong with a key that was just made, nor with the question before it is revoked, ${size}`, async () => {
      const { page } = await opens({ viewport, reducedMotion: "reduce", bypassCSP: true });
      await make(page, "Weather bot", "Read messages", "Send messages");
      await secretOn(page).waitFor();
      expect(await violationsInBothThemes(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      await page.getByRole("listitem").getByText("Revoke").first().click();
      await page.getByRole("dialog").waitFor();
      expect(await violationsInBothThemes(page)).toEqual([]);
    });
  }
});
