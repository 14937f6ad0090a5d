import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { card, chooser, holdUploads, paste, picture, row, text, tray, uploaded } from "./attaching";
import { overflow, violationsInBothThemes } from "./axe";
import { person, phone } from "./browser";
import { comeIn, newRoom, say } from "./in-room";
import { oneAgora } from "./one-agora";

describe("images in anonymous rooms", () => {
  const agora = oneAgora();
  let ann: Page;
  let bob: Page;
  let image: Buffer;
  const room = newRoom();

  beforeAll(async () => {
    ann = await (await person(agora.browser, { bypassCSP: true, reducedMotion: "reduce" })).newPage();
    bob = await (await person(agora.browser, { viewport: phone, bypassCSP: true, reducedMotion: "reduce" })).newPage();
    image = await picture(ann, 1200, 800);
    await comeIn(ann, agora.url, room, "Ann");
    await comeIn(bob, agora.url, room, "Bob");
    for (const page of [ann, bob]) page.setDefaultTimeout(15_000); // so that it is said what was waited for
  });

  const png = (name: string) => ({ name, mimeType: "image/png", buffer: image });
  const shownIn = (page: Page, name: string) => page.getByRole("log").getByRole("img", { name });
  const widthOf = (page: Page, name: string) => shownIn(page, name).evaluate((img: HTMLImageElement) => img.naturalWidth);

  test("a guest chooses one and says something beside it: another guest sees it live, in the room that was kept for it, and opens it large", async () => {
    const release = await holdUploads(ann);
    await chooser(ann).setInputFiles([png("harbour.png")]);
    await ann.getByRole("progressbar", { name: "Upload of harbour.png" }).waitFor();
    await say(ann, "The harbour");
    await ann.getByText("Sent when the files are uploaded.").waitFor();
    release();
    await row(bob, "The harbour").getByRole("img", { name: "harbour.png" }).waitFor();
    await expect.poll(() => widthOf(bob, "harbour.png")).toBe(1200);
    await expect.poll(() => widthOf(ann, "harbour.png")).toBe(1200);
    const kept = await shownIn(bob, "harbour.png").evaluate((img) => [img.getAttribute("width"), img.getAttribute("height")]);
    expect(kept).toEqual(["400", "267"]);
    expect([await overflow(bob), await violationsInBothThemes(bob)]).toEqual([0, []]);
    const [large] = await Promise.all([bob.context().waitForEvent("page"), shownIn(bob, "harbour.png").click()]);
    await large.waitForLoadState();
    expect(await large.evaluate(() => document.querySelector("img")?.naturalWidth)).toBe(1200);
    await large.close();
  });

  test("one that is pasted is a message without words; who comes later sees it, too", async () => {
    await paste(bob, [png("pasted.png")]);
    await uploaded(bob, "pasted.png");
    expect(await violationsInBothThemes(bob)).toEqual([]);
    await bob.getByRole("button", { name: "Send message" }).click();
    await expect.poll(() => widthOf(ann, "pasted.png").catch(() => 0)).toBe(1200);
    await tray(bob).waitFor({ state: "hidden" });
    await ann.reload();
    await expect.poll(() => widthOf(ann, "pasted.png").catch(() => 0)).toBe(1200);
  });

  test("what is no image, too large or too much is refused by name; what is removed is not sent", async () => {
    await chooser(ann).setInputFiles([text("notes.txt"), png("a.png"), { ...png("large.png"), buffer: Buffer.alloc(2 * 1024 * 1024 + 1) }]);
    await ann
      .getByText("“notes.txt” is no image that can be shown here: PNG, JPEG, GIF or WebP. “large.png” is larger than 2 MB.")
      .waitFor();
    await chooser(ann).setInputFiles(["b.png", "c.png", "d.png", "e.png"].map((name) => png(name)));
    await ann.getByText("A message has at most 4 images. Left out: “e.png”.").waitFor();
    await uploaded(ann, "d.png");
    await ann.getByRole("button", { name: "Remove b.png" }).click();
    await expect.poll(() => card(ann, "b.png").count()).toBe(0);
    await say(ann, "Three of them");
    await row(bob, "Three of them").getByRole("img", { name: "d.png" }).waitFor();
    expect(await row(bob, "Three of them").getByRole("img", { name: /png$/ }).count()).toBe(3);
  });

  test("one that only says that it is an image goes to nobody, and its writer is told", async () => {
    await chooser(ann).setInputFiles([{ ...png("page.png"), buffer: Buffer.from("<script>alert(1)</script>") }]);
    await uploaded(ann, "page.png");
    await say(ann, "Not what it seems");
    await ann.getByText("Not sent. This file is not an image that can be shown.").waitFor();
    await ann.getByRole("button", { name: "Delete" }).click();
    await say(ann, "Then not");
    await row(bob, "Then not").waitFor();
    expect(await row(bob, "Not what it seems").count()).toBe(0);
  });
});
