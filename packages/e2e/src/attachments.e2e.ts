import { createRest, type Rest } from "@agora/sdk";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, launch, person, phone } from "./browser";
import { newDataFolder, startAgora, type AgoraProcess, type DataFolder } from "./server";
import { createServer, joinAsNewcomer, makeInvite, newUsername, PASSWORD, say, shown, signUp } from "./steps";

describe("files in the composer", () => {
  let data: DataFolder;
  let agora: AgoraProcess;
  let browser: Browser;
  let ada: Page;
  let bob: Page;
  let rest: Rest;
  let path: { server_id: string; channel_id: string };
  let image: Buffer;
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];

  beforeAll(async () => {
    data = newDataFolder();
    [agora, browser] = await Promise.all([startAgora(data), launch()]);
    ada = await (await person(browser, { bypassCSP: true, reducedMotion: "reduce" })).newPage();
    bob = await (await person(browser, { viewport: phone, hasTouch: true, bypassCSP: true, reducedMotion: "reduce" })).newPage();
    for (const page of [ada, bob]) page.setDefaultTimeout(15_000); // so that it is said what was waited for
    await ada.goto(`${agora.url}/register`);
    await signUp(ada, adaName);
    await ada.waitForURL(/\/channels/);
    await createServer(ada, `Studio ${adaName}`);
    await joinAsNewcomer(bob, await makeInvite(ada), bobName);
    const [, , server_id = "", channel_id = ""] = new URL(ada.url()).pathname.split("/");
    path = { server_id, channel_id };
    const baseUrl = `${agora.url}/api`;
    const { token } = await createRest({ baseUrl }).login({ email: `${adaName}@example.org`, password: PASSWORD });
    rest = createRest({ baseUrl, token });
    image = await picture(ada, 1200, 800);
  });
  afterAll(async () => {
    await browser.close();
    await agora.stop();
    data.remove();
  });

  /** A PNG of that size. */
  async function picture(page: Page, width: number, height: number): Promise<Buffer> {
    const url = await page.evaluate(
      ([w, h]) => {
        const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
        const context = canvas.getContext("2d");
        if (!context) throw new Error("no canvas");
        const sky = context.createLinearGradient(0, 0, w, h);
        sky.addColorStop(0, "#f2a65a");
        sky.addColorStop(1, "#274c77");
        context.fillStyle = sky;
        context.fillRect(0, 0, w, h);
        return canvas.toDataURL("image/png");
      },
      [width, height] as const,
    );
    return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
  }

  const png = (name: string) => ({ name, mimeType: "image/png", buffer: image });
  const text = (name: string, content = "words") => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
  const field = (page: Page) => page.locator("#composer");
  const chooser = (page: Page) => page.locator("#composer-files");
  const tray = (page: Page) => page.getByRole("list", { name: "Files of your message" });
  const card = (page: Page, name: string) => tray(page).getByRole("listitem").filter({ hasText: name });
  const uploaded = (page: Page, name: string) => card(page, name).getByRole("img", { name: "Uploaded" }).waitFor();
  const row = (page: Page, words: string) => page.getByRole("log").locator("li[data-seq]").filter({ hasText: words });
  const lastMessage = async () => (await rest.listMessages({ ...path, limit: "1" })).messages[0];

  /** Uploads to the store wait until the returned function is called. */
  async function holdUploads(page: Page): Promise<() => Promise<void>> {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const pattern = /\/_s3\//;
    await page.route(pattern, async (route) => {
      if (route.request().method() === "POST") await released;
      await route.continue();
    });
    return async () => {
      release();
      await page.unroute(pattern, undefined);
    };
  }

  /** Files from the clipboard or the desktop, as the browser hands them over. */
  async function hand(
    page: Page,
    type: "paste" | "dragenter" | "drop",
    target: string,
    files: { name: string; mimeType: string; buffer: Buffer }[],
  ) {
    const carried = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") }));
    const transfer = await page.evaluateHandle((list) => {
      const data = new DataTransfer();
      for (const { name, mimeType, base64 } of list) {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: mimeType }));
      }
      return data;
    }, carried);
    await page.evaluate(
      ([event, selector, data]) => {
        const element = document.querySelector(selector);
        const more = { bubbles: true, cancelable: true };
        element?.dispatchEvent(
          event === "paste"
            ? new ClipboardEvent(event, { ...more, clipboardData: data })
            : new DragEvent(event, { ...more, dataTransfer: data }),
        );
      },
      [type, target, transfer] as const,
    );
  }

  test("two are chosen, one is taken out again while it is on its way, and the message is sent as soon as the other is there", async () => {
    const release = await holdUploads(ada);
    await chooser(ada).setInputFiles([png("harbour.png"), text("notes.txt")]);
    await ada.getByRole("progressbar", { name: "Upload of harbour.png" }).waitFor();
    await ada.getByRole("progressbar", { name: "Upload of notes.txt" }).waitFor();
    await expect.poll(() => card(ada, "harbour.png").locator("img").evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1200); // prettier-ignore
    await ada.getByRole("button", { name: "Remove notes.txt" }).click();
    await expect.poll(() => card(ada, "notes.txt").count()).toBe(0);
    await say(ada, "The harbour");
    await ada.getByText("Sent when the files are uploaded.").waitFor();
    expect(await shown(ada, "The harbour").count()).toBe(0);
    await release();
    await row(bob, "The harbour").getByRole("img", { name: "harbour.png" }).waitFor();
    expect((await lastMessage())?.attachments.map(({ filename }) => filename)).toEqual(["harbour.png"]);
    await tray(ada).waitFor({ state: "hidden" });
    expect(await field(ada).inputValue()).toBe("");
  });

  test("whoever goes on writing is not cut off: then it waits for another Enter", async () => {
    const release = await holdUploads(ada);
    await chooser(ada).setInputFiles([text("slow.txt")]);
    await card(ada, "slow.txt").waitFor();
    await say(ada, "One");
    await ada.getByText("Sent when the files are uploaded.").waitFor();
    await field(ada).press("!");
    await release();
    await uploaded(ada, "slow.txt");
    expect(await field(ada).inputValue()).toBe("One!");
    await field(ada).press("Enter");
    await row(bob, "One!").getByRole("link", { name: "slow.txt" }).waitFor();
  });

  test("files alone are a message; the other person gets the download by its name", async () => {
    await chooser(ada).setInputFiles([text("list of things.txt", "milk")]);
    await uploaded(ada, "list of things.txt");
    await ada.getByRole("button", { name: "Send message" }).click();
    const link = bob.getByRole("log").getByRole("link", { name: "list of things.txt" });
    await link.waitFor();
    const [download] = await Promise.all([bob.waitForEvent("download"), link.click()]);
    expect(download.suggestedFilename()).toBe("list of things.txt");
  });

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

  test("a picture is pasted, a file is dropped anywhere on the messages; words that are pasted stay words", async () => {
    await hand(ada, "paste", "#composer", [png("image.png")]);
    await uploaded(ada, "image.png");
    await hand(ada, "dragenter", "[role=log]", [text("dropped.txt")]);
    await ada.getByText("Drop to attach").waitFor();
    await hand(ada, "drop", "[role=log]", [text("dropped.txt"), text("second.txt")]);
    await ada.getByText("Drop to attach").waitFor({ state: "hidden" });
    await uploaded(ada, "dropped.txt");
    await uploaded(ada, "second.txt");
    await say(ada, "Pasted and dropped");
    await row(bob, "Pasted and dropped").getByRole("link", { name: "second.txt" }).waitFor();
    expect((await lastMessage())?.attachments.map(({ filename }) => filename)).toEqual(["image.png", "dropped.txt", "second.txt"]);
  });

  test("too large, empty and too many are refused at once, by name, and the others stay", async () => {
    const sizes = { "large.bin": 25 * 1024 * 1024 + 1, "empty.txt": 0, "fits.txt": 5 };
    for (const [name, size] of Object.entries(sizes)) writeFileSync(join(data.path, name), Buffer.alloc(size));
    await chooser(ada).setInputFiles(Object.keys(sizes).map((name) => join(data.path, name)));
    await ada.getByText("“large.bin” is larger than 25 MB. “empty.txt” is empty.").waitFor();
    await uploaded(ada, "fits.txt");
    await chooser(ada).setInputFiles(Array.from({ length: 10 }, (_, index) => text(`${index}.txt`)));
    await ada.getByText("A message has at most 10 files. Left out: “9.txt”.").waitFor();
    expect(await tray(ada).getByRole("listitem").count()).toBe(10);
    await say(ada, "Ten files");
    await row(bob, "Ten files").getByRole("link", { name: "8.txt" }).waitFor();
  });

  test("what a cut network took away is said, keeps the message back, and goes up when it is tried again", async () => {
    await ada.route(/\/_s3\//, (route) => route.abort());
    await chooser(ada).setInputFiles([text("cut.txt")]);
    await card(ada, "cut.txt").getByText("The connection was lost.").waitFor();
    await say(ada, "After the cut");
    await ada.getByText("“cut.txt” is not uploaded. Retry it, or remove it.").waitFor();
    await ada.unroute(/\/_s3\//);
    await ada.getByRole("button", { name: "Retry cut.txt" }).click();
    await uploaded(ada, "cut.txt");
    await field(ada).press("Enter");
    await row(bob, "After the cut").getByRole("link", { name: "cut.txt" }).waitFor();
  });

  test("a text that is too long for a message is sent as a file, and what was written beside it stays", async () => {
    await field(ada).fill("Before ");
    await field(ada).press("End");
    await ada.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const long = "word ".repeat(900).trim();
    await ada.evaluate((words) => navigator.clipboard.writeText(words), long);
    await field(ada).press("ControlOrMeta+v");
    await ada.getByRole("button", { name: "Send it as a file" }).click();
    await uploaded(ada, "message.txt");
    expect(await field(ada).inputValue()).toBe("Before");
    await field(ada).press("Enter");
    await row(bob, "Before").getByRole("link", { name: "message.txt" }).waitFor();
    const url = (await lastMessage())?.attachments[0]?.url ?? "";
    expect(await (await fetch(url)).text()).toBe(long);
    await field(ada).fill("a".repeat(4001));
    await ada.getByText("That is 1 too many.").waitFor();
    expect(await ada.getByRole("button", { name: "Send it as a file" }).count()).toBe(0);
    await field(ada).fill("");
  });

  test("files stay with the channel for which they were chosen, and are uploaded meanwhile", async () => {
    const home = ada.url();
    const other = await rest.createChannel({ server_id: path.server_id, name: "elsewhere", kind: "text" });
    const link = (name: string) => ada.getByRole("link", { name: new RegExp(name) }).first(); // prettier-ignore
    await link("elsewhere").waitFor();
    const release = await holdUploads(ada);
    await chooser(ada).setInputFiles([text("mine.txt")]);
    await card(ada, "mine.txt").waitFor();
    await link("elsewhere").click();
    await ada.waitForURL(new RegExp(other.id));
    await ada.getByRole("textbox", { name: "Message #elsewhere" }).waitFor();
    expect(await tray(ada).count()).toBe(0);
    await release();
    await say(ada, "nothing attached");
    await shown(ada, "nothing attached").waitFor();
    await link("general").click();
    await ada.waitForURL(home);
    await uploaded(ada, "mine.txt");
    await say(ada, "Back again");
    await row(bob, "Back again").getByRole("link", { name: "mine.txt" }).waitFor();
    const elsewhere = await rest.listMessages({ server_id: path.server_id, channel_id: other.id });
    expect(elsewhere.messages.map(({ attachments }) => attachments)).toEqual([[]]);
  });

  test("one whose files are refused when it is sent says so, and goes out without them, or with them anew", async () => {
    let refusals = 0;
    await ada.route(/\/messages$/, async (route) => {
      if (route.request().method() !== "POST" || refusals-- <= 0) return route.continue();
      await route.fulfill({
        status: 404,
        json: { error: "There is no such file, or it was not uploaded in time.", code: "upload.not_found", request_id: "r" },
      });
    });
    for (const words of ["Without it", "With it"]) {
      refusals = 1;
      await chooser(ada).setInputFiles([text("late.txt")]);
      await uploaded(ada, "late.txt");
      await say(ada, words);
      await ada.getByText("Not sent. There is no such file").waitFor();
      if (words === "Without it") await ada.getByRole("button", { name: "Send without files" }).click();
      else {
        await ada.getByRole("button", { name: "Attach again" }).click();
        await uploaded(ada, "late.txt");
        expect(await field(ada).inputValue()).toBe(words);
        await field(ada).press("Enter");
      }
      await row(bob, words).waitFor();
    }
    await ada.unroute(/\/messages$/);
    expect(await row(bob, "Without it").getByRole("link", { name: "late.txt" }).count()).toBe(0);
    await row(bob, "With it").getByRole("link", { name: "late.txt" }).waitFor();
  });

  test("an image whose link is too old is asked for once more by itself, and then by hand", async () => {
    let refusals = 2;
    let renewals = 0;
    const { messages } = await rest.listMessages({ ...path, around: "1", limit: "1" });
    const link = new RegExp(messages[0]?.attachments[0]?.id ?? "no file");
    bob.on("request", (request) => request.url().includes("around=") && renewals++);
    await bob.route(link, (route) => (refusals-- > 0 ? route.fulfill({ status: 404 }) : route.continue()));
    await bob.goto(`${agora.url}/channels/${path.server_id}/${path.channel_id}?around=1#m-1`);
    const again = bob.getByRole("button", { name: "harbour.png could not be loaded. Try again" });
    await again.click();
    const img = row(bob, "The harbour").getByRole("img", { name: "harbour.png" });
    await expect.poll(() => img.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBe(1200);
    expect(renewals).toBeGreaterThanOrEqual(2);
    await bob.unroute(link);
  });

  test("in a direct conversation, too", async () => {
    const { users } = await rest.searchUsers({ q: bobName });
    const dm = await rest.createConversation({ user_ids: users.map(({ id }) => id) });
    for (const page of [ada, bob]) await page.goto(`${agora.url}/dms/${dm.id}`);
    await chooser(ada).setInputFiles([png("between us.png")]);
    await uploaded(ada, "between us.png");
    await field(ada).press("Enter");
    await bob.getByRole("log").getByRole("img", { name: "between us.png" }).waitFor();
  });

  test.each([phone, desktop])("sound in both themes at $width pixels: the tray, what is dropped, and what is shown", async (viewport) => {
    const page = viewport === phone ? bob : ada;
    await page.goto(`${agora.url}/channels/${path.server_id}/${path.channel_id}`);
    await chooser(page).setInputFiles([png("harbour with a very long name that does not fit.png"), text("plan.txt")]);
    await uploaded(page, "plan.txt");
    await page.route(/\/_s3\//, (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
    await chooser(page).setInputFiles([png("lost.png"), text("nothing.txt", "")]);
    await card(page, "lost.png").getByText("The connection was lost.").waitFor();
    const isSound = async () => expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
    await isSound();
    await hand(page, "dragenter", "[role=log]", [text("x.txt")]);
    await page.getByText("Drop to attach").waitFor();
    await isSound();
    await page.unroute(/\/_s3\//);
    await hand(page, "drop", "[role=log]", []);
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
    await isSound();
  });
});
