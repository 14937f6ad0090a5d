import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { CDPSession, Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { logIn, newUsername, PASSWORD } from "./steps";

/** Longer than a press has to be. */
const LONG_MS = 700;

describe("a finger that rests on a message", () => {
  const agora = oneAgora();
  let page: Page;
  let rest: Rest;
  let path: { server_id: string; channel_id: string };
  let touch: CDPSession;

  beforeAll(async () => {
    const username = newUsername("ada");
    const account = { email: `${username}@example.org`, username, password: PASSWORD };
    const { token } = await createRest({ baseUrl: `${agora.url}/api` }).register(account);
    rest = createRest({ baseUrl: `${agora.url}/api`, token });
    const { id: server_id, channels } = await rest.createServer({ name: username });
    path = { server_id, channel_id: channels[0]!.id };
    for (let i = 1; i <= 30; i++) await rest.sendMessage({ ...path, content: `line ${i}` });
    await rest.sendMessage({ ...path, content: "see https://example.org/a-page for more" });
    page = await (await person(agora.browser, { viewport: phone, hasTouch: true, isMobile: true, reducedMotion: "reduce" })).newPage();
    const here = `/channels/${server_id}/${path.channel_id}`;
    await page.goto(`${agora.url}/login?next=${encodeURIComponent(here)}`);
    await logIn(page, username);
    await page.waitForURL(agora.url + here);
    touch = await page.context().newCDPSession(page);
  });
  beforeEach(async () => {
    await page.reload();
    await page.locator("[data-connection='connected']").waitFor({ state: "attached" });
    await page.getByText("line 30", { exact: true }).waitFor();
  });

  const menu = () => page.getByRole("dialog", { name: /^Actions for the message/ });
  const fingers = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number; id?: number }[]) =>
    touch.send("Input.dispatchTouchEvent", { type, touchPoints });
  async function at(text: string) {
    const box = await page.getByText(text, { exact: true }).boundingBox();
    return { x: box!.x + Math.min(20, box!.width / 2), y: box!.y + box!.height / 2, id: 1 };
  }

  test("opens its menu, which is there after the finger is lifted, and selects nothing", async () => {
    await fingers("touchStart", await at("line 28"));
    await menu().waitFor();
    await fingers("touchEnd");
    await page.waitForTimeout(300);
    expect(await menu().isVisible()).toBe(true);
    expect(await page.evaluate(() => getSelection()?.toString())).toBe("");
  });

  test("not long enough does nothing", async () => {
    await fingers("touchStart", await at("line 28"));
    await page.waitForTimeout(150);
    await fingers("touchEnd");
    await page.waitForTimeout(LONG_MS);
    expect(await menu().count()).toBe(0);
  });

  test("and then moves, or is joined by a second one, does nothing", async () => {
    const first = await at("line 28");
    await fingers("touchStart", first);
    await fingers("touchMove", { ...first, y: first.y - 40 });
    await page.waitForTimeout(LONG_MS);
    await fingers("touchEnd");
    expect(await menu().count()).toBe(0);
    const again = await at("line 27");
    await fingers("touchStart", again);
    await fingers("touchStart", again, { x: again.x + 60, y: again.y, id: 2 });
    await page.waitForTimeout(LONG_MS);
    await fingers("touchEnd");
    expect(await menu().count()).toBe(0);
  });

  test("on a link leaves it to the browser", async () => {
    await fingers("touchStart", await at("https://example.org/a-page"));
    await page.waitForTimeout(LONG_MS);
    await fingers("touchEnd");
    expect(await menu().count()).toBe(0);
  });
});
