import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { logIn, newUsername, PASSWORD } from "./steps";

/** Somebody with an account, by the API; in a browser once they have logged in there. */
interface Person {
  name: string;
  id: string;
  rest: Rest;
}

const line = (page: Page, text: string) => page.getByRole("log").getByText(text, { exact: true });
const field = (page: Page) => page.getByRole("textbox", { name: /^Message / });
const row = (page: Page, name: string | RegExp) =>
  page.getByRole("navigation", { name: "Servers and conversations" }).getByRole("link", { name });
const toasts = (page: Page) => page.getByRole("list", { name: "New messages" }).getByRole("listitem");

async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
  await line(page, text).waitFor();
}

describe("conversations", () => {
  const agora = oneAgora();
  let ada: Person;
  let bob: Person;
  let cyd: Person;

  async function newPerson(stem: string): Promise<Person> {
    const username = newUsername(stem);
    const account = { email: `${username}@example.org`, username, password: PASSWORD };
    const { token, user } = await createRest({ baseUrl: `${agora.url}/api` }).register(account);
    return { name: username, id: user.id, rest: createRest({ baseUrl: `${agora.url}/api`, token }) };
  }

  async function open(who: Person, path: string, options = {}): Promise<Page> {
    const page = await (await person(agora.browser, { bypassCSP: true, ...options })).newPage();
    await page.goto(`${agora.url}/login?next=${encodeURIComponent(path)}`);
    await logIn(page, who.name);
    await page.waitForURL(`${agora.url}${path}`);
    return page;
  }
  const isLive = (page: Page) => page.locator("[data-connection='connected']").waitFor({ state: "attached" });
  const write = (who: Person, dm_id: string, content: string) => who.rest.sendMessageInDm({ dm_id, content });
  const startBetween = async (who: Person, ...others: Person[]) =>
    (await who.rest.createConversation({ user_ids: others.map(({ id }) => id) })).id;
  beforeEach(async () => {
    [ada, bob, cyd] = await Promise.all([newPerson("ada"), newPerson("bob"), newPerson("cyd")]);
  });

  test("two people find each other, write, see each other write, and one of them closes it until something new is said", async () => {
    const [mine, theirs] = [await open(ada, "/dms"), await open(bob, "/dms")];
    await mine.getByText("Nobody has written to you yet").waitFor();
    await mine.getByRole("link", { name: "New conversation" }).first().click();
    const dialog = mine.getByRole("dialog", { name: "New conversation" });
    await dialog.getByRole("searchbox").fill(bob.name.slice(0, -1));
    await dialog.getByRole("button", { name: new RegExp(bob.name) }).click();
    await dialog.getByRole("button", { name: `Talk to ${bob.name}` }).click();
    await mine.waitForURL(/\/dms\/dm_\w+$/);
    await mine.getByText(`Only you and ${bob.name} read what is said here.`).waitFor();
    expect(await row(theirs, ada.name).count()).toBe(0); // nothing was said yet
    await isLive(mine);
    await say(mine, "Hello Bob");

    await row(theirs, new RegExp(`^${ada.name} ?, 1 unread message`)).click();
    await line(theirs, "Hello Bob").waitFor();
    await isLive(theirs);
    await row(theirs, new RegExp(`^${ada.name} (?!,)`)).waitFor();
    await field(theirs).pressSequentially("Hi");
    await mine.getByText(`${bob.name} is writing…`).waitFor();
    await field(theirs).press("Enter");
    await line(mine, "Hi").waitFor();

    await theirs.getByRole("button", { name: `About you and ${ada.name}` }).click();
    await theirs.getByRole("button", { name: /^Close, until/ }).click();
    await theirs.waitForURL(/\/dms$/);
    await row(theirs, ada.name).waitFor({ state: "detached" });
    await say(mine, "Are you there?");
    await row(theirs, new RegExp(`^${ada.name} ?, 1 unread message`)).waitFor();
    await mine.context().close();
    await theirs.context().close();
  });

  test("a group: named, people come and go, and who is put out is told and reads nothing any more", async () => {
    const id = await startBetween(ada, bob, cyd);
    const [mine, theirs] = [await open(ada, `/dms/${id}`), await open(cyd, `/dms/${id}`)];
    await Promise.all([isLive(mine), isLive(theirs)]);
    const dan = await newPerson("dan");
    await mine.getByRole("button", { name: "About this group" }).click();
    const dialog = mine.getByRole("dialog");
    await dialog.getByLabel("Name of the group").fill("Choir");
    await dialog.getByRole("button", { name: "Save" }).click();
    await theirs.getByRole("heading", { name: "Choir", exact: true }).waitFor();
    await row(theirs, /^Choir/).waitFor();
    await dialog.getByRole("button", { name: "Add people" }).click();
    await dialog.getByRole("searchbox").fill(dan.name);
    await dialog.getByRole("button", { name: new RegExp(dan.name) }).click();
    await dialog.getByRole("button", { name: "Add to the group" }).click();
    await theirs.getByText("4 people", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: `Remove ${cyd.name} from the group` }).click();
    await theirs.waitForURL(/\/dms$/);
    await theirs.getByText("You are not in Choir any more.").waitFor();
    expect(await row(theirs, /^Choir/).count()).toBe(0);
    await mine.keyboard.press("Escape");
    await say(mine, "Just us now");
    await theirs.goto(`${agora.url}/dms/${id}`);
    expect(await theirs.getByRole("heading", { level: 1 }).textContent()).not.toContain("Choir");
    expect(await theirs.getByText("Just us now").count()).toBe(0);

    await mine.getByRole("button", { name: "About this group" }).click();
    await dialog.getByRole("button", { name: "Leave…" }).click();
    await dialog.getByRole("button", { name: "Leave the group" }).click();
    await mine.waitForURL(/\/dms$/);
    expect(await row(mine, /^Choir/).count()).toBe(0);
    await mine.context().close();
    await theirs.context().close();
  });

  test("whoever blocks somebody sees why nobody can write, and takes it back there", async () => {
    const id = await startBetween(ada, bob);
    await write(bob, id, "You again!");
    const [mine, theirs] = [await open(ada, `/dms/${id}`), await open(bob, `/dms/${id}`)];
    await Promise.all([isLive(mine), isLive(theirs)]);
    await mine.getByRole("button", { name: `About you and ${bob.name}` }).click();
    await mine.getByRole("button", { name: `Block ${bob.name}` }).click();
    await mine.getByRole("button", { name: "Unblock", exact: true }).waitFor();
    await mine.keyboard.press("Escape");
    await mine.getByText(`You have blocked ${bob.name}. Neither of you can write here.`).waitFor();
    expect(await field(mine).count()).toBe(0);
    await field(theirs).fill("Why?");
    await field(theirs).press("Enter");
    await theirs.getByText("You cannot write to this account.").waitFor();
    await mine.getByRole("button", { name: "Unblock…" }).click();
    await mine.getByRole("button", { name: "Unblock", exact: true }).click();
    await mine.keyboard.press("Escape");
    await say(mine, "Let us start over");
    await line(theirs, "Let us start over").waitFor();
    await mine.context().close();
    await theirs.context().close();
  });

  test("a message to somebody who looks elsewhere shows in the rail, in the title and as a notice, which goes, or leads there", async () => {
    const { id: serverId, channels } = await ada.rest.createServer({ name: `Garden ${ada.name}` });
    const page = await open(ada, `/channels/${serverId}/${channels[0]!.id}`);
    await isLive(page);
    const id = await startBetween(bob, ada);
    await write(bob, id, "Look **here**");
    await toasts(page).getByText(bob.name).waitFor();
    await page.getByRole("link", { name: "Direct messages, 1 unread message" }).waitFor();
    await expect.poll(() => page.title()).toMatch(/^\(1\) #general/);
    await expect.poll(() => toasts(page).count(), { timeout: 9_000 }).toBe(0); // by itself

    for (let i = 1; i <= 5; i++) await write(bob, id, `more ${i}`);
    await expect
      .poll(() => toasts(page).allTextContents())
      .toEqual(["more 3", "more 4", "more 5"].map((text) => expect.stringContaining(text)));
    await toasts(page).first().hover();
    await page.waitForTimeout(7_000); // longer than a notice stays
    expect(await toasts(page).count()).toBe(3);
    await toasts(page).last().getByRole("link").click();
    await page.waitForURL(`${agora.url}/dms/${id}`);
    await line(page, "more 5").waitFor();
    await expect.poll(() => toasts(page).count()).toBe(0);
    await expect.poll(() => page.title()).toBe(`${bob.name} · Agora`);
    await write(bob, id, "and you see it");
    await line(page, "and you see it").waitFor();
    expect(await toasts(page).count()).toBe(0); // it is looked at
    await page.context().close();
  });

  test("on a phone the list is a page, and a conversation another with a way back", async () => {
    const id = await startBetween(bob, ada);
    await write(bob, id, "On the train?");
    const page = await open(ada, "/dms", { viewport: phone });
    await row(page, new RegExp(`^${bob.name} ?, 1 unread message`)).click();
    await line(page, "On the train?").waitFor();
    expect(await row(page, bob.name).count()).toBe(0);
    await isLive(page);
    await say(page, "Yes");
    expect(await overflow(page)).toBe(0);
    await page.getByRole("link", { name: "Your conversations" }).click();
    await row(page, new RegExp(`^${bob.name} (?!,)`)).waitFor();
    expect(await overflow(page)).toBe(0);
    await page.context().close();
  });

  test("without JavaScript: somebody is found by name, the conversation is started, read and answered", async () => {
    const page = await open(ada, "/dms", { javaScriptEnabled: false });
    await page.getByRole("link", { name: "New conversation" }).first().click();
    await page.getByRole("searchbox").fill(bob.name);
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("checkbox", { name: bob.name }).check();
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL(/\/dms\/dm_\w+$/);
    await field(page).fill("Hello without a script");
    await page.getByRole("button", { name: "Send message" }).click();
    await line(page, "Hello without a script").waitFor();
    const { conversations } = await bob.rest.listConversations();
    expect(conversations.map(({ head }) => head)).toEqual([1]);
    await page.goto(`${agora.url}/dms`);
    await row(page, bob.name).waitFor();
    await page.context().close();
  });

  test(
    "without JavaScript older conversations are behind a link, and the newest behind another; with it they come below",
    { timeout: 120_000 },
    async () => {
      const start = async (name: string) => {
        const id = await startBetween(bob, ada, cyd);
        await bob.rest.updateConversation({ dm_id: id, name });
        await write(bob, id, "Hello");
      };
      await start("Choir 1");
      for (let i = 2; i <= 50; i += 7) await Promise.all([0, 1, 2, 3, 4, 5, 6].map((more) => start(`Choir ${i + more}`)));
      await start("Choir 51");
      const page = await open(ada, "/dms", { javaScriptEnabled: false });
      await row(page, /^Choir 51 /).waitFor();
      expect(await row(page, /^Choir 1 /).count()).toBe(0);
      await page.getByRole("link", { name: "Older conversations" }).click();
      await row(page, /^Choir 1 /).waitFor();
      expect(await row(page, /^Choir 51 /).count()).toBe(0);
      await page.getByRole("link", { name: "Newest conversations" }).click();
      await row(page, /^Choir 51 /).waitFor();
      await page.context().close();

      const scripted = await open(ada, "/dms");
      await scripted.waitForLoadState("networkidle");
      await scripted.getByRole("link", { name: "Older conversations" }).click();
      await row(scripted, /^Choir 1 /).waitFor();
      expect([await row(scripted, /^Choir 51 /).count(), new URL(scripted.url()).search]).toEqual([1, ""]);
      await scripted.context().close();
    },
  );

  test("of two people a reaction says who it was", async () => {
    const id = await startBetween(ada, bob);
    await write(ada, id, "Shall we?");
    await bob.rest.addReactionInDm({ dm_id: id, seq: "1", emoji: "👍" });
    const page = await open(ada, `/dms/${id}`);
    await isLive(page);
    await page.getByRole("button", { name: `👍 1 reaction, by ${bob.name}` }).click();
    await page.getByRole("button", { name: `👍 2 reactions, by you and ${bob.name}` }).waitFor();
    await page.context().close();
  });

  describe.each([
    ["at a desk", desktop],
    ["on a phone", phone],
  ])("%s", (_, viewport) => {
    test("axe finds nothing on the pages and in the dialogs, in both themes, and nothing is wider than the screen", async () => {
      const [direct, group] = [await startBetween(ada, bob), await startBetween(ada, bob, cyd)];
      await write(bob, direct, "Hello");
      await write(cyd, group, `<@${ada.id}> hello`);
      const page = await open(ada, "/dms", { viewport });
      const check = async (what: string) => {
        expect([what, await violationsInBothThemes(page), await overflow(page)]).toEqual([what, [], 0]);
      };
      await check("list");
      await page.getByRole("link", { name: "New conversation" }).first().click();
      await page.getByRole("searchbox").fill(bob.name);
      await page
        .getByRole("dialog")
        .getByRole("button", { name: new RegExp(bob.name) })
        .click();
      await check("new conversation");
      await page.goto(`${agora.url}/dms/new?q=${bob.name}`);
      await check("new conversation without a dialog");
      for (const [id, button] of [
        [direct, /^About you/],
        [group, "About this group"],
      ] as const) {
        await page.goto(`${agora.url}/dms/${id}`);
        await isLive(page);
        await check("conversation");
        await page.getByRole("button", { name: button }).click();
        await page.getByRole("dialog").waitFor();
        await check("about it");
      }
      await page.goto(`${agora.url}/channels`);
      await check("servers, beside conversations with something new");
      await page.context().close();
    });
  });
});
