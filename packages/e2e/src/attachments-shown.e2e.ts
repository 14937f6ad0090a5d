import type { Rest } from "@agora/sdk";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { card, chooser, drag, openChat, picture, row, startStudio, text, tray, uploaded, type Studio } from "./attaching";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { say } from "./steps";

describe("files of messages", () => {
  let studio: Studio;
  let ada: Page;
  let bob: Page;
  let rest: Rest;
  let path: Studio["path"];
  let image: Buffer;

  beforeAll(async () => {
    studio = await startStudio();
    ({ ada, bob, rest, path } = studio);
    image = await picture(ada, 1200, 800);
    await chooser(ada).setInputFiles([png("harbour.png"), text("notes.txt")]);
    await uploaded(ada, "harbour.png");
    await uploaded(ada, "notes.txt");
    await say(ada, "The harbour");
    await row(bob, "The harbour").waitFor();
  });
  afterAll(() => studio.close());

  const png = (name: string) => ({ name, mimeType: "image/png", buffer: image });

  test("an image has its place before it is there, on a phone, too", async () => {
    const slow: (() => void)[] = [];
    await bob.route(/\/api\/files\//, async (route) => {
      await new Promise<void>((resolve) => slow.push(resolve));
      await route.continue();
    });
    await bob.reload();
    await row(bob, "The harbour").scrollIntoViewIfNeeded();
    await expect.poll(() => slow.length).toBeGreaterThan(0);
    const img = row(bob, "The harbour").getByRole("img", { name: "harbour.png" });
    const sizeOf = async (element: Locator) => {
      const { width = 0, height = 0 } = (await element.boundingBox()) ?? {};
      return [width, height].map(Math.round);
    };
    const measure = async () => [await sizeOf(img), await sizeOf(row(bob, "The harbour"))];
    const before = await measure();
    expect(await img.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(0);
    for (const go of slow) go();
    await expect.poll(() => img.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1200);
    expect(await measure()).toEqual(before);
    expect(before[0]?.[0]).toBeGreaterThan(200);
    await bob.unroute(/\/api\/files\//);
  });

  test("an image whose link is too old is asked for once more by itself, and then by hand", async () => {
    let refusals = 2;
    let renewals = 0;
    const { messages } = await rest.listMessages({ ...path, around: "1", limit: "1" });
    const link = new RegExp(messages[0]?.attachments[0]?.id ?? "no file");
    bob.on("request", (request) => request.url().includes("around=") && renewals++);
    await bob.route(link, (route) => (refusals-- > 0 ? route.fulfill({ status: 404 }) : route.continue()));
    await bob.goto(`${studio.href}?around=1#m-1`);
    const again = bob.getByRole("button", { name: "harbour.png could not be loaded. Try again" });
    await again.click();
    const img = row(bob, "The harbour").getByRole("img", { name: "harbour.png" });
    await expect.poll(() => img.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1200);
    expect(renewals).toBeGreaterThanOrEqual(2);
    await bob.unroute(link);
  });

  test("a link that is too old is renewed when it is clicked", async () => {
    const page = await bob.context().newPage();
    await page.addInitScript(() => {
      const { now } = Date;
      Date.now = () => now() + 3 * 24 * 60 * 60 * 1000;
    });
    await page.route(/around=/, async (route) => {
      if (route.request().resourceType() === "document") return route.continue();
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: (await answer.text()).replaceAll(/\/\d+-[\w-]+(?=")/g, "/99999-renewed") });
    });
    await page.route(/99999-renewed/, (route) => route.fulfill({ body: "words", headers: { "content-disposition": "attachment" } }));
    await openChat(page, studio.href);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      row(page, "The harbour").getByRole("link", { name: "notes.txt" }).click(),
    ]);
    expect(download.url()).toContain("99999-renewed");
    await page.close();
  });

  test("without JavaScript they are shown, and nothing offers to attach one", async () => {
    const plain = await (
      await person(studio.browser, { javaScriptEnabled: false, storageState: await bob.context().storageState() })
    ).newPage();
    await plain.goto(studio.href);
    await row(plain, "The harbour").getByRole("img", { name: "harbour.png" }).waitFor();
    await row(plain, "The harbour").getByRole("link", { name: "notes.txt" }).waitFor();
    expect(await plain.getByRole("button", { name: "Attach files" }).isVisible()).toBe(false);
    expect(await plain.locator("#composer-files").isVisible()).toBe(false);
    await plain.context().close();
  });

  test("are named where messages are listed: among those that are pinned, and those that were found", async () => {
    await rest.pinMessage({ ...path, seq: "1" });
    await ada.getByRole("button", { name: "Pinned messages" }).click();
    await ada.getByRole("dialog").getByText("notes.txt").waitFor();
    await ada.keyboard.press("Escape");
    await ada.getByRole("button", { name: "Search messages" }).click();
    const panel = ada.getByRole("region", { name: "Search" });
    await panel.getByRole("searchbox").fill("harbour");
    await panel.getByRole("button", { name: "Search", exact: true }).click();
    await panel.getByRole("link", { name: "notes.txt" }).waitFor();
    await panel.getByRole("button", { name: "Close the search" }).click();
  });

  test.each([phone, desktop])("sound in both themes at $width pixels: the tray, what is dropped, and what is shown", async (viewport) => {
    const page = viewport === phone ? bob : ada;
    await openChat(page, studio.href);
    await chooser(page).setInputFiles([png("harbour with a very long name that does not fit.png"), text("plan.txt")]);
    await uploaded(page, "plan.txt");
    await page.route(/\/_s3\//, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await chooser(page).setInputFiles([png("lost.png"), text("nothing.txt", "")]);
    await card(page, "lost.png").getByText("The connection was lost.").waitFor();
    const isSound = async () => expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
    await isSound();
    const dropped = join(studio.data.path, "dropped.txt");
    writeFileSync(dropped, "words");
    const { drop } = await drag(page, [dropped]);
    await page.getByText("Drop to attach").waitFor();
    await isSound();
    await page.unroute(/\/_s3\//);
    await drop();
    await page.getByText("Drop to attach").waitFor({ state: "hidden" });
    await uploaded(page, "dropped.txt");
    for (const button of await page.locator("form:has(#composer) button:visible").all()) {
      const { width = 0, height = 0 } = (await button.boundingBox()) ?? {};
      expect(Math.min(width, height)).toBeGreaterThanOrEqual(44);
    }
    await page.getByRole("button", { name: "Retry lost.png" }).click();
    await uploaded(page, "lost.png");
    await chooser(page).setInputFiles([png("three.png"), png("four.png")]);
    await uploaded(page, "four.png");
    await say(page, `Many at ${viewport.width}`);
    await row(page, `Many at ${viewport.width}`).getByRole("img", { name: "four.png" }).waitFor();
    await tray(page).waitFor({ state: "hidden" });
    expect(await page.getByText("Drop to attach").count()).toBe(0);
    await isSound();
  });
});
