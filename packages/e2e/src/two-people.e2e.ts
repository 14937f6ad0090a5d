import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, person, phone } from "./browser";
import { newDataFolder, startAgora, type AgoraProcess, type DataFolder } from "./server";
import { composer, createServer, joinAsNewcomer, makeInvite, newUsername, say, shown, signUp } from "./steps";

describe("two people, each in a browser of their own", () => {
  let data: DataFolder;
  let agora: AgoraProcess;
  let browser: Browser;
  let ada: Page;
  let bob: Page;
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];

  beforeAll(async () => {
    data = newDataFolder();
    [agora, browser] = await Promise.all([startAgora(data), launch()]);
    ada = await (await person(browser)).newPage();
    bob = await (await person(browser, { viewport: phone, colorScheme: "dark" })).newPage();
  });
  afterAll(async () => {
    await browser.close();
    await agora.stop();
    data.remove();
  });

  test("one signs up, creates a server and sends the link; the other joins by it", async () => {
    await ada.goto(agora.url);
    await ada.getByRole("link", { name: "Create account" }).click();
    await signUp(ada, adaName);
    await ada.waitForURL(/\/channels/);
    await createServer(ada, `Garden ${adaName}`);
    const link = await makeInvite(ada);
    expect(link).toMatch(/^http:\/\/localhost:\d+\/invite\/[0-9a-z]{13}$/);
    await joinAsNewcomer(bob, link, bobName);
    await ada.getByRole("complementary").getByText(bobName).waitFor();
  });

  test("messages go both ways live, once each, in one order", async () => {
    await say(ada, "Hello Bob");
    await shown(bob, "Hello Bob").waitFor();
    await say(bob, "Hello Ada,\nlovely garden");
    await shown(ada, /lovely garden/).waitFor();
    for (let i = 1; i <= 10; i++) await say(i % 2 ? ada : bob, `number ${i}`);
    for (const page of [ada, bob]) {
      await shown(page, "number 10").waitFor();
      await shown(page, "number 9").waitFor();
    }
    const numbers = (page: Page) =>
      page
        .getByRole("log")
        .getByText(/^number \d+$/)
        .allTextContents();
    await expect.poll(() => numbers(ada)).toHaveLength(10);
    expect(await numbers(bob)).toEqual(await numbers(ada));
    expect(new Set(await numbers(ada)).size).toBe(10);
  });

  test("what is written without a network waits, is said to wait, and is sent once when it is back", async () => {
    await ada.context().setOffline(true);
    await say(ada, "written in a tunnel");
    await ada
      .getByText(/offline/i)
      .first()
      .waitFor();
    await say(bob, "meanwhile");
    await ada.context().setOffline(false);
    await shown(bob, "written in a tunnel").waitFor({ timeout: 40_000 });
    await shown(ada, "meanwhile").waitFor({ timeout: 40_000 });
    for (const page of [ada, bob]) expect(await shown(page, "written in a tunnel").count()).toBe(1);
  });

  test("a connection that comes back and breaks again leaves the page as it is, with what was being written", async () => {
    const isAboutTheServer = /__data\.json|\/api\/servers\/srv_\w+(\/members.*)?$/;
    let asked = 0;
    await ada.route(isAboutTheServer, (route) => {
      asked++;
      return route.abort();
    });
    await composer(ada).fill("half a sentence");
    await agora.stop("SIGKILL");
    agora = await startAgora(data, { port: Number(new URL(agora.url).port) });
    await expect.poll(() => asked, { timeout: 40_000 }).toBeGreaterThan(0);
    await ada.unroute(isAboutTheServer);
    await say(bob, "are you there?");
    await shown(ada, "are you there?").waitFor({ timeout: 40_000 });
    expect(await composer(ada).inputValue()).toBe("half a sentence");
    await composer(ada).fill("");
  });

  test("everything is there after the process was killed, and both go on without a reload", async () => {
    const port = Number(new URL(agora.url).port);
    await agora.stop("SIGKILL");
    await say(ada, "said while the server was down");
    agora = await startAgora(data, { port });
    await shown(bob, "said while the server was down").waitFor({ timeout: 60_000 });
    expect(await shown(bob, "said while the server was down").count()).toBe(1);
    await say(bob, "back again");
    await shown(ada, "back again").waitFor({ timeout: 60_000 });

    await bob.reload();
    await shown(bob, "Hello Bob").waitFor();
    expect(await shown(bob, /^number \d+$/).count()).toBe(10);
    expect(await shown(bob, "written in a tunnel").count()).toBe(1);
  });

  test("a message of 4,001 characters is not taken, and is not lost either", async () => {
    const text = "x".repeat(4_001);
    await say(ada, text);
    expect(await composer(ada).inputValue()).toBe(text);
    await composer(ada).fill("");
  });

  test("markup in a message is text, and runs nothing", async () => {
    await bob.evaluate(() => Object.assign(window, { ran: false }));
    const evil = `<img src=x onerror="window.ran=true"><script>window.ran=true</script> javascript:window.ran=true`;
    await say(ada, evil);
    await shown(bob, /<img src=x/).waitFor();
    expect(await bob.evaluate(() => (window as unknown as { ran: boolean }).ran)).toBe(false);
    expect(await bob.getByRole("log").locator("img, script, a[href^='javascript:']").count()).toBe(0);
  });
});
