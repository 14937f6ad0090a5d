import { createRest, type Rest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflow, violations } from "./axe";
import { person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { composer, logIn, newUsername, PASSWORD, say, shown } from "./steps";

const MESSAGES = 900;
/** As the window has it. */
const ROWS_MAX = 300;

/** What stands in the page after one step of scrolling. */
interface Look {
  first: number;
  last: number;
  rows: number;
  /** The numbers follow one another. */
  isWhole: boolean;
  /** By how many pixels what was on the screen has moved by itself. */
  moved: number;
}

/** Scrolls, and looks at every frame until nothing more is loaded. */
function scroll(page: Page, byPx: number): Promise<Look> {
  return page.getByRole("log").evaluate(async (scroller, distance) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const rows = () => [...scroller.querySelectorAll<HTMLElement>("li[data-seq]")];
    const seqOf = (row: HTMLElement | undefined) => Number(row?.dataset["seq"] ?? 0);
    scroller.scrollBy({ top: distance, behavior: "instant" });
    await frame();
    const { top, height } = scroller.getBoundingClientRect();
    const anchor = rows().find((row) => row.getBoundingClientRect().bottom > top + height / 2);
    const before = anchor?.getBoundingClientRect().top ?? 0;
    let moved = 0;
    let edges = "";
    for (let quiet = 0; quiet < 12; quiet++) {
      const now = `${seqOf(rows()[0])} ${seqOf(rows().at(-1))}`;
      if (now !== edges) quiet = 0;
      edges = now;
      await frame();
      moved = Math.max(moved, Math.abs((anchor?.isConnected ? anchor.getBoundingClientRect().top : Infinity) - before));
    }
    const seqs = rows().map(seqOf);
    return {
      first: seqs[0] ?? 0,
      last: seqs.at(-1) ?? 0,
      rows: scroller.querySelectorAll("li").length,
      isWhole: seqs.every((seq, index) => index === 0 || seq === (seqs[index - 1] ?? 0) + 1),
      moved,
    };
  }, byPx);
}

/** A message by its number, if it is on the screen. */
const isOnScreen = (page: Page, seq: number) =>
  page.locator(`#m-${seq}`).evaluate((row) => row.getBoundingClientRect().bottom <= innerHeight && row.getBoundingClientRect().top >= 0);

