import { createRest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chooser, picture, uploaded } from "./attaching";
import { person } from "./browser";
import { comeIn, newRoom, say } from "./in-room";
import { oneAgora } from "./one-agora";
import { shown } from "./steps";

const HOUR_MS = 60 * 60 * 1000;

describe("what passes in anonymous rooms", () => {
  const agora = oneAgora();

  const newPage = async (): Promise<Page> => (await person(agora.browser)).newPage();

  test("what was said, and what was shown, leaves the open pages by itself when its time is over, and is not there after a reload", async () => {
    const room = newRoom();
    const keptMs = 12_000;
    await createRest({ baseUrl: `${agora.url}/api` }).createRoom({ room, ttl_hours: keptMs / HOUR_MS });
    const [ann, bob] = [await newPage(), await newPage()];
    const image = await picture(ann, 600, 400);
    await comeIn(ann, agora.url, room, "Ann");
    await comeIn(bob, agora.url, room, "Bob");
    await chooser(ann).setInputFiles([{ name: "passing.png", mimeType: "image/png", buffer: image }]);
    await uploaded(ann, "passing.png");
    const saidAt = Date.now();
    await say(ann, "not for long");
    const picturePlace = bob.getByRole("log").getByRole("img", { name: "passing.png" });
    await picturePlace.waitFor();
    const link = (await picturePlace.getAttribute("src")) ?? "";
    expect((await bob.request.get(link)).status()).toBe(200);
    for (const page of [ann, bob]) await shown(page, "not for long").waitFor();
    expect(Date.now() - saidAt).toBeLessThan(keptMs);
    for (const page of [ann, bob]) await shown(page, "not for long").waitFor({ state: "detached", timeout: keptMs + 5_000 });
    expect(Date.now() - saidAt).toBeGreaterThan(keptMs - 1_000);
    expect(await picturePlace.count()).toBe(0);
    await expect.poll(async () => (await bob.request.get(link)).status()).toBe(404);
    await say(bob, "something new");
    await shown(ann, "something new").waitFor();
    await ann.reload();
    await shown(ann, "something new").waitFor();
    expect(await shown(ann, "not for long").count()).toBe(0);
    await Promise.all([ann.context().close(), bob.context().close()]);
  });

  test("what is said while nobody looks is counted in the title, and no more when they are back", async () => {
    const room = newRoom();
    const [ann, bob] = [await newPage(), await newPage()];
    await comeIn(ann, agora.url, room, "Ann");
    await comeIn(bob, agora.url, room, "Bob");
    await say(bob, "seen");
    await shown(ann, "seen").waitFor();
    expect(await ann.title()).toBe(`${room} · Agora`);
    await look(ann, "hidden");
    await say(bob, "one");
    await expect.poll(() => ann.title()).toBe(`(1) ${room} · Agora`);
    await say(bob, "two");
    await expect.poll(() => ann.title()).toBe(`(2) ${room} · Agora`);
    await look(ann, "visible");
    await expect.poll(() => ann.title()).toBe(`${room} · Agora`);
    await say(bob, "three");
    await shown(ann, "three").waitFor();
    expect(await ann.title()).toBe(`${room} · Agora`);
    await Promise.all([ann.context().close(), bob.context().close()]);
  });
});

/** As when somebody goes to another tab and comes back: a page here always takes itself to be seen. */
async function look(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}
