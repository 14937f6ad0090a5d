import { createRest, type Rest } from "@agora/sdk";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { overflow, violations } from "./axe";
import { launch, person, phone } from "./browser";
import { newDataFolder, startAgora, type AgoraProcess, type DataFolder } from "./server";
import { composer, createServer, joinAsNewcomer, logIn, makeInvite, newUsername, PASSWORD, say, shown, signUp } from "./steps";

describe("what is done with messages", () => {
  let data: DataFolder;
  let agora: AgoraProcess;
  let browser: Browser;
  let ada: Page;
  let bob: Page;
  let rest: Rest;
  let path: { server_id: string; channel_id: string };
  let bobId: string;
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];

  beforeAll(async () => {
    data = newDataFolder();
    [agora, browser] = await Promise.all([startAgora(data), launch()]);
    ada = await (await person(browser, { bypassCSP: true, reducedMotion: "reduce" })).newPage();
    bob = await (await person(browser, { viewport: phone, hasTouch: true, bypassCSP: true, reducedMotion: "reduce" })).newPage();
    await ada.goto(`${agora.url}/register`);
    await signUp(ada, adaName);
    await ada.waitForURL(/\/channels/);
    await createServer(ada, `Court ${adaName}`);
    await joinAsNewcomer(bob, await makeInvite(ada), bobName);
    const [, , server_id = "", channel_id = ""] = new URL(ada.url()).pathname.split("/");
    path = { server_id, channel_id };
    const baseUrl = `${agora.url}/api`;
    const { token } = await createRest({ baseUrl }).login({ email: `${adaName}@example.org`, password: PASSWORD });
    rest = createRest({ baseUrl, token });
    const { members } = await rest.listMembers({ server_id });
    bobId = members.find(({ user }) => user.username === bobName)?.user_id ?? "";
  });
  afterAll(async () => {
    await browser.close();
    await agora.stop();
    data.remove();
  });

  const row = (page: Page, text: string) => page.getByRole("log").getByRole("listitem").filter({ hasText: text });
  async function open(page: Page, text: string) {
    await row(page, text).hover();
    await row(page, text).getByRole("button", { name: /^Actions/ }).click(); // prettier-ignore
  }
  async function isSound(page: Page) {
    expect([await violations(page), await overflow(page)]).toEqual([[], 0]);
  }
  const setSlowMode = (slow_mode_seconds: number) => rest.updateChannel({ ...path, slow_mode_seconds });
  const timeOut = (ms: number) =>
    rest.updateMember({ server_id: path.server_id, user_id: bobId, timeout_until: ms === 0 ? null : Date.now() + ms });

  test("an own message goes at once, for everybody who looks, and leaves a line in its place", async () => {
    for (const text of ["first", "second", "third"]) await say(bob, text);
    await shown(ada, "third").waitFor();
    await open(bob, "second");
    expect(await bob.getByRole("button", { name: /^Report/ }).count()).toBe(0);
    await bob.getByRole("button", { name: "Delete", exact: true }).click();
    for (const page of [ada, bob]) await shown(page, "This message was deleted").waitFor();
    const lines = await ada.getByRole("log").getByRole("listitem").allInnerTexts();
    const places = ["first", "deleted", "third"].map((text) => lines.findIndex((line) => line.includes(text)));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(await shown(ada, "second").count()).toBe(0);
    await expect.poll(() => composer(bob).evaluate((field) => field === document.activeElement)).toBe(true);
  });

  test("a moderator is asked first, by keyboard too; neighbours become one line", async () => {
    const button = row(ada, "third").getByRole("button", { name: /^Actions/ });
    await button.focus();
    await expect.poll(() => button.evaluate((element) => getComputedStyle(element).opacity)).toBe("1");
    await ada.keyboard.press("Enter");
    const first = ada.getByRole("group", { name: "React" }).getByRole("button").first();
    await expect.poll(() => first.evaluate((element) => element === document.activeElement)).toBe(true);
    await ada.keyboard.press("Escape");
    await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
    await ada.keyboard.press("Enter");
    await ada.getByRole("button", { name: "Delete…" }).click();
    const dialog = ada.getByRole("dialog");
    await isSound(ada);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    await shown(ada, "third").waitFor();
    await open(ada, "third");
    await ada.getByRole("button", { name: "Delete…" }).click();
    await dialog.getByRole("button", { name: "Delete" }).click();
    for (const page of [ada, bob]) await shown(page, "2 messages were deleted").waitFor();
  });

  test("whoever opens the menu of another message has that one", async () => {
    for (const text of ["one of them", "the other"]) await say(bob, text);
    await shown(ada, "the other").waitFor();
    const linkOf = () => ada.getByRole("link", { name: "Copy link" }).getAttribute("href");
    await open(ada, "one of them");
    const first = await linkOf();
    await open(ada, "the other");
    await expect.poll(linkOf).not.toBe(first);
    expect(await ada.getByRole("link", { name: "Copy link" }).count()).toBe(1);
    const expanded = ada.getByRole("log").getByRole("button", { expanded: true });
    expect(await expanded.getAttribute("aria-label")).toContain(bobName);
    expect(await expanded.count()).toBe(1);
    await composer(ada).click(); // anywhere else
    await expect.poll(() => expanded.count()).toBe(0);
    await expect.poll(() => composer(ada).evaluate((field) => field === document.activeElement)).toBe(true);
  });

  test("somebody else's message can be reported, with a reason, and not deleted", async () => {
    await say(ada, "rude");
    await shown(bob, "rude").waitFor();
    await open(bob, "rude");
    expect(await bob.getByRole("button", { name: /^Delete/ }).count()).toBe(0);
    await isSound(bob);
    await bob.getByRole("button", { name: "Report…" }).click();
    await bob.getByLabel(/What is wrong/).fill("it hurts");
    await isSound(bob);
    await bob.getByRole("button", { name: "Report", exact: true }).click();
    await bob.getByText(/moderators of this server can see it/).waitFor();
    await bob.getByRole("button", { name: "Close" }).click();
    const { reports } = await rest.listReports({ server_id: path.server_id });
    expect(reports.map(({ reason, message }) => [reason, message.content])).toEqual([["it hurts", "rude"]]);
  });

  test("what was deleted in a break is seen when it is over", async () => {
    for (const text of ["stays", "goes meanwhile"]) await say(ada, text);
    await shown(bob, "goes meanwhile").waitFor();
    await bob.context().route("**/realtime/ticket", (route) => route.abort()); // until then there is no way back
    await agora.stop();
    agora = await startAgora(data, { port: Number(new URL(agora.url).port) });
    const { messages } = await rest.listMessages({ ...path, limit: 1 });
    await rest.deleteMessage({ ...path, seq: String(messages[0]?.seq) });
    await shown(ada, "goes meanwhile").waitFor({ state: "hidden", timeout: 40_000 });
    await shown(bob, "goes meanwhile").waitFor();
    await bob.context().unroute("**/realtime/ticket");
    await shown(bob, "goes meanwhile").waitFor({ state: "hidden", timeout: 40_000 });
    await shown(bob, "stays").waitFor();
  });

  test("a link to a message leads to it", async () => {
    await open(ada, "stays");
    const href = await ada.getByRole("link", { name: /Cop/ }).getAttribute("href");
    await ada.keyboard.press("Escape");
    const other = await ada.context().newPage();
    await other.goto(`${agora.url}${href}`);
    // What was said before it is loaded above, sooner or later: the message stays where the link led.
    const target = other.getByRole("log").locator("li:target");
    await target.getByText("stays").waitFor();
    await shown(other, "rude").waitFor();
    expect(await target.evaluate((row) => row.getBoundingClientRect().bottom <= innerHeight && row.getBoundingClientRect().top >= 0)).toBe(
      true,
    );
    await other.close();
  });

  test("slow mode says so, holds back the next message, and sends it when the time is over", async () => {
    await setSlowMode(5);
    await bob.getByText("Slow mode: one message every 5 s").waitFor();
    expect(await ada.getByText(/Slow mode/).count()).toBe(0);
    await say(bob, "quick one");
    await say(bob, "quick two");
    await bob.getByText(/Slow mode: your message goes out in [1-5] s/).waitFor();
    await isSound(bob);
    await shown(ada, "quick one").waitFor();
    expect(await shown(ada, "quick two").count()).toBe(0);
    await shown(ada, "quick two").waitFor({ timeout: 10_000 });
    await bob.getByText("Slow mode: one message every 5 s").waitFor();
    expect(await shown(bob, "quick two").count()).toBe(1);
  });

  test("without a script slow mode is a sentence, and what was written stays", async () => {
    const page = await (await person(browser, { javaScriptEnabled: false })).newPage();
    await page.goto(ada.url());
    await logIn(page, bobName);
    await page.waitForURL(/\/channels\/srv_/);
    await setSlowMode(60);
    for (const text of ["by hand", "too soon"]) {
      await composer(page).fill(text);
      await page.getByRole("button", { name: "Send message" }).click();
    }
    await page.getByText(/Your next message can go out in/).waitFor();
    expect(await composer(page).inputValue()).toBe("too soon");
    expect(await page.getByRole("button", { name: /^Actions/ }).count()).toBe(0);
    await page.context().close();
    await setSlowMode(0);
  });

  test("a time-out takes the place of the field, says until when, and ends by itself; what was being written stays", async () => {
    await composer(bob).fill("half a thought");
    await timeOut(6_000);
    await bob.getByText(/You are in a time-out/).waitFor();
    expect(await composer(bob).count()).toBe(0);
    await composer(bob).waitFor({ timeout: 15_000 });
    expect(await composer(bob).inputValue()).toBe("half a thought");
    await timeOut(60_000);
    await bob.getByText(/You are in a time-out/).waitFor();
    await timeOut(0);
    await composer(bob).waitFor();
    await say(bob, "back again");
    await shown(ada, "back again").waitFor();
  });

  test("who may not write is told so, and may again when that has changed", async () => {
    const { roles } = await rest.getServer({ server_id: path.server_id });
    const everyone = roles.at(-1)!;
    const permissions = (given: typeof everyone.permissions) =>
      rest.updateRole({ server_id: path.server_id, role_id: everyone.id, permissions: given });
    await permissions(everyone.permissions.filter((permission) => permission !== "send_messages"));
    await bob.getByText("You can read here, but not write.").waitFor();
    await isSound(bob);
    await permissions(everyone.permissions);
    await composer(bob).waitFor();
  });
});
