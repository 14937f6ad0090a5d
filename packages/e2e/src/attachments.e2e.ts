import type { Rest } from "@agora/sdk";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FileChooser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  card,
  chooser,
  drag,
  holdUploads,
  openChat,
  paste,
  picture,
  row,
  startStudio,
  text,
  tray,
  uploaded,
  type Studio,
} from "./attaching";
import { say, shown } from "./steps";

describe("files in the composer", () => {
  let studio: Studio;
  let ada: Page;
  let bob: Page;
  let rest: Rest;
  let path: Studio["path"];
  let data: Studio["data"];
  let image: Buffer;

  beforeAll(async () => {
    studio = await startStudio();
    ({ ada, bob, rest, path, data } = studio);
    image = await picture(ada, 1200, 800);
  });
  afterAll(() => studio.close());

  const png = (name: string) => ({ name, mimeType: "image/png", buffer: image });
  const field = (page: Page) => page.locator("#composer");
  const lastMessage = async () => (await rest.listMessages({ ...path, limit: "1" })).messages[0];

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
    release();
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
    release();
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

  test("a picture is pasted, a file is dropped anywhere on the messages; words that are pasted stay words", async () => {
    await paste(ada, [{ name: "image.png", mimeType: "image/png", buffer: image }]);
    await uploaded(ada, "image.png");
    const files = ["dropped.txt", "second.txt"].map((name) => join(data.path, name));
    for (const file of files) writeFileSync(file, "words");
    const { drop } = await drag(ada, files);
    await ada.getByText("Drop to attach").waitFor();
    await drop();
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
    release();
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

  test("by keyboard alone: chosen, taken out, and sent", async () => {
    const choosers: FileChooser[] = [];
    ada.on("filechooser", (opened) => choosers.push(opened));
    await ada.waitForTimeout(100); // to listen begins somewhat later, and nothing says when
    await ada.getByRole("button", { name: "Attach files" }).focus();
    await ada.keyboard.press("Enter");
    await expect.poll(() => choosers.length).toBe(1);
    const opened = choosers[0];
    expect(opened?.isMultiple()).toBe(true);
    await opened?.setFiles([text("a.txt"), text("b.txt")]);
    await uploaded(ada, "b.txt");
    await expect.poll(() => field(ada).evaluate((element) => element === document.activeElement)).toBe(true);
    await ada.keyboard.press("Shift+Tab");
    await ada.keyboard.press("Shift+Tab");
    await expect.poll(() => ada.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Remove b.txt");
    await ada.keyboard.press("Enter");
    await expect.poll(() => ada.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Remove a.txt");
    await ada.keyboard.press("Tab");
    await ada.keyboard.press("Tab");
    await ada.keyboard.type("By keys");
    await ada.keyboard.press("Enter");
    await row(bob, "By keys").getByRole("link", { name: "a.txt" }).waitFor();
  });

  test("what is dragged away again, given up or lost leaves nothing over the messages", async () => {
    const overlay = ada.getByText("Drop to attach");
    const ends = {
      "dragged beside": (beside: () => Promise<unknown>) => beside(),
      "out of the window": () =>
        ada.evaluate(() => document.querySelector("main")?.dispatchEvent(new DragEvent("dragleave", { bubbles: true }))),
      Escape: () => ada.keyboard.press("Escape"),
      "lost, and the pointer moves again": () => ada.mouse.move(300, 300),
    };
    for (const [how, end] of Object.entries(ends)) {
      const { moveAway } = await drag(ada, [join(data.path, "dropped.txt")]);
      await overlay.waitFor();
      await end(moveAway);
      await expect.poll(async () => [how, await overlay.count()]).toEqual([how, 0]);
      await moveAway();
    }
    expect(await tray(ada).count()).toBe(0);
  });

  test("an emoji that is picked while a message waits for its files is not lost", async () => {
    const release = await holdUploads(ada);
    await chooser(ada).setInputFiles([text("waits.txt")]);
    await card(ada, "waits.txt").waitFor();
    await say(ada, "Ready");
    await ada.getByText("Sent when the files are uploaded.").waitFor();
    await ada.getByRole("button", { name: "Emoji", exact: true }).click();
    await ada.getByRole("dialog").getByRole("searchbox").fill("tada");
    await ada.keyboard.press("Enter");
    await expect.poll(() => field(ada).inputValue()).toBe("Ready🎉");
    release();
    await uploaded(ada, "waits.txt");
    expect(await field(ada).inputValue()).toBe("Ready🎉");
    await field(ada).press("Enter");
    await row(bob, "Ready🎉").getByRole("link", { name: "waits.txt" }).waitFor();
  });

  test("whoever uploads too much is told so, and may try it again", async () => {
    const error = "Too many uploads. Try it again in a few minutes.";
    await ada.route(/\/api\/uploads$/, (route) => route.fulfill({ status: 429, json: { error, code: "limit.uploads", request_id: "r" } }));
    await chooser(ada).setInputFiles([text("much.txt")]);
    await card(ada, "much.txt").getByText(error).waitFor();
    await ada.unroute(/\/api\/uploads$/);
    await ada.getByRole("button", { name: "Retry much.txt" }).click();
    await uploaded(ada, "much.txt");
    await ada.getByRole("button", { name: "Remove much.txt" }).click();
    await tray(ada).waitFor({ state: "hidden" });
  });

  test("what is on its way with files survives a reload, and goes out once, with them", async () => {
    let attempts = 0;
    const page = await ada.context().newPage();
    await page.route(/\/messages$/, async (route) => {
      if (route.request().method() !== "POST") return route.continue();
      if (attempts++ === 0) await route.fetch(); // the server has it, and nobody hears of it
      await route.abort();
    });
    await page.routeWebSocket(/.*/, () => undefined);
    await openChat(page, ada.url());
    await chooser(page).setInputFiles([text("outbox.txt")]);
    await uploaded(page, "outbox.txt");
    await say(page, "Through a reload");
    await expect.poll(() => attempts).toBeGreaterThan(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await openChat(page, ada.url());
    await row(bob, "Through a reload").getByRole("link", { name: "outbox.txt" }).waitFor();
    await expect.poll(() => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.includes("outbox")))).toEqual([]);
    const { messages } = await rest.listMessages({ ...path, limit: "20" });
    const sent = messages.filter(({ content }) => content === "Through a reload");
    expect(sent.map(({ attachments }) => attachments.map(({ filename }) => filename))).toEqual([["outbox.txt"]]);
    await page.close();
  });

  test("in a direct conversation, too", async () => {
    const { users } = await rest.searchUsers({ q: studio.bobName });
    const dm = await rest.createConversation({ user_ids: users.map(({ id }) => id) });
    for (const page of [ada, bob]) await openChat(page, `${studio.agora.url}/dms/${dm.id}`);
    await chooser(ada).setInputFiles([png("between us.png")]);
    await uploaded(ada, "between us.png");
    await field(ada).press("Enter");
    await bob.getByRole("log").getByRole("img", { name: "between us.png" }).waitFor();
  });
});
