import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { violationsInBothThemes } from "./axe";
import { launch, person, phone } from "./browser";
import { newDataFolder, startAgora, type AgoraProcess, type DataFolder } from "./server";
import { shown } from "./steps";

describe("anonymous rooms", () => {
  let data: DataFolder;
  let agora: AgoraProcess;
  let browser: Browser;
  let ann: Page;
  let bob: Page;
  let count = 0;
  const newRoom = () => `amber-otter-${Date.now().toString(36)}${count++}`;
  const room = newRoom();

  beforeAll(async () => {
    data = newDataFolder();
    [agora, browser] = await Promise.all([startAgora(data), launch()]);
    [ann, bob] = await Promise.all([newPage(), newPage()]);
  });
  afterAll(async () => {
    await browser.close();
    await agora.stop();
    data.remove();
  });

  async function newPage(): Promise<Page> {
    return (await person(browser, { viewport: phone, bypassCSP: true })).newPage();
  }

  const nameField = (page: Page) => page.getByLabel("What people here call you");
  const composer = (page: Page) => page.getByRole("textbox", { name: /^Message / });
  const log = (page: Page) => page.getByRole("log");

  async function open(page: Page, name: string): Promise<void> {
    await page.goto(`${agora.url}/r/${name}`);
    await page.locator("button:enabled", { hasText: "Come in" }).waitFor();
  }

  async function enterAs(page: Page, alias: string): Promise<void> {
    await nameField(page).fill(alias);
    await page.getByRole("button", { name: "Come in" }).click();
  }

  async function say(page: Page, text: string): Promise<void> {
    await composer(page).fill(text);
    await composer(page).press("Enter");
  }

  test("two come in by the link, each under a name, and talk live", async () => {
    await open(ann, room);
    await ann.getByText("Nobody is here right now").waitFor();
    expect(await nameField(ann).inputValue()).toMatch(/^[a-z]+ [a-z]+$/);
    await enterAs(ann, "Ann");
    await composer(ann).waitFor();
    await open(bob, room);
    await bob.getByText("1 person is here").waitFor();
    await bob.getByText("Messages are gone after 24 hours").waitFor();
    await enterAs(bob, "Bob");
    await log(ann).getByText("Bob came in").waitFor();
    await say(ann, "Hello Bob");
    await shown(bob, "Hello Bob").waitFor();
    await say(bob, "**Hello** Ann");
    await shown(ann, "Hello").waitFor();
    expect(
      await log(ann)
        .locator("strong", { hasText: /^Hello$/ })
        .count(),
    ).toBe(1);
    await expect
      .poll(
        () =>
          composer(bob)
            .press("x")
            .then(() => ann.getByText("Bob is writing…").count()),
        { timeout: 20_000 },
      )
      .toBe(1);
    await composer(bob).fill("");
  });

  test("an answer stands under what it answers, and leads there", async () => {
    await log(bob).getByRole("button", { name: "Reply to Ann" }).first().click();
    await bob.getByText("Replying to Ann").waitFor();
    await say(bob, "and here I am");
    await shown(ann, "and here I am").waitFor();
    await log(ann)
      .getByRole("link", { name: /In reply to.*Hello Bob/ })
      .click();
    await expect.poll(() => ann.evaluate(() => document.activeElement?.id)).toBe("m-1");
  });

  test("who is here is a list", async () => {
    await ann.getByRole("button", { name: "2 people are here" }).click();
    const dialog = ann.getByRole("dialog", { name: "2 people are here" });
    await dialog.getByText("Bob").waitFor();
    expect(await dialog.getByRole("listitem").allTextContents()).toHaveLength(2);
    await ann.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("the link is there to copy, and as a QR code", async () => {
    await ann.getByRole("button", { name: "Share the room" }).click();
    const dialog = ann.getByRole("dialog", { name: "Share the room" });
    expect(await dialog.getByLabel("Link to this room").inputValue()).toBe(`${agora.url}/r/${room}`);
    await dialog.getByRole("img", { name: "The link as a QR code" }).waitFor();
    expect(await violationsInBothThemes(ann)).toEqual([]);
    await ann.keyboard.press("Escape");
    expect(await ann.evaluate(() => document.activeElement?.getAttribute("title"))).toBe("Share the room");
  });

  test("one leaves in one tap, is seen to leave, and comes back under the same name", async () => {
    await bob.getByRole("button", { name: "Leave" }).click();
    await bob.getByText("You have left.").waitFor();
    await log(ann).getByText("Bob left").waitFor();
    await ann.getByRole("button", { name: "1 person is here" }).waitFor();
    expect(await nameField(bob).inputValue()).toBe("Bob");
    await bob.getByRole("button", { name: "Come in" }).click();
    await shown(bob, "and here I am").waitFor();
    await log(ann).getByText("Bob is back").waitFor();
  });

  test("a reload comes in again as the same person, and shows what was said", async () => {
    await bob.reload();
    await bob.getByText("You are Bob").waitFor();
    await shown(bob, "and here I am").waitFor();
    await say(bob, "after the reload");
    await shown(ann, "after the reload").waitFor();
  });

  test("a name that somebody has is refused at the field, and another one is proposed", async () => {
    const cyd = await newPage();
    await open(cyd, room);
    await enterAs(cyd, "ANN");
    await cyd.getByText("Somebody here is called so already.").waitFor();
    expect(await nameField(cyd).getAttribute("aria-invalid")).toBe("true");
    expect(await cyd.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe("alias");
    expect(await violationsInBothThemes(cyd)).toEqual([]);
    await cyd.getByRole("button", { name: /^Take / }).click();
    await cyd.getByRole("button", { name: "Come in" }).click();
    await shown(cyd, "and here I am").waitFor();
    await cyd.context().close();
    await expect
      .poll(() =>
        log(ann)
          .getByText(/looked in/)
          .count(),
      )
      .toBe(1);
  });
});
