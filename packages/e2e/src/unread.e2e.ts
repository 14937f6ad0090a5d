import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { composer, logIn, newUsername, PASSWORD, say, shown } from "./steps";

/** Somebody with an account, by the API; in a browser once they have logged in there. */
interface Person {
  name: string;
  id: string;
  rest: Rest;
}

const link = (page: Page, name: string | RegExp) => page.getByRole("link", { name, exact: true });
const line = (page: Page, text: string) => page.getByRole("log").getByText(text, { exact: true });

describe("what is new", () => {
  const agora = oneAgora();
  let ada: Person;
  let bob: Person;
  let garden: { id: string; name: string; general: string; photos: string; archive: string };
  let adaPage: Page;
  /** Bob at a desk, and on a phone. */
  let desk: Page;
  let pocket: Page;

  async function newPerson(stem: string): Promise<Person> {
    const username = newUsername(stem);
    const account = { email: `${username}@example.org`, username, password: PASSWORD };
    const { token, user } = await createRest({ baseUrl: `${agora.url}/api` }).register(account);
    return { name: username, id: user.id, rest: createRest({ baseUrl: `${agora.url}/api`, token }) };
  }

  async function open(who: Person, path: string, options = {}): Promise<Page> {
    const page = await (await person(agora.browser, options)).newPage();
    await page.goto(`${agora.url}/login?next=${encodeURIComponent(path)}`);
    await logIn(page, who.name);
    await page.waitForURL(`${agora.url}${path}`);
    await isLive(page);
    return page;
  }

  const isLive = (page: Page) => page.locator("[data-connection='connected']").waitFor({ state: "attached" });
  const path = (channel: string) => `/channels/${garden.id}/${channel}`;
  const write = (who: Person, channel_id: string, content: string) => who.rest.sendMessage({ server_id: garden.id, channel_id, content });

  beforeAll(async () => {
    [ada, bob] = await Promise.all([newPerson("ada"), newPerson("bob")]);
    const { id, name, channels } = await ada.rest.createServer({ name: `Garden ${ada.name}` });
    const { code } = await ada.rest.createInvite({ server_id: id });
    await bob.rest.joinByInvite({ code });
    const photos = await ada.rest.createChannel({ server_id: id, name: "photos", kind: "text" });
    const archive = await ada.rest.createChannel({ server_id: id, name: "archive", kind: "text" });
    garden = { id, name, general: channels[0]!.id, photos: photos.id, archive: archive.id };
    await write(ada, garden.general, "Good morning");
    adaPage = await open(ada, path(garden.general));
    desk = await open(bob, path(garden.general));
    await line(desk, "Good morning").waitFor();
  });

  test("in a channel that one does not look at: the name says so, with mentions counted, and so do title and icon", async () => {
    expect(await desk.title()).toBe(`#general in ${garden.name} · Agora`);
    await write(ada, garden.photos, "a cat");
    await link(desk, "photos, unread").waitFor();
    await expect.poll(() => desk.title()).toBe(`• #general in ${garden.name} · Agora`);
    expect(await desk.locator("link[rel='icon']").getAttribute("href")).toMatch(/^data:image\/svg/);
    await write(ada, garden.photos, `<@${bob.id}> your cat?`);
    await link(desk, "photos, 1 unread mention").waitFor();
    await link(desk, `${garden.name}, 1 unread mention`).waitFor();
    await expect.poll(() => desk.title()).toBe(`(1) #general in ${garden.name} · Agora`);
  });

  test("on a phone the menu button says so", async () => {
    pocket = await open(bob, path(garden.general), { viewport: phone, colorScheme: "dark" });
    await pocket.getByRole("button", { name: "Servers and channels, 1 unread mention" }).waitFor();
  });

  test("stands below a line when one opens the channel, and reading it clears it on the other device", async () => {
    await link(desk, "photos, 1 unread mention").click();
    await line(desk, "2 new messages").waitFor();
    expect(await desk.locator("[data-seq].mention").allTextContents()).toEqual([expect.stringContaining(`@${bob.name} your cat?`)]);
    await link(desk, "photos").waitFor();
    await expect.poll(() => desk.title()).toBe(`#photos in ${garden.name} · Agora`);
    expect(await desk.locator("link[rel='icon']").getAttribute("href")).toMatch(/favicon\.svg$/);
    await pocket.getByRole("button", { name: "Servers and channels", exact: true }).waitFor();
  });

  test("the line stays while one reads, and is gone when one comes back", async () => {
    await write(ada, garden.photos, "another cat");
    await line(desk, "another cat").waitFor();
    expect(await line(desk, "2 new messages").count()).toBe(1);
    await link(desk, "general").click();
    await shown(desk, "Good morning").waitFor();
    await link(desk, "photos").click();
    await line(desk, "another cat").waitFor();
    expect(
      await desk
        .getByRole("log")
        .getByText(/new message/)
        .count(),
    ).toBe(0);
  });

  test("hundreds of messages back is a bar at the top, and a jump to where they begin", async () => {
    await link(desk, "general").click();
    await write(ada, garden.archive, "before all that");
    await bob.rest.markRead({ server_id: garden.id, channel_id: garden.archive, seq: 1 });
    for (let i = 1; i <= 260; i++) await write(ada, garden.archive, `page ${i}`);
    await link(desk, "archive, unread").click();
    await desk.getByRole("link", { name: /^260 new/ }).click();
    await line(desk, "260 new messages").waitFor();
    await line(desk, "page 1").waitFor();
    expect(await desk.evaluate(() => document.activeElement?.textContent)).toContain("260 new messages");
    expect(await desk.getByRole("button", { name: "Mark as read" }).count()).toBe(0);
    for (const text of ["before all that", "page 1", "page 2"]) {
      const box = (await line(desk, text).boundingBox())!;
      expect(box.y).toBeGreaterThan(0);
      expect(box.y).toBeLessThan(800);
    }
  });

  test("what comes while the tab is hidden stands below a line afterwards, and is not read before", async () => {
    await link(desk, "general").click();
    const hide = (isHidden: boolean) =>
      desk.evaluate((hidden) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (hidden ? "hidden" : "visible") });
        document.dispatchEvent(new Event("visibilitychange"));
      }, isHidden);
    await hide(true);
    await write(ada, garden.general, "said behind your back");
    await line(desk, "said behind your back").waitFor();
    await pocket.goto(`${agora.url}${path(garden.photos)}`);
    await pocket.getByRole("button", { name: "Servers and channels, unread" }).waitFor();
    await hide(false);
    await line(desk, "1 new message").waitFor();
    await pocket.getByRole("button", { name: "Servers and channels", exact: true }).waitFor();
    expect(await desk.title()).toBe(`#general in ${garden.name} · Agora`);
  });

  test("who is here, and who is writing", async () => {
    const members = adaPage.getByRole("complementary");
    await members.getByText("Here now — 2").waitFor();
    await composer(desk).pressSequentially("hm");
    await adaPage.getByText(`${bob.name} is writing…`).waitFor();
    await say(desk, `thanks @${ada.name}`);
    await line(adaPage, `@${ada.name}`).waitFor();
    expect(await adaPage.getByText(/is writing/).count()).toBe(0);
    await pocket.context().close();
    await desk.close();
    await members.getByText("Here now — 1").waitFor();
    await members.getByText("Away — 1").waitFor();
  });

  test("whoever is removed is told so, and nothing of the server stays", async () => {
    desk = await open(bob, path(garden.general));
    await composer(desk).fill("half a thought");
    const members = adaPage.getByRole("complementary");
    await members.getByText("Here now — 2").waitFor();
    await adaPage.getByRole("button", { name: `Remove ${bob.name} from the server` }).focus();
    await adaPage.keyboard.press("Enter");
    const dialog = adaPage.getByRole("dialog");
    await dialog.getByRole("button", { name: "Cancel" }).press("Tab");
    await adaPage.keyboard.press("Enter");
    await desk.waitForURL(`${agora.url}/channels`);
    await desk.getByText(`You were removed from ${garden.name}.`).waitFor();
    expect(await desk.getByText(/Good morning|half a thought/).count()).toBe(0);
    expect(await link(desk, new RegExp(garden.name)).count()).toBe(0);
    expect(await desk.evaluate(() => JSON.stringify(Object.keys(sessionStorage)))).not.toContain("agora:");
    await members.getByText("1 member").waitFor();
    await desk.goto(`${agora.url}${path(garden.general)}`);
    await desk.getByText("Nobody is here").waitFor();
  });
});
