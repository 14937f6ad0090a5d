import { createRest } from "@agora/sdk";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { overflow, slips, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { newcomer, oneAgora } from "./one-agora";
import { newUsername, PASSWORD } from "./steps";

const NEXT = "the next long password";

/** What a browser can read as an image: drawn in a page, 300 × 200, red on the left and blue on the right. */
async function picture(page: Page): Promise<Buffer> {
  const url = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    canvas.width = 300;
    canvas.height = 200;
    const context = canvas.getContext("2d")!;
    context.fillStyle = "#c22";
    context.fillRect(0, 0, 150, 200);
    context.fillStyle = "#22c";
    context.fillRect(150, 0, 150, 200);
    return canvas.toDataURL("image/png");
  });
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

describe("the own account", () => {
  const agora = oneAgora();

  const anonymous = () => createRest({ baseUrl: `${agora.url}/api` });

  const opens = (path: string, options: BrowserContextOptions = {}) => newcomer(agora, path, options);

  const avatarOf = (page: Page) => page.getByRole("main").locator(".avatar img");

  describe.each([
    ["with JavaScript", true],
    ["without JavaScript", false],
  ])("%s", (_, javaScriptEnabled) => {
    test("one says what one is called, and something about oneself", async () => {
      const { page, name } = await opens("/account/profile", { javaScriptEnabled });
      await page.getByLabel("Display name").fill("  Ada <b>Lovelace</b> ");
      await page.getByRole("textbox", { name: "About you" }).fill("Numbers.\nAnd engines.");
      await page.getByRole("button", { name: "Save changes" }).click();
      await page.getByText("Saved.").waitFor();
      expect(await page.getByLabel("Display name").inputValue()).toBe("Ada <b>Lovelace</b>");
      await page.reload();
      expect(await page.getByRole("textbox", { name: "About you" }).inputValue()).toBe("Numbers.\nAnd engines.");
      const { users } = await (await logged(name)).searchUsers({ q: name });
      expect(users.map(({ display_name }) => display_name)).toEqual(["Ada <b>Lovelace</b>"]);
    });

    test("a wrong password changes nothing; the right one makes the new one the only one", async () => {
      const { page, name } = await opens("/account/security", { javaScriptEnabled });
      const change = async (current: string) => {
        await page.getByLabel("Your password now").fill(current);
        await page.getByLabel("New password", { exact: true }).fill(NEXT);
        if (!javaScriptEnabled) await page.getByLabel("New password, once more").fill(NEXT);
        await page.getByRole("button", { name: "Change password" }).click();
      };
      await change("not the password");
      await page.getByText("This is not your password.").waitFor();
      if (!javaScriptEnabled) expect(await page.getByLabel("Your password now").inputValue()).toBe(""); // it was not sent back
      await change(PASSWORD);
      await page.getByText("Your password is changed.").waitFor();
      const login = (password: string) => anonymous().login({ email: `${name}@example.org`, password });
      await expect(login(PASSWORD)).rejects.toMatchObject({ code: "auth.invalid" });
      expect((await login(NEXT)).user.username).toBe(name);
      await page.reload();
      expect(new URL(page.url()).pathname).toBe("/account/security");
    });

    test("it can be deleted, by the password alone", async () => {
      const { page, name } = await opens("/account/security", { javaScriptEnabled });
      const summary = page.locator("summary");
      await summary.click();
      const box = javaScriptEnabled ? page.getByRole("dialog") : page.locator("details");
      await box.getByLabel("Your password").fill("not the password");
      await box.getByRole("button", { name: "Delete account" }).click();
      await box.getByText("This is not your password.").waitFor();
      await box.getByLabel("Your password").fill(PASSWORD);
      await box.getByRole("button", { name: "Delete account" }).click();
      await page.waitForURL(`${agora.url}/`);
      await expect(anonymous().login({ email: `${name}@example.org`, password: PASSWORD })).rejects.toMatchObject({ code: "auth.invalid" });
      await page.goto(`${agora.url}/account`);
      await page.waitForURL(/\/login/);
    });
  });

  async function logged(name: string) {
    const { token } = await anonymous().login({ email: `${name}@example.org`, password: PASSWORD });
    return createRest({ baseUrl: `${agora.url}/api`, token });
  }

  test("a picture is cut to what is shown, with the keyboard alone, and can be taken away", async () => {
    const { page, name } = await opens("/account/profile");
    const file = { name: "me.png", mimeType: "image/png", buffer: await picture(page) };
    await page.getByLabel("A new picture").setInputFiles(file);
    const dialog = page.getByRole("dialog", { name: "Choose what is shown" });
    await dialog.waitFor();
    // It shows the middle; at its left end there is nothing blue.
    await dialog.getByRole("application").focus();
    for (let i = 0; i < 12; i++) await page.keyboard.press("ArrowLeft");
    await dialog.getByRole("slider", { name: "Size" }).focus();
    for (let i = 0; i < 20; i++) await page.keyboard.press("ArrowRight"); // twice as near
    await dialog.getByRole("application").focus();
    for (let i = 0; i < 30; i++) await page.keyboard.press("ArrowLeft");
    await dialog.getByRole("button", { name: "Use this picture" }).press("Enter");
    await page.getByText("This is your picture now.").waitFor();
    const { avatar_url } = await (await logged(name)).me();
    const shown = await page.evaluate(async (url) => {
      const image = await createImageBitmap(await (await fetch(url)).blob());
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d")!;
      context.drawImage(image, 0, 0);
      const [red, , blue] = context.getImageData(image.width - 2, 2, 1, 1).data;
      return { size: [image.width, image.height], isRed: red! > 150 && blue! < 80 };
    }, avatar_url!);
    expect(shown).toEqual({ size: [100, 100], isRed: true });
    expect(await avatarOf(page).evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBe(100);
    await page.getByRole("button", { name: "Remove the picture" }).click();
    await page.getByText("Your picture was removed.").waitFor();
    expect(await avatarOf(page).count()).toBe(0);
  });

  test("what is no picture is refused, and nothing is sent", async () => {
    const { page } = await opens("/account/profile");
    await page.getByLabel("A new picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.from("nothing") });
    await page.getByText("This is no picture that the browser can show.").waitFor();
    expect(await avatarOf(page).count()).toBe(0);
  });

  test("without JavaScript a picture is sent as it is, and what is none is refused", async () => {
    const withScript = await (await person(agora.browser)).newPage();
    const buffer = await picture(withScript);
    const { page } = await opens("/account/profile", { javaScriptEnabled: false });
    const send = async (content: Buffer, mimeType = "image/png") => {
      await page.getByLabel("A new picture").setInputFiles({ name: "me.png", mimeType, buffer: content });
      await page.getByRole("button", { name: "Upload" }).click();
    };
    await send(Buffer.from("<svg/>"), "image/svg+xml");
    await page.getByText("This is no PNG, JPEG, GIF or WebP image.").waitFor();
    await send(Buffer.from("nothing"));
    await page.getByRole("alert").waitFor();
    await send(buffer);
    await page.getByText("This is your picture now.").waitFor();
    expect(await avatarOf(page).count()).toBe(1);
  });

  test.each([
    ["with JavaScript", true],
    ["without JavaScript", false],
  ])("%s whoever was blocked is listed, and let write again", async (_, javaScriptEnabled) => {
    const { page, name } = await opens("/account/blocked", { javaScriptEnabled });
    await page.getByText("You have blocked nobody.").waitFor();
    const { token } = await anonymous().login({ email: `${name}@example.org`, password: PASSWORD });
    const bob = newUsername("bob");
    const { user } = await anonymous().register({ email: `${bob}@example.org`, username: bob, password: PASSWORD });
    const rest = createRest({ baseUrl: `${agora.url}/api`, token });
    await rest.block({ user_id: user.id });
    await page.reload();
    await page.getByRole("link", { name: "Blocked people" }).waitFor();
    await page.getByRole("list", { name: "Blocked people" }).getByText(bob).first().waitFor();
    await page.getByRole("button", { name: `Unblock ${bob}` }).click();
    await page.getByText("They can write to you again.").waitFor();
    await page.getByText("You have blocked nobody.").waitFor();
    expect((await rest.listBlocks()).users).toEqual([]);
  });

  test("the theme is chosen for this browser", async () => {
    const { page } = await opens("/account/appearance");
    await page.getByRole("button", { name: "Dark" }).click();
    expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
    await page.reload();
    expect(await page.getByRole("button", { name: "Dark" }).getAttribute("aria-pressed")).toBe("true");
  });

  test("axe finds nothing wrong with the pages, in both themes and at both sizes", { timeout: 90_000 }, async () => {
    const found: string[] = [];
    for (const viewport of [desktop, phone]) {
      const { page } = await opens("/account/profile", { viewport, bypassCSP: true });
      for (const section of ["profile", "security", "sessions", "blocked", "appearance"]) {
        await page.goto(`${agora.url}/account/${section}`);
        found.push(...(await violationsInBothThemes(page)).map((one) => `${section} at ${viewport.width}: ${one}`));
        if ((await overflow(page)) > 0) found.push(`${section} is wider than ${viewport.width}`);
        found.push(...(await slips(page)));
      }
      await page.goto(`${agora.url}/account/profile`);
      await page.getByLabel("A new picture").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: await picture(page) });
      await page.getByRole("dialog").waitFor();
      found.push(...(await violationsInBothThemes(page)).map((one) => `cutting at ${viewport.width}: ${one}`));
    }
    expect(found).toEqual([]);
  });
});
