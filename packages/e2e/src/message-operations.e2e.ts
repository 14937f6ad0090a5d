import { createRest, type Rest } from "@agora/sdk";
import type { Locator, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { composer, createServer, joinAsNewcomer, makeInvite, newUsername, PASSWORD, say, shown, signUp } from "./steps";

describe("answering, changing, reacting and pinning", () => {
  const agora = oneAgora();
  let ada: Page;
  let bob: Page;
  let rest: Rest;
  let path: { server_id: string; channel_id: string };
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];

  beforeAll(async () => {
    ada = await (await person(agora.browser, { bypassCSP: true, reducedMotion: "reduce" })).newPage();
    bob = await (await person(agora.browser, { viewport: phone, hasTouch: true, bypassCSP: true, reducedMotion: "reduce" })).newPage();
    await ada.goto(`${agora.url}/register`);
    await signUp(ada, adaName);
    await ada.waitForURL(/\/channels/);
    await createServer(ada, `Lab ${adaName}`);
    await joinAsNewcomer(bob, await makeInvite(ada), bobName);
    const [, , server_id = "", channel_id = ""] = new URL(ada.url()).pathname.split("/");
    path = { server_id, channel_id };
    const baseUrl = `${agora.url}/api`;
    const { token } = await createRest({ baseUrl }).login({ email: `${adaName}@example.org`, password: PASSWORD });
    rest = createRest({ baseUrl, token });
  });

  const row = (page: Page, text: string) => page.getByRole("log").locator("li[data-seq]").filter({ hasText: text });
  const menu = (page: Page) => page.getByRole("dialog", { name: /^Actions for/ });
  async function open(page: Page, text: string) {
    await row(page, text).hover();
    await row(page, text).getByRole("button", { name: /^Actions/ }).click(); // prettier-ignore
    await menu(page).waitFor();
  }
  const hasFocus = (target: Locator) =>
    expect.poll(() => target.evaluate((element) => element === document.activeElement), { timeout: 20_000 }).toBe(true);
  async function isSound(page: Page) {
    expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
  }
  const editor = (page: Page) => page.getByRole("textbox", { name: "Your message" });
  const pins = (page: Page) => page.getByRole("button", { name: "Pinned messages" });

  test("a reply says what it answers, on both sides and after a reload, and leads there", async () => {
    await say(ada, "Who brings the **telescope**?");
    for (let i = 1; i <= 60; i++) await rest.sendMessage({ ...path, content: `filler ${i}` });
    await shown(bob, "filler 60").waitFor();
    await bob.reload();
    await shown(bob, "filler 60").waitFor();
    await open(bob, "filler 60");
    await bob.getByRole("group", { name: "React" }).waitFor();
    await isSound(bob);
    await bob.getByRole("button", { name: "Reply" }).click();
    await bob.getByText("Replying to").waitFor();
    await hasFocus(composer(bob));
    await isSound(bob);
    await bob.keyboard.press("Escape");
    await bob.getByText("Replying to").waitFor({ state: "hidden" });

    await rest.sendMessage({ ...path, content: "I do", reply_to: 1 });
    for (const page of [ada, bob]) await row(page, "I do").getByRole("link", { name: /In reply to.*telescope/ }).waitFor(); // prettier-ignore
    await row(bob, "I do").getByRole("link", { name: /telescope/ }).click(); // prettier-ignore
    const original = bob.locator("#m-1");
    await hasFocus(original);
    expect(await original.innerText()).toContain("telescope");
  });

  test("what is written as a reply is sent as one, from the toolbar that stands beside a message", async () => {
    await row(ada, "I do").hover();
    await row(ada, "I do").getByRole("button", { name: "Reply" }).click();
    await say(ada, "Thank you!");
    await ada.getByText("Replying to").waitFor({ state: "hidden" });
    await bob.goto(ada.url());
    await row(bob, "Thank you!").getByRole("link", { name: /In reply to.*I do/ }).waitFor(); // prettier-ignore
    await say(ada, "Not a reply");
    await shown(bob, "Not a reply").waitFor();
    expect(await row(bob, "Not a reply").getByRole("link").count()).toBe(0);
  });

  test("ArrowUp changes what one said last; Escape leaves it, Enter saves it, and everybody sees that it was edited", async () => {
    await composer(ada).focus();
    await ada.keyboard.press("ArrowUp");
    await hasFocus(editor(ada));
    expect(await editor(ada).inputValue()).toBe("Not a reply");
    await isSound(ada);
    await ada.keyboard.type(" at all");
    await ada.keyboard.press("Escape");
    await hasFocus(composer(ada));
    await shown(ada, "Not a reply").waitFor();

    await ada.keyboard.press("ArrowUp");
    await editor(ada).fill("A reply");
    await ada.keyboard.press("Shift+Enter");
    await ada.keyboard.type("of two lines");
    await ada.keyboard.press("Enter");
    await hasFocus(composer(ada));
    for (const page of [ada, bob]) {
      await row(page, "of two lines").getByText("(edited", { exact: false }).waitFor();
      expect(await shown(page, "Not a reply").count()).toBe(0);
    }
    expect(await ada.getByRole("log").getByText("(edited", { exact: false }).count()).toBe(1);
  });

  test("nobody changes what others said, and a mention that is changed stays one", async () => {
    await open(bob, "of two lines");
    expect(await bob.getByRole("button", { name: "Edit", exact: true }).count()).toBe(0);
    await bob.keyboard.press("Escape");
    await menu(bob).waitFor({ state: "hidden" });
    await say(ada, `@${bobName} look up`);
    await row(bob, "look up").waitFor();
    await composer(ada).press("ArrowUp");
    expect(await editor(ada).inputValue()).toBe(`@${bobName} look up`);
    await editor(ada).fill(`@${bobName} look down`);
    await editor(ada).press("Enter");
    await row(bob, "look down").waitFor();
    const { messages } = await rest.listMessages({ ...path, limit: "1" });
    expect([messages[0]?.content, messages[0]?.mentions.length]).toEqual([expect.stringMatching(/^<@usr_\w+> look down$/), 1]);
  });

  test("words that are all taken away are asked about, and the message is deleted", async () => {
    await say(ada, "to be emptied");
    await row(bob, "to be emptied").waitFor();
    await composer(ada).press("ArrowUp");
    await editor(ada).fill("");
    await editor(ada).press("Enter");
    await isSound(ada);
    await ada.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await row(bob, "to be emptied").waitFor({ state: "hidden" });
    await ada.getByRole("dialog").waitFor({ state: "hidden" }); // others may know of it before its answer is there
  });

  test("reactions are counted for all, each sees their own, and a click takes them back", async () => {
    await say(ada, "Shall we?");
    await open(bob, "Shall we?");
    await bob.getByRole("group", { name: "React" }).getByRole("button", { name: /👍/ }).click(); // prettier-ignore
    const thumb = (page: Page) => row(page, "Shall we?").getByRole("button", { name: /^👍 \d+ reaction/ });
    await expect.poll(() => thumb(bob).getAttribute("aria-pressed")).toBe("true");
    expect(await thumb(ada).getAttribute("aria-pressed")).toBe("false");
    await thumb(ada).click();
    for (const page of [ada, bob]) {
      await expect.poll(() => thumb(page).innerText()).toMatch(/2/);
      expect(await thumb(page).getAttribute("aria-pressed")).toBe("true");
      await isSound(page);
    }
    await ada.reload();
    await expect.poll(() => thumb(ada).getAttribute("aria-label")).toBe("👍 2 reactions, by you and 1 other");
    await thumb(bob).focus();
    await bob.keyboard.press("Space");
    await expect.poll(() => thumb(ada).innerText()).toMatch(/1/);
    expect(await thumb(bob).getAttribute("aria-pressed")).toBe("false");
  });

  test("whoever looks for another reaction finds it by name, and each click on it counts once", async () => {
    await row(ada, "Shall we?").hover();
    await row(ada, "Shall we?").getByRole("button", { name: "Another reaction" }).click();
    await ada.getByRole("searchbox", { name: "Find an emoji" }).fill("fox");
    await ada.keyboard.press("Enter");
    for (const page of [ada, bob]) await row(page, "Shall we?").getByRole("button", { name: /^🦊 1 reaction/ }).waitFor(); // prettier-ignore
    await row(bob, "Shall we?").getByRole("button", { name: "Add a reaction" }).click();
    await bob.getByRole("searchbox", { name: "Find an emoji" }).fill("fox");
    await bob.keyboard.press("Enter");
    await row(ada, "Shall we?").getByRole("button", { name: /^🦊 2 reactions/ }).waitFor(); // prettier-ignore
  });

  test("a reaction that is refused is taken back, and it is said why", async () => {
    await bob.route(/\/reactions\//, (route) =>
      route.fulfill({ status: 429, json: { error: "That was too often.", code: "limit.reactions", request_id: "r" } }),
    );
    const heart = row(bob, "Shall we?").getByRole("button", { name: /^❤️ \d/ });
    await open(bob, "Shall we?");
    await bob.getByRole("group", { name: "React" }).getByRole("button", { name: /❤️/ }).click(); // prettier-ignore
    await bob.getByRole("alert").getByText("That was too often.").waitFor();
    expect(await heart.count()).toBe(0);
    await bob.unroute(/\/reactions\//);
    await bob.getByRole("alert").getByRole("button", { name: "Close" }).click();
  });

  test("who moderates pins, everybody finds it in the list, goes there, and a deleted one is gone", async () => {
    await open(bob, "Thank you!");
    expect(await bob.getByRole("button", { name: "Pin", exact: true }).count()).toBe(0);
    await bob.keyboard.press("Escape");
    await pins(bob).click();
    await bob.getByText("Nothing is pinned yet").waitFor();
    await bob.keyboard.press("Escape");
    await open(ada, "Shall we?");
    await ada.getByRole("button", { name: "Pin", exact: true }).click();
    await row(bob, "Shall we?").getByText("Pinned").waitFor();
    await rest.pinMessage({ ...path, seq: "1" });
    await pins(bob).click();
    const list = bob.getByRole("dialog", { name: /^Pinned in/ });
    await expect.poll(() => list.getByRole("listitem").count()).toBe(2);
    await isSound(bob);
    expect(await list.getByRole("button", { name: /^Unpin/ }).count()).toBe(0);
    await list.getByRole("link", { name: /^Show/ }).last().click(); // prettier-ignore
    await hasFocus(bob.locator("#m-1"));
    await pins(ada).click();
    const own = ada.getByRole("dialog", { name: /^Pinned in/ });
    await isSound(ada);
    await own.getByRole("button", { name: /^Unpin/ }).first().click(); // prettier-ignore
    await expect.poll(() => own.getByRole("listitem").count()).toBe(1);
    await rest.deleteMessage({ ...path, seq: "1" });
    await ada.keyboard.press("Escape");
    await pins(ada).click();
    await ada.getByText("Nothing is pinned yet").waitFor();
    await ada.keyboard.press("Escape");
  });

  test("without JavaScript what was done is there to be read", async () => {
    const context = await person(agora.browser, { javaScriptEnabled: false, storageState: await ada.context().storageState() });
    const page = await context.newPage();
    await page.goto(`${agora.url}/channels/${path.server_id}/${path.channel_id}`);
    await page.getByText("(edited", { exact: false }).first().waitFor();
    await page.getByRole("link", { name: /In reply to.*I do/ }).waitFor();
    await page.getByText("👍").first().waitFor();
    await context.close();
  });
});
