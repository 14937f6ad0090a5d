import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { person } from "./browser";
import { oneAgora } from "./one-agora";
import { composer, createServer, logIn, newUsername, shown, signUp } from "./steps";

describe("with JavaScript off", () => {
  const agora = oneAgora();
  let page: Page;
  const name = newUsername("eve");

  beforeAll(async () => {
    page = await (await person(agora.browser, { javaScriptEnabled: false })).newPage();
  });

  test("a taken name and a short password are said beside their fields, and what was typed stays", async () => {
    await page.goto(`${agora.url}/register`);
    await page.getByLabel("E-mail").fill("eve@example.org");
    await page.getByLabel("Username").fill(name);
    await page.getByLabel("Password").fill("1234567");
    // The browser would hold a short password back by itself; what is tried here is what the server says.
    await page.locator("form:has(#username), form:has([name=username])").evaluate((form) => ((form as HTMLFormElement).noValidate = true));
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText(/8 to 128/).waitFor();
    expect(await page.getByLabel("Username").inputValue()).toBe(name);
  });

  test("sign up, create a server, send and read", async () => {
    await page.goto(`${agora.url}/register`);
    await signUp(page, name);
    await page.waitForURL(/\/channels/);
    await createServer(page, `Quiet ${name}`);
    for (const text of ["no script here", "and still it goes"]) {
      await composer(page).fill(text);
      await page.getByRole("button", { name: /Send/ }).click();
      await shown(page, text).waitFor();
    }
    expect(await shown(page, "no script here").count()).toBe(1);
  });

  test("log out, log in with a wrong password and with the right one, and find it all again", async () => {
    await page.context().clearCookies();
    await page.reload();
    await page.waitForURL(/\/login/);
    await page.getByLabel("E-mail").fill(`${name}@example.org`);
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText(/do not go together/).waitFor();
    await logIn(page, name);
    await page.waitForURL(/\/channels\/srv_/);
    await shown(page, "and still it goes").waitFor();
  });

  test("older messages are a link away", async () => {
    for (let i = 0; i < 55; i++) {
      await composer(page).fill(`line ${i}`);
      await page.getByRole("button", { name: /Send/ }).click();
    }
    await shown(page, "line 54").waitFor();
    expect(await shown(page, "no script here").count()).toBe(0);
    await page.getByRole("link", { name: /Older/ }).click();
    await shown(page, "no script here").waitFor();
  });
});