describe("the history of a channel", () => {
  const agora = oneAgora();
  let ada: Page;
  let rest: Rest;
  /** Somebody else. */
  let bob: Rest;
  let path: { server_id: string; channel_id: string };
  let here: string;
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];

  beforeAll(async () => {
    const baseUrl = `${agora.url}/api`;
    const register = async (username: string) => {
      const { token } = await createRest({ baseUrl }).register({ email: `${username}@example.org`, username, password: PASSWORD });
      return createRest({ baseUrl, token });
    };
    rest = await register(adaName);
    bob = await register(bobName);
    const { id, channels } = await rest.createServer({ name: `Archive ${adaName}` });
    await bob.joinByInvite({ code: (await rest.createInvite({ server_id: id })).code });
    path = { server_id: id, channel_id: channels[0]?.id ?? "" };
    here = `/channels/${path.server_id}/${path.channel_id}`;
    const lines = Array.from({ length: MESSAGES }, (_, i) => `line ${i} ${"and more ".repeat(i % 40)}`);
    const sayAll = async () => {
      for (let line = lines.pop(); line; line = lines.pop()) await bob.sendMessage({ ...path, content: line });
    };
    await Promise.all(Array.from({ length: 16 }, sayAll));
    await rest.markRead({ ...path, seq: MESSAGES });
    ada = await (await person(agora.browser, { bypassCSP: true })).newPage();
    await ada.goto(`${agora.url}/login?next=${encodeURIComponent(here)}`);
    await logIn(ada, adaName);
    await ada.waitForURL(agora.url + here);
    await isLive(ada);
  });

  const isLive = (page: Page) => page.locator("[data-connection='connected']").waitFor({ state: "attached" });

  /** Scrolls until that is so; answers what was seen on the way. */
  async function scrollUntil(page: Page, byPx: number, isThere: (look: Look) => boolean): Promise<Look[]> {
    const looks: Look[] = [];
    for (let step = 0; step < 400; step++) {
      const look = await scroll(page, byPx);
      looks.push(look);
      if (isThere(look)) return looks;
    }
    throw new Error(`not there after ${looks.length} steps: ${JSON.stringify(looks.at(-1))}`);
  }

  function areSound(looks: Look[]) {
    expect(looks.filter(({ isWhole }) => !isWhole)).toEqual([]);
    expect(looks.filter(({ moved }) => moved > 1)).toEqual([]);
    expect(Math.max(...looks.map(({ rows }) => rows))).toBeLessThanOrEqual(ROWS_MAX + 5); // and lines of days
  }

  test("is scrolled to its beginning with a bounded number of rows, and nothing that is seen moves", async () => {
    const looks = await scrollUntil(ada, -1_500, ({ first }) => first === 1);
    areSound(looks);
    expect(looks.at(-1)?.last).toBeLessThan(MESSAGES);
    await ada.getByText("This is the beginning of").waitFor();
  });

  test("what is said meanwhile is counted and not put behind what is shown; scrolling down leads to it, and on live", async () => {
    await bob.sendMessage({ ...path, content: "said meanwhile" });
    await ada.getByRole("button", { name: "1 new message · Jump to present" }).waitFor();
    expect(await shown(ada, "said meanwhile").count()).toBe(0);
    const looks = await scrollUntil(ada, 1_500, ({ last }) => last === MESSAGES + 1);
    areSound(looks);
    await scroll(ada, 100_000);
    await bob.sendMessage({ ...path, content: "and live again" });
    await shown(ada, "and live again").waitFor();
    areSound([await scroll(ada, 0)]);
    expect(await ada.getByRole("button", { name: /Jump to present/ }).count()).toBe(0);
  });

  test("a link to a message of the same channel leads to it without leaving the page, from wherever it stands", async () => {
    await composer(ada).fill("half a thought");
    await sayBeside(ada, `see ${agora.url}${here}?around=40#m-40`);
    await ada.evaluate(() => Object.assign(window, { isSamePage: true }));
    await ada.getByRole("log").getByRole("link", { name: /› message$/ }).click(); // prettier-ignore
    await expect.poll(() => isOnScreen(ada, 40)).toBe(true);
    expect(await ada.evaluate(() => document.activeElement?.id)).toBe("m-40");
    expect(await ada.locator("#m-40").getAttribute("data-marked")).toBe("");
    expect(await ada.evaluate(() => "isSamePage" in window)).toBe(true);
    expect(new URL(ada.url()).search).toBe("");
    areSound([await scroll(ada, 0)]);
    await ada.getByRole("button", { name: "Jump to present" }).click();
    await expect.poll(() => isOnScreen(ada, MESSAGES + 3)).toBe(true);
  });

  test("what one says while far up is said at the end, which is gone to", async () => {
    await scrollUntil(ada, -3_000, ({ last }) => last < MESSAGES);
    await say(ada, "from far up");
    await shown(ada, "from far up").waitFor();
    await expect.poll(() => isOnScreen(ada, MESSAGES + 4)).toBe(true);
    areSound([await scroll(ada, 0)]);
  });

  test("a reload leads back to where one was, also when that is far up", async () => {
    await scrollUntil(ada, -3_000, ({ first }) => first < 300);
    const { first } = await scroll(ada, 2_000);
    const seen = await ada.evaluate(() => {
      const { top } = document.querySelector("[role=log]")!.getBoundingClientRect();
      const row = [...document.querySelectorAll("li[data-seq]")].find((one) => one.getBoundingClientRect().bottom > top)!;
      return { id: row.id, top: row.getBoundingClientRect().top };
    });
    expect(first).toBeLessThan(MESSAGES - ROWS_MAX);
    await ada.reload();
    await expect.poll(() => ada.locator(`#${seen.id}`).evaluate((row) => row.getBoundingClientRect().top)).toBeCloseTo(seen.top, 0);
    areSound([await scroll(ada, 0)]);
    await isLive(ada);
    await bob.sendMessage({ ...path, content: "after the reload" });
    await ada.getByRole("button", { name: "1 new message · Jump to present" }).click();
    await shown(ada, "after the reload").waitFor();
  });

  test("a message that is deleted far up is so where it stands", async () => {
    await scrollUntil(ada, -3_000, ({ last }) => last < MESSAGES);
    const { first } = await scroll(ada, 0);
    await bob.deleteMessage({ ...path, seq: String(first + 20) });
    await expect.poll(() => ada.locator(`#m-${first + 20}`).innerText()).toContain("This message was deleted");
  });

  test("a link from outside leads to the message, and on both ways", async () => {
    const other = await ada.context().newPage();
    await other.goto(`${agora.url}${here}?around=450#m-450`);
    await expect.poll(() => isOnScreen(other, 450)).toBe(true);
    areSound(await scrollUntil(other, 1_500, ({ last }) => last > 600));
    areSound(await scrollUntil(other, -1_500, ({ first }) => first < 300));
    await other.close();
  });

  describe("is searched", () => {
    const panel = () => ada.getByRole("region", { name: "Search" });
    const found = () => panel().getByRole("listitem");

    beforeAll(async () => {
      const { id } = await rest.createChannel({ server_id: path.server_id, name: "cellar", kind: "text" });
      await bob.sendMessage({ server_id: path.server_id, channel_id: id, content: "the crème brûlée is in the cellar" });
      await bob.sendMessage({ ...path, content: "Crème brûlée for everybody" });
    });

    test("by words, whatever their accents: a result leads to the message without leaving the page", async () => {
      await ada.goto(agora.url + here);
      await isLive(ada);
      await ada.evaluate(() => Object.assign(window, { isSamePage: true }));
      await ada.getByRole("button", { name: "Search messages" }).click();
      await panel().getByLabel("Words").fill("creme");
      await ada.keyboard.press("Enter");
      await panel().getByText("1 found · All is searched").waitFor();
      await panel().getByLabel("Words").fill("line 77 more");
      await ada.keyboard.press("Enter");
      const result = panel().getByRole("link", { name: /line 77 / });
      await result.first().click();
      const seq = Number(new URL((await result.first().getAttribute("href")) ?? "", agora.url).searchParams.get("around"));
      await expect.poll(() => isOnScreen(ada, seq)).toBe(true);
      expect(await ada.evaluate(() => "isSamePage" in window)).toBe(true);
      expect(await panel().isVisible()).toBe(true);
    });

    test("in the whole server, by author too; it stays open in another channel, and Escape gives the focus back", async () => {
      await panel().getByLabel("Words").fill("brulee");
      await panel().getByLabel("In all channels of this server").check();
      await panel().getByText("By whom, when, with what").click();
      await panel().getByLabel("Said by").fill("nobody_here");
      await ada.keyboard.press("Enter");
      await panel().getByText("Nobody here has the username nobody_here.").waitFor();
      await panel().getByLabel("Said by").fill(bobName);
      await ada.keyboard.press("Enter");
      await panel().getByText("2 found · All is searched").waitFor();
      expect(await violations(ada)).toEqual([]);
      await panel().getByRole("link", { name: /#cellar/ }).click(); // prettier-ignore
      await ada.waitForURL(/around=1#m-1$/);
      await shown(ada, "the crème brûlée is in the cellar").waitFor();
      expect(await found().count()).toBe(2);
      await panel().getByLabel("Words").focus();
      await ada.keyboard.press("Escape");
      await panel().waitFor({ state: "hidden" });
      expect(await ada.evaluate(() => document.activeElement?.id)).toBe("search");
    });

    test("on a phone the search makes way for what was found", async () => {
      const state = await ada.context().storageState();
      const pocket = await (
        await person(agora.browser, { viewport: phone, hasTouch: true, storageState: state, bypassCSP: true })
      ).newPage();
      await pocket.goto(agora.url + here);
      await isLive(pocket);
      await pocket.getByRole("button", { name: "Search messages" }).click();
      const search = pocket.getByRole("region", { name: "Search" });
      await search.getByLabel("Words").fill("brulee");
      await pocket.keyboard.press("Enter");
      await search.getByRole("link", { name: /brûlée/ }).waitFor();
      expect([await violations(pocket), await overflow(pocket)]).toEqual([[], 0]);
      await search.getByRole("link", { name: /brûlée/ }).click(); // prettier-ignore
      await search.waitFor({ state: "hidden" });
      await shown(pocket, "Crème brûlée for everybody").waitFor();
      await pocket.context().close();
    });

    test("by a day: its first message is gone to, or the next one after it", async () => {
      await ada.goto(agora.url + here);
      await isLive(ada);
      await ada.getByRole("button", { name: "Jump to a day" }).click();
      await ada.getByLabel(/first message of this day/).fill("2020-01-01");
      await ada.getByRole("button", { name: "Jump", exact: true }).click();
      await expect.poll(() => isOnScreen(ada, 1)).toBe(true);
      expect(await ada.evaluate(() => document.activeElement?.id)).toBe("m-1");
    });
  });

  test("without a script it is links: older, newer, to a message and to the present, and a form for a day", async () => {
    const state = await ada.context().storageState();
    const still = await (await person(agora.browser, { javaScriptEnabled: false, storageState: state })).newPage();
    await still.goto(`${agora.url}${here}?around=450#m-450`);
    expect(await isOnScreen(still, 450)).toBe(true);
    await still.getByRole("link", { name: "Newer messages" }).click();
    await still.locator("#m-500").waitFor();
    await still.getByRole("link", { name: "Older messages" }).click();
    await still.locator("#m-450").waitFor();
    await still.getByRole("link", { name: "Jump to present" }).click();
    await shown(still, "after the reload").waitFor();
    expect(await still.getByRole("link", { name: "Newer messages" }).count()).toBe(0);
    await still.getByLabel("Day to jump to").fill("2020-01-01");
    await still.getByRole("button", { name: "Jump", exact: true }).click();
    await still.waitForURL(/around=1#m-1$/);
    expect(await isOnScreen(still, 1)).toBe(true);
    await still.context().close();
  });
});

/** Sends what stands in the field now, and leaves in it what stood there before. */
async function sayBeside(page: Page, text: string): Promise<void> {
  const before = await composer(page).inputValue();
  await say(page, text);
  await composer(page).fill(before);
}
