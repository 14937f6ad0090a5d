import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { Locator, Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { logIn, newUsername, PASSWORD } from "./steps";

interface Person {
  name: string;
  id: string;
  rest: Rest;
}

const field = (page: Page) => page.locator("textarea#composer");
const line = (page: Page, text: string) => page.getByRole("log").getByText(text, { exact: true });
const row = (page: Page, text: string) => page.getByRole("log").locator("li[data-seq]").filter({ hasText: text });
const switcher = (page: Page) => page.getByRole("dialog", { name: "Go to…" });
const shortcuts = (page: Page) => page.getByRole("dialog", { name: "Keyboard shortcuts" });
const isLive = (page: Page) => page.locator("[data-connection='connected']").waitFor({ state: "attached" });
const hasFocus = (target: Locator) =>
  expect.poll(() => target.evaluate((element) => element === document.activeElement), { timeout: 10_000 }).toBe(true);

describe("by keyboard", () => {
  const agora = oneAgora();
  let ada: Person;
  let bob: Person;
  /** Of Ada: two channels of one server, and one of another. */
  let place: { server_id: string; channel_id: string };
  let otherChannel: string;
  let elsewhere: string;

  async function newPerson(stem: string): Promise<Person> {
    const username = newUsername(stem);
    const { token, user } = await createRest({ baseUrl: `${agora.url}/api` }).register({
      email: `${username}@example.org`,
      username,
      password: PASSWORD,
    });
    return { name: username, id: user.id, rest: createRest({ baseUrl: `${agora.url}/api`, token }) };
  }

  async function open(path: string, options = {}): Promise<Page> {
    const page = await (await person(agora.browser, { bypassCSP: true, reducedMotion: "reduce", ...options })).newPage();
    await page.goto(`${agora.url}/login?next=${encodeURIComponent(path)}`);
    await logIn(page, ada.name);
    await page.waitForURL(`${agora.url}${path}`);
    return page;
  }
  const pathOf = ({ server_id, channel_id }: typeof place) => `/channels/${server_id}/${channel_id}`;
  const here = () => pathOf(place);
  beforeEach(async () => {
    [ada, bob] = await Promise.all([newPerson("ada"), newPerson("bob")]);
    const { id: server_id, channels } = await ada.rest.createServer({ name: `Garden ${ada.name}` });
    place = { server_id, channel_id: channels[0]!.id };
    otherChannel = (await ada.rest.createChannel({ server_id, name: "tools", kind: "text" })).id;
    const other = await ada.rest.createServer({ name: `Workshop ${ada.name}` });
    elsewhere = (await ada.rest.createChannel({ server_id: other.id, name: "lathe", kind: "text" })).id;
  });

  test("a draft and what it answers survive a reload, show in the side bar, and are gone once they are sent or one logs out", async () => {
    await ada.rest.sendMessage({ ...place, content: "Who brings tea?" });
    const page = await open(here());
    await isLive(page);
    await row(page, "Who brings tea?").hover();
    await row(page, "Who brings tea?").getByRole("button", { name: "Reply" }).click();
    await page.getByText("Replying to").waitFor();
    await field(page).fill("I do");
    const link = (name: string | RegExp) => page.getByRole("navigation").getByRole("link", { name });
    await link(/^tools/).click();
    await page.waitForURL(new RegExp(otherChannel));
    await link("general, with a draft").waitFor();
    await page.reload();
    await link("general, with a draft").click();
    await expect.poll(() => field(page).inputValue()).toBe("I do");
    await page.getByText("Replying to").waitFor();
    expect(await link("general, with a draft").count()).toBe(0); // one is there

    const other = await page.context().newPage();
    await other.goto(agora.url + here());
    await expect.poll(() => field(other).inputValue()).toBe("I do");
    await isLive(page);
    await field(page).press("Enter");
    await row(page, "I do").getByRole("link", { name: /In reply to/ }).waitFor(); // prettier-ignore
    await expect.poll(() => field(other).inputValue()).toBe("");
    await field(page).fill("never said");
    await expect.poll(() => field(other).inputValue()).toBe("never said");
    await page.getByRole("button", { name: /, account$/ }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForURL(`${agora.url}/`);
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("drafts")))).toEqual([]);
    await page.context().close();
  });

  test("the switcher finds channels of servers that were never opened, marks what is new, and gives the focus back", async () => {
    const page = await open(here());
    await isLive(page);
    await field(page).focus();
    await page.keyboard.press("Control+k");
    const input = switcher(page).getByRole("combobox");
    await hasFocus(input);
    await page.keyboard.press("Escape");
    await switcher(page).waitFor({ state: "detached" });
    await hasFocus(field(page));

    await page.keyboard.press("Control+k");
    await hasFocus(input);
    await page.keyboard.type("la");
    const option = switcher(page).getByRole("option", { name: new RegExp(`^lathe ?, Workshop ${ada.name}`) });
    await option.waitFor();
    expect(await option.getAttribute("aria-selected")).toBe("true");
    expect(await input.getAttribute("aria-activedescendant")).toBe(await option.getAttribute("id"));
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(elsewhere));
    await hasFocus(field(page));
    await page.keyboard.press("Control+k"); // nothing typed: where one was last
    await switcher(page).getByRole("option").first().waitFor();
    expect(await switcher(page).getByRole("option").first().textContent()).toContain("general");
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => switcher(page).getByRole("option").last().getAttribute("aria-selected")).toBe("true");
    await page.context().close();
  });

  test("people are found to whom one has not talked yet, and the conversation is opened", async () => {
    const page = await open(here());
    await isLive(page);
    await page.keyboard.press("Control+k");
    await hasFocus(switcher(page).getByRole("combobox"));
    await page.keyboard.type(bob.name);
    await switcher(page).getByRole("option", { name: new RegExp(bob.name) }).waitFor(); // prettier-ignore
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/dms\/dm_\w+$/);
    await page.getByText(`Only you and ${bob.name} read what is said here.`).waitFor();
    await page.context().close();
  });

  test("the list of shortcuts opens by its keys and from the menu, and letters in a field are written", async () => {
    const page = await open(here());
    await isLive(page);
    await page.keyboard.press("Control+/");
    await shortcuts(page).getByText("Go to a place or a person").waitFor();
    await page.keyboard.press("Control+k"); // nothing else opens meanwhile
    await page.waitForTimeout(200);
    expect(await switcher(page).count()).toBe(0);
    await page.keyboard.press("Escape");
    await shortcuts(page).waitFor({ state: "detached" });
    await field(page).focus();
    await page.keyboard.type("/?re+");
    expect(await field(page).inputValue()).toBe("/?re+");
    await field(page).fill("");
    await page.getByRole("button", { name: /, account$/ }).click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await shortcuts(page).waitFor();
    await page.context().close();
  });

  test("from place to place, and to those with something new", async () => {
    await ada.rest.createChannel({ server_id: place.server_id, name: "zoo", kind: "text" });
    const page = await open(here());
    await isLive(page);
    await field(page).focus();
    const isAt = (name: string) => page.getByRole("heading", { level: 1, name: `#${name}` }).or(page.getByRole("heading", { level: 1, name })).first().waitFor(); // prettier-ignore
    await page.keyboard.press("Alt+ArrowDown");
    await isAt("tools");
    await page.keyboard.press("Alt+ArrowUp");
    await isAt("general");
    await page.keyboard.press("Alt+ArrowUp"); // around
    await isAt("zoo");
    const { code } = await ada.rest.createInvite({ server_id: place.server_id });
    await bob.rest.joinByInvite({ code });
    await bob.rest.sendMessage({ ...place, content: "News" });
    await page.getByRole("navigation").getByRole("link", { name: "general, unread" }).waitFor();
    await page.keyboard.press("Alt+Shift+ArrowUp");
    await isAt("general");
    await page.context().close();
  });

  test("from message to message, and what is done with the one that has the focus", async () => {
    for (const content of ["one", "two", "three"]) await ada.rest.sendMessage({ ...place, content });
    const page = await open(here());
    await isLive(page);
    await page.getByRole("log").focus();
    await page.keyboard.press("ArrowUp");
    await hasFocus(row(page, "three"));
    await page.keyboard.press("ArrowUp");
    await hasFocus(row(page, "two"));
    await page.keyboard.press("Delete");
    const dialog = page.getByRole("dialog", { name: "Delete your message?" });
    await dialog.waitFor();
    await page.keyboard.press("r"); // not while a dialog is open
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await hasFocus(row(page, "two"));
    expect(await page.getByText("Replying to").count()).toBe(0);
    await page.keyboard.press("r");
    await page.getByText("Replying to").waitFor();
    await hasFocus(field(page));
    await page.keyboard.press("Escape");
    await page.getByText("Replying to").waitFor({ state: "hidden" });
    await page.getByRole("log").focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("e");
    await hasFocus(page.getByRole("textbox", { name: "Your message" }));
    await page.keyboard.press("Escape");
    await page.getByRole("log").focus();
    await page.keyboard.press("ArrowDown");
    await hasFocus(row(page, "three"));
    await page.keyboard.press("Delete");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("This message was deleted").waitFor();
    expect(await line(page, "three").count()).toBe(0);
    await page.getByRole("log").focus();
    await page.keyboard.press("h"); // a letter that means nothing is written
    await hasFocus(field(page));
    expect(await field(page).inputValue()).toBe("h");
    await page.context().close();
  });

  test("Escape marks as read and leads to the newest message; so does End, without marking; and the search opens by a slash", async () => {
    const { code } = await ada.rest.createInvite({ server_id: place.server_id });
    await bob.rest.joinByInvite({ code });
    for (let i = 1; i <= 40; i++) await bob.rest.sendMessage({ ...place, content: `line ${i}` });
    const page = await open(here());
    await isLive(page);
    const isAtEnd = () => page.getByRole("log").evaluate((log) => Math.abs(log.scrollTop) < 48);
    expect(await isAtEnd()).toBe(false); // what is new begins above
    await page.getByRole("log").focus();
    await page.keyboard.press("End");
    await expect.poll(isAtEnd).toBe(true);
    await page.reload();
    await isLive(page);
    await page.getByRole("log").evaluate((log) => (log.scrollTop = -2_000));
    await page.getByRole("log").focus();
    await page.keyboard.press("Escape");
    await expect.poll(isAtEnd).toBe(true);
    await hasFocus(field(page));
    const read = async () => (await ada.rest.getServer({ server_id: place.server_id })).channels[0]?.last_read;
    await expect.poll(read).toBe(40);
    await page.getByRole("log").focus();
    await page.keyboard.press("/");
    await page.getByRole("searchbox").first().waitFor();
    await page.context().close();
  });

  describe.each([
    ["at a desk", desktop],
    ["on a phone", phone],
  ])("%s", (name, viewport) => {
    test("axe finds nothing in the dialogs, in both themes, and nothing is wider than the screen", async () => {
      const page = await open(here(), { viewport });
      await isLive(page);
      const check = async (what: string) => {
        const found = [await violationsInBothThemes(page), await overflow(page)];
        for (const colorScheme of ["light", "dark"] as const) {
          await page.emulateMedia({ colorScheme });
          if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/${what}-${name}-${colorScheme}.png` });
        }
        expect([what, ...found]).toEqual([what, [], 0]);
      };
      if (viewport === phone) await page.getByRole("button", { name: /^Servers and channels/ }).click();
      await page.getByRole("button", { name: "Go to a place or a person" }).click();
      await switcher(page).getByRole("option").first().waitFor();
      await check("switcher");
      await switcher(page).getByRole("combobox").fill("zzzzzz");
      await switcher(page).getByText("Nothing is called so.").first().waitFor({ state: "attached" });
      await check("switcher with nothing");
      await page.keyboard.press("Escape");
      await switcher(page).waitFor({ state: "detached" });
      await page.getByRole("log").focus();
      await page.keyboard.press("?");
      await shortcuts(page).waitFor();
      await check("shortcuts");
      await page.context().close();
    });
  });
});
