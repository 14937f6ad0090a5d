import { createRest, type Rest } from "@agora/sdk";
import type { Browser, Page } from "playwright-core";
import { launch, person, phone } from "./browser";
import { newDataFolder, startAgora, type AgoraProcess, type DataFolder } from "./server";
import { createServer, joinAsNewcomer, makeInvite, newUsername, PASSWORD, signUp } from "./steps";

/** Two people in one channel, who send each other files. */
export interface Studio {
  data: DataFolder;
  agora: AgoraProcess;
  browser: Browser;
  /** Owns the server; at a desk. */
  ada: Page;
  /** On a phone. */
  bob: Page;
  bobName: string;
  /** Ada's. */
  rest: Rest;
  path: { server_id: string; channel_id: string };
  href: string;
  close(): Promise<void>;
}

export async function startStudio(): Promise<Studio> {
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];
  const data = newDataFolder();
  const [agora, browser] = await Promise.all([startAgora(data), launch()]);
  const ada = await (await person(browser, { bypassCSP: true, reducedMotion: "reduce" })).newPage();
  const bob = await (await person(browser, { viewport: phone, hasTouch: true, bypassCSP: true, reducedMotion: "reduce" })).newPage();
  for (const page of [ada, bob]) page.setDefaultTimeout(15_000); // so that it is said what was waited for
  await ada.goto(`${agora.url}/register`);
  await signUp(ada, adaName);
  await ada.waitForURL(/\/channels/);
  await createServer(ada, `Studio ${adaName}`);
  await joinAsNewcomer(bob, await makeInvite(ada), bobName);
  const [, , server_id = "", channel_id = ""] = new URL(ada.url()).pathname.split("/");
  const baseUrl = `${agora.url}/api`;
  const { token } = await createRest({ baseUrl }).login({ email: `${adaName}@example.org`, password: PASSWORD });
  return {
    ...{ data, agora, browser, ada, bob, bobName },
    rest: createRest({ baseUrl, token }),
    path: { server_id, channel_id },
    href: `${agora.url}/channels/${server_id}/${channel_id}`,
    async close() {
      await browser.close();
      await agora.stop();
      data.remove();
    },
  };
}

export interface GivenFile {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

export const text = (name: string, content = "words"): GivenFile => ({ name, mimeType: "text/plain", buffer: Buffer.from(content) });
export const chooser = (page: Page) => page.locator("#composer-files");
export const tray = (page: Page) => page.getByRole("list", { name: "Files of your message" });
export const card = (page: Page, name: string) => tray(page).getByRole("listitem").filter({ hasText: name });
export const uploaded = (page: Page, name: string) => card(page, name).getByRole("img", { name: "Uploaded" }).waitFor();
export const row = (page: Page, words: string) => page.getByRole("log").locator("li[data-seq]").filter({ hasText: words });

/** Opens the page and waits until what is chosen there is taken. */
export const openChat = (page: Page, url: string) => page.goto(url, { waitUntil: "networkidle" });

/** A PNG of that size. */
export async function picture(page: Page, width: number, height: number): Promise<Buffer> {
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

/** Uploads to the store wait until the returned function is called. */
export async function holdUploads(page: Page): Promise<() => void> {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\/_s3\//, async (route) => {
    if (route.request().method() === "POST") await released;
    await route.fallback();
  });
  return release;
}

/** What the system does when files are dragged over the messages from outside. */
export async function drag(page: Page, files: string[]) {
  const session = await page.context().newCDPSession(page);
  const { x, y, width, height } = (await page.getByRole("log").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const go = (type: "dragEnter" | "dragOver" | "drop", place = { x: x + width / 2, y: y + height / 2 }) =>
    session.send("Input.dispatchDragEvent", { type, ...place, data: { items: [], files, dragOperationsMask: 1 } });
  await go("dragEnter");
  await go("dragOver");
  return { drop: () => go("drop"), moveAway: () => go("dragOver", { x: 20, y: 20 }) };
}

/** Files from the clipboard, as the browser hands them over. */
export async function paste(page: Page, files: GivenFile[]): Promise<void> {
  const carried = files.map(({ name, mimeType, buffer }) => ({ name, mimeType, base64: buffer.toString("base64") }));
  await page.evaluate((list) => {
    const data = new DataTransfer();
    for (const { name, mimeType, base64 } of list) {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      data.items.add(new File([bytes], name, { type: mimeType }));
    }
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
    document.querySelector("#composer")?.dispatchEvent(event);
  }, carried);
}
