import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { person } from "./browser";
import { oneAgora } from "./one-agora";
import { composer, createServer, logIn, newUsername, signUp } from "./steps";

describe("where one is logged in", () => {
  const agora = oneAgora();
  let here: Page;
  let there: Page;
  const name = newUsername("ada");

  beforeAll(async () => {
    here = await (await person(agora.browser)).newPage();
    await here.goto(`${agora.url}/register`);
    await signUp(here, name);
    await here.waitForURL(/\/channels/);
    await createServer(here, `Garden ${name}`);
    there = await (await person(agora.browser)).newPage();
    await there.goto(`${agora.url}/login?next=${new URL(here.url()).pathname}`);
    await logIn(there, name);
    await composer(there).waitFor();
  });

  test("a page whose access has run out renews it by itself", async () => {
    const cookies = await here.context().cookies();
    await here.context().clearCookies({ name: "agora_access" });
    expect(await here.evaluate(async () => (await fetch("/session/refresh", { method: "POST" })).status)).toBe(204);
    const renewed = await here.context().cookies();
    expect(renewed.map((cookie) => cookie.name).sort()).toEqual(cookies.map((cookie) => cookie.name).sort());
  });

  test("each place is listed, and one can be logged out from another, without JavaScript too", async () => {
    const context = await person(agora.browser, { javaScriptEnabled: false });
    await context.addCookies(await here.context().cookies());
    const page = await context.newPage();
    await page.goto(`${agora.url}/account/sessions`);
    expect(await page.getByRole("main").getByRole("listitem").count()).toBe(2);
    expect(await page.getByRole("button", { name: /Log out/ }).count()).toBe(1);
    await page.getByRole("button", { name: /Log out/ }).click();
    await page.waitForLoadState();
    expect(await page.getByRole("main").getByRole("listitem").count()).toBe(1);
    await there.getByText("You have been logged out.").waitFor();
    await there.reload();
    await there.waitForURL(/\/login/);
  });

  test("the account menu leads there", async () => {
    await here.getByRole("button", { name: /, account$/ }).click();
    await here.getByRole("link", { name: "Your settings" }).click();
    await here.getByRole("link", { name: "Sessions" }).click();
    await here.getByRole("heading", { name: "Where you are logged in" }).waitFor();
    await here.getByText("This one").waitFor();
  });
});
