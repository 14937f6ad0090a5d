import { createRest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflow, slips, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { createServer, makeInvite, newUsername, PASSWORD, say, shown, signUp } from "./steps";

describe("axe finds nothing wrong with any page", () => {
  const agora = oneAgora();
  let cookies: Awaited<ReturnType<ReturnType<Page["context"]>["cookies"]>>;
  const addresses: Record<string, string> = {};

  beforeAll(async () => {
    const page = await (await person(agora.browser)).newPage();
    await page.goto(`${agora.url}/register`);
    const name = newUsername("axe");
    await signUp(page, name);
    await page.waitForURL(/\/channels/);
    await createServer(page, `Axe ${newUsername("s")}`);
    await say(page, "Something to look at, with a link: https://example.org");
    await shown(page, /Something to look at/).waitFor();
    const link = await makeInvite(page);
    cookies = await page.context().cookies();
    const channel = new URL(page.url()).pathname;
    const of = (last: string) => channel.replace(/\/[^/]+$/, last);
    Object.assign(addresses, { channel, invite: new URL(link).pathname, invitePage: of("/invite"), leave: of("/leave") });
    await somethingNew(name, link);
  });

  /** Somebody joins, and names the first one in a channel that they do not look at. */
  async function somethingNew(name: string, link: string) {
    const anonymous = createRest({ baseUrl: `${agora.url}/api` });
    const owner = await anonymous.login({ email: `${name}@example.org`, password: PASSWORD });
    const guest = newUsername("guest");
    const { token } = await anonymous.register({ email: `${guest}@example.org`, username: guest, password: PASSWORD });
    const rest = createRest({ baseUrl: `${agora.url}/api`, token });
    const { id: server_id } = await rest.joinByInvite({ code: link.split("/").at(-1)! });
    const owners = createRest({ baseUrl: `${agora.url}/api`, token: owner.token });
    const { id: channel_id } = await owners.createChannel({ server_id, name: "news", kind: "text" });
    await rest.sendMessage({ server_id, channel_id, content: `<@${owner.user.id}> hello` });
    await owners.createKey({ name: "A bot with a name", scopes: ["messages:read", "messages:write", "topics:read", "topics:write"] });
    addresses["news"] = `/channels/${server_id}/${channel_id}`;
  }

  const pages = [
    { name: "landing", path: () => "/", isLoggedIn: false },
    { name: "log in", path: () => "/login", isLoggedIn: false },
    { name: "sign up", path: () => "/register", isLoggedIn: false },
    { name: "invite, without an account", path: () => addresses["invite"], isLoggedIn: false },
    { name: "invite that does not exist", path: () => "/invite/0000000000000", isLoggedIn: false },
    { name: "invite, as a member", path: () => addresses["invite"], isLoggedIn: true },
    { name: "your servers", path: () => "/channels", isLoggedIn: true },
    { name: "channel", path: () => addresses["channel"], isLoggedIn: true },
    { name: "channel with something new", path: () => addresses["news"], isLoggedIn: true },
    { name: "leave a server", path: () => addresses["leave"], isLoggedIn: true },
    { name: "where one is logged in", path: () => "/account/sessions", isLoggedIn: true },
    { name: "access keys", path: () => "/account/keys", isLoggedIn: true },
    { name: "topics", path: () => "/account/topics", isLoggedIn: true },
    { name: "invite dialog", path: () => addresses["channel"], isLoggedIn: true, open: "Invite people" },
    { name: "invite, as a page", path: () => addresses["invitePage"], isLoggedIn: true },
    { name: "join with a password", path: () => "/join", isLoggedIn: true },
    { name: "discover", path: () => "/discover", isLoggedIn: true },
    { name: "not found", path: () => "/nothing-here", isLoggedIn: false },
  ];

  for (const [size, viewport] of Object.entries({ phone, desktop })) {
    test.each(pages)(`$name, ${size}`, async ({ path, isLoggedIn, open }) => {
      const context = await person(agora.browser, { viewport, reducedMotion: "reduce", bypassCSP: true });
      if (isLoggedIn) await context.addCookies(cookies);
      const page = await context.newPage();
      await page.goto(`${agora.url}${path()}`);
      if (open) {
        await page.waitForLoadState("networkidle"); // before the script is there the link leads to a page of its own
        await page.getByRole("link", { name: open }).click();
        await page.getByRole("dialog").waitFor();
      }
      expect(await violationsInBothThemes(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      expect(await slips(page)).toEqual([]);
      await context.close();
    });
  }
});
