import type { Page, WebSocketRoute } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { shown } from "./steps";

describe("anonymous rooms", () => {
  const agora = oneAgora();
  let ann: Page;
  let bob: Page;
  let count = 0;
  const newRoom = () => `amber-otter-${Date.now().toString(36)}${count++}`;
  const room = newRoom();

  beforeAll(async () => {
    [ann, bob] = await Promise.all([newPage(), newPage()]);
  });

  async function newPage(): Promise<Page> {
    return (await person(agora.browser, { viewport: phone, bypassCSP: true })).newPage();
  }

  const nameField = (page: Page) => page.getByLabel("What people here call you");
  const composer = (page: Page) => page.getByRole("textbox", { name: /^Message / });
  const log = (page: Page) => page.getByRole("log");

  async function open(page: Page, name: string): Promise<void> {
    await page.goto(`${agora.url}/r/${name}`);
    await page.locator("button:enabled", { hasText: "Come in" }).waitFor();
  }

  async function enterAs(page: Page, alias: string): Promise<void> {
    await nameField(page).fill(alias);
    await page.getByRole("button", { name: "Come in" }).click();
  }

  async function say(page: Page, text: string): Promise<void> {
    await composer(page).fill(text);
    await composer(page).press("Enter");
  }

  test("two come in by the link, each under a name, and talk live", async () => {
    await open(ann, room);
    await ann.getByText("Nobody is here right now").waitFor();
    expect(await nameField(ann).inputValue()).toMatch(/^[a-z]+ [a-z]+$/);
    await enterAs(ann, "Ann");
    await composer(ann).waitFor();
    await open(bob, room);
    await bob.getByText("1 person is here").waitFor();
    await bob.getByText("Messages are gone after 24 hours").waitFor();
    await enterAs(bob, "Bob");
    await log(ann).getByText("Bob came in").waitFor();
    await say(ann, "Hello Bob");
    await shown(bob, "Hello Bob").waitFor();
    await say(bob, "**Hello** Ann");
    await shown(ann, "Hello").waitFor();
    expect(
      await log(ann)
        .locator("strong", { hasText: /^Hello$/ })
        .count(),
    ).toBe(1);
    await expect
      .poll(
        () =>
          composer(bob)
            .press("x")
            .then(() => ann.getByText("Bob is writing…").count()),
        { timeout: 20_000 },
      )
      .toBe(1);
    await composer(bob).fill("");
  });

  test("an answer stands under what it answers, and leads there", async () => {
    await log(bob).getByRole("button", { name: "Reply to Ann" }).first().click();
    await bob.getByText("Replying to Ann").waitFor();
    await say(bob, "and here I am");
    await shown(ann, "and here I am").waitFor();
    await log(ann)
      .getByRole("link", { name: /In reply to.*Hello Bob/ })
      .click();
    await expect.poll(() => ann.evaluate(() => document.activeElement?.id)).toBe("m-1");
  });

  test("who is here is a list", async () => {
    await ann.getByRole("button", { name: "2 people are here" }).click();
    const dialog = ann.getByRole("dialog", { name: "2 people are here" });
    await dialog.getByText("Bob").waitFor();
    expect(await dialog.getByRole("listitem").allTextContents()).toHaveLength(2);
    await ann.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  test("the link is there to copy, and as a QR code", async () => {
    await ann.getByRole("button", { name: "Share the room" }).click();
    const dialog = ann.getByRole("dialog", { name: "Share the room" });
    expect(await dialog.getByLabel("Link to this room").inputValue()).toBe(`${agora.url}/r/${room}`);
    await dialog.getByRole("img", { name: "The link as a QR code" }).waitFor();
    expect(await violationsInBothThemes(ann)).toEqual([]);
    await ann.keyboard.press("Escape");
    expect(await ann.evaluate(() => document.activeElement?.getAttribute("title"))).toBe("Share the room");
  });

  test("one leaves in one tap, is seen to leave, and comes back under the same name", async () => {
    await bob.getByRole("button", { name: "Leave" }).click();
    await bob.getByText("You have left.").waitFor();
    await log(ann).getByText("Bob left").waitFor();
    await ann.getByRole("button", { name: "1 person is here" }).waitFor();
    expect(await nameField(bob).inputValue()).toBe("Bob");
    await bob.getByRole("button", { name: "Come in" }).click();
    await shown(bob, "and here I am").waitFor();
    await log(ann).getByText("Bob is back").waitFor();
  });

  test("a reload comes in again as the same person, and shows what was said", async () => {
    await bob.reload();
    await bob.getByText("You are Bob").waitFor();
    await shown(bob, "and here I am").waitFor();
    await say(bob, "after the reload");
    await shown(ann, "after the reload").waitFor();
  });

  test("a name that somebody has is refused at the field, and another one is proposed", async () => {
    const cyd = await newPage();
    await open(cyd, room);
    await enterAs(cyd, "ANN");
    await cyd.getByText("Somebody here is called so already.").waitFor();
    expect(await nameField(cyd).getAttribute("aria-invalid")).toBe("true");
    expect(await cyd.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe("alias");
    expect(await violationsInBothThemes(cyd)).toEqual([]);
    await cyd.getByRole("button", { name: /^Take / }).click();
    await cyd.getByRole("button", { name: "Come in" }).click();
    await shown(cyd, "and here I am").waitFor();
    await cyd.context().close();
    await expect
      .poll(() =>
        log(ann)
          .getByText(/looked in/)
          .count(),
      )
      .toBe(1);
  });

  test("a code is asked for, a wrong one is refused at the field, and the right one opens", async () => {
    const locked = newRoom();
    await bob.goto(`${agora.url}/r`);
    await bob.getByLabel("Name of the room").fill(locked);
    await bob.getByLabel("Code").fill("open sesame");
    await bob.getByLabel("Messages are gone after").selectOption("1 hour");
    await bob.getByRole("button", { name: "Open the room" }).click();
    await bob.waitForURL(`${agora.url}/r/${locked}`);
    await bob.getByText("A room with a code").waitFor();
    await bob.getByText("Messages are gone after 1 hour").waitFor();
    const code = () => bob.getByLabel("Code of the room");
    await expect.poll(() => code().inputValue()).toBe("open sesame"); // who has opened it need not say it again
    expect(bob.url()).not.toContain("sesame");
    await bob.reload();
    await bob.locator("button:enabled", { hasText: "Come in" }).waitFor();
    expect(await code().inputValue()).toBe("");
    await code().fill("open barley");
    await bob.getByRole("button", { name: "Come in" }).click();
    await bob.getByText("That is not the code of this room.").waitFor();
    expect(await bob.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe("code");
    await bob.getByLabel("Code of the room").fill("open sesame");
    await bob.keyboard.press("Enter");
    await composer(bob).waitFor();
    await bob.reload();
    await bob.getByText("You are Bob").waitFor();
    await bob.getByRole("button", { name: "Leave" }).click();
    await bob.reload();
    expect(await bob.getByLabel("Code of the room").inputValue()).toBe("");
  });

  test("a name that a room has leads to that room", async () => {
    await bob.goto(`${agora.url}/r`);
    expect(await bob.getByLabel("Name of the room").inputValue()).toMatch(/^[a-z]+-[a-z]+-\d\d$/);
    await bob.getByLabel("Name of the room").fill(room.toUpperCase());
    await bob.getByRole("button", { name: "Open the room" }).click();
    await bob.getByText("There is a room of that name already.").waitFor();
    await bob.getByRole("link", { name: "Go to the room that is there" }).click();
    await bob.waitForURL(`${agora.url}/r/${room}`);
  });

  test("after thirty messages one clear notice says so, and the next is shown as held back until it goes out", async () => {
    const [dan, eve] = await inRoomTogether(newRoom(), "Dan", "Eve");
    for (let i = 1; i <= 31; i++) await say(dan, `number ${i}`);
    await dan.getByText(/goes out in \d+\ss/).waitFor();
    expect(
      await dan
        .getByRole("status")
        .getByText(/held back, and goes out by itself/)
        .count(),
    ).toBe(1);
    await shown(eve, "number 30").waitFor();
    expect(await log(eve).getByText("number 31").count()).toBe(0);
    expect(await violationsInBothThemes(dan)).toEqual([]);
    expect(await overflow(dan)).toBe(0);
    await say(eve, "I may still");
    await shown(dan, "I may still").waitFor();
    await shown(eve, "number 31").waitFor({ timeout: 75_000 });
    expect(await dan.getByText(/held back/i).count()).toBe(0);
    await Promise.all([dan.context().close(), eve.context().close()]);
  }, 150_000);

  test("a connection that breaks is said to be lost; when it is back what was missed is there, and what was written goes out once", async () => {
    const den = newRoom();
    const dan = await newPage();
    const sockets: WebSocketRoute[] = [];
    await dan.routeWebSocket(/\/ws/, (route) => {
      sockets.push(route);
      route.connectToServer();
    });
    const [, eve] = await inRoomTogether(den, "Dan", "Eve", dan);
    await say(dan, "before");
    await shown(eve, "before").waitFor();
    await dan.route("**/api/realtime/ticket", (route) => route.abort());
    await sockets.at(-1)?.close();
    await dan.getByText(/The connection was lost.*Next try in/).waitFor();
    await log(eve).getByText("Dan left").waitFor();
    await say(eve, "missed");
    await say(dan, "written in a tunnel");
    await log(dan).getByRole("img", { name: "Waiting to be sent" }).waitFor();
    await dan.unroute("**/api/realtime/ticket");
    for (const page of [dan, eve]) await shown(page, "written in a tunnel").waitFor({ timeout: 40_000 });
    await shown(dan, "missed").waitFor();
    await dan.getByText("The connection was lost.").waitFor({ state: "detached" });
    for (const page of [dan, eve])
      expect(
        await log(page)
          .getByText(/^(before|missed|written in a tunnel)$/)
          .allTextContents(),
      ).toEqual(["before", "missed", "written in a tunnel"]);
    await Promise.all([dan.context().close(), eve.context().close()]);
  });

  test("everything goes by the keyboard alone", async () => {
    const page = await newPage();
    await open(page, room);
    const focused = () =>
      page.evaluate(() => {
        const element = document.activeElement;
        return element && (element.textContent.trim() || element.getAttribute("title"));
      });
    const tabTo = async (name: string) => {
      for (let i = 0; i < 30 && (await focused()) !== name; i++) await page.keyboard.press("Tab");
      expect(await focused()).toBe(name);
    };
    await nameField(page).focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("Fay");
    await page.keyboard.press("Enter");
    await composer(page).waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("composer");
    await page.keyboard.type("by keys alone");
    await page.keyboard.press("Enter");
    await shown(ann, "by keys alone").waitFor();
    await page.locator("#room-name").focus();
    await tabTo("Share the room");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused()).toBe("Share the room");
    await page.locator("#m-1 button[title=Reply]").focus();
    await page.keyboard.press("Enter");
    await page.getByText("Replying to Ann").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("composer");
    await page.keyboard.press("Escape");
    await page.getByText("Replying to Ann").waitFor({ state: "detached" });
    await page.locator("#room-name").focus();
    await tabTo("Leave");
    await page.keyboard.press("Enter");
    await page.getByText("You have left.").waitFor();
    await page.context().close();
  });

  test("older messages come when one scrolls up to them", async () => {
    const den = newRoom();
    const [dan, eve] = await inRoomTogether(den, "Dan", "Eve");
    for (let i = 1; i <= 30; i++) await say(dan, `of Dan ${i}`);
    await shown(eve, "of Dan 30").waitFor();
    for (let i = 1; i <= 30; i++) await say(eve, `of Eve ${i}`);
    await shown(dan, "of Eve 30").waitFor();
    await dan.reload();
    await shown(dan, "of Eve 30").waitFor();
    expect(await shown(dan, "of Dan 1").count()).toBe(0);
    await log(dan).focus();
    await dan.keyboard.press("Home");
    await shown(dan, "of Dan 1").waitFor();
    await log(dan).getByText("Nothing older is here.").waitFor();
    await Promise.all([dan.context().close(), eve.context().close()]);
  }, 120_000);

  test.each([320, 390, 1280])(
    "door, room and the page to open one are whole and without faults at %i pixels in both themes",
    async (width) => {
      const page = await newPage();
      await page.setViewportSize({ width, height: 720 });
      for (const path of [`/r/${room}`, "/r"]) {
        await page.goto(agora.url + path, { waitUntil: "networkidle" });
        expect([path, await violationsInBothThemes(page), await overflow(page)]).toEqual([path, [], 0]);
      }
      await open(page, room);
      await enterAs(page, "a name of thirty-two characters!");
      await composer(page).waitFor();
      expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
      const box = await composer(page).boundingBox();
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(720);
      await page.context().close();
    },
  );

  test("without JavaScript the door says what the room is, and that talking needs it; a room can be opened", async () => {
    const page = await (await person(agora.browser, { viewport: phone, javaScriptEnabled: false })).newPage();
    await page.goto(`${agora.url}/r/${room}`);
    await page.getByText(/person is here|people are here/).waitFor();
    await page.getByText("Messages are gone after 24 hours").waitFor();
    const notice = page.locator("noscript .notice");
    await notice.waitFor();
    expect(await notice.textContent()).toContain("To talk here, switch JavaScript on");
    expect(await page.getByRole("button", { name: "Come in" }).count()).toBe(0);
    const made = newRoom();
    await page.goto(`${agora.url}/r`);
    await page.getByLabel("Name of the room").fill(`-${made}`);
    await page.getByRole("button", { name: "Open the room" }).click();
    await page.getByText(/This must consist of/).waitFor();
    expect(await page.getByLabel("Name of the room").inputValue()).toBe(`-${made}`);
    await page.getByLabel("Name of the room").fill(made);
    await page.getByLabel("Messages are gone after").selectOption("6 hours");
    await page.getByRole("button", { name: "Open the room" }).click();
    await page.waitForURL(`${agora.url}/r/${made}`);
    await page.getByText("Messages are gone after 6 hours").waitFor();
    await page.context().close();
  });

  test("what can be no name of a room is a page that says so", async () => {
    const page = await newPage();
    const answer = await page.goto(`${agora.url}/r/-x-`);
    expect(answer?.status()).toBe(404);
    await page.getByText("There can be no room of that name.").waitFor();
    await page.context().close();
  });

  /** Two newcomers in a room. */
  async function inRoomTogether(name: string, first: string, second: string, page?: Page): Promise<[Page, Page]> {
    const pages: [Page, Page] = [page ?? (await newPage()), await newPage()];
    for (const [index, alias] of [first, second].entries()) {
      const one = pages[index] ?? ann;
      await open(one, name);
      await enterAs(one, alias);
      await composer(one).waitFor();
    }
    return pages;
  }
});
