import { createRest } from "@agora/sdk";
import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflow, slips, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { logIn, newUsername, PASSWORD } from "./steps";

const HOUR_MS = 3_600_000;

describe("axe finds nothing wrong with the pages for running a server", () => {
  const agora = oneAgora();
  let cookies: { owner: Cookies; moderator: Cookies; member: Cookies };
  const ids: Record<"server" | "channel" | "role" | "member", string> = { server: "", channel: "", role: "", member: "" };

  type Cookies = Awaited<ReturnType<BrowserContext["cookies"]>>;

  async function account(name: string) {
    const anonymous = createRest({ baseUrl: `${agora.url}/api` });
    const { token, user } = await anonymous.register({ email: `${name}@example.org`, username: name, password: PASSWORD });
    return { rest: createRest({ baseUrl: `${agora.url}/api`, token }), id: user.id, name };
  }

  async function cookiesOf(name: string): Promise<Cookies> {
    const context = await person(agora.browser);
    const page = await context.newPage();
    await page.goto(`${agora.url}/login`);
    await logIn(page, name);
    await page.waitForURL(/\/channels/);
    const cookies = await context.cookies();
    await context.close();
    return cookies;
  }

  /** A server in which there is something on every page. */
  beforeAll(async () => {
    const [owner, moderator, member, banned] = await Promise.all(
      ["owner", "moderator", "member", "banned"].map((n) => account(newUsername(n))),
    );
    const { rest } = owner!;
    const { id: server_id, channels } = await rest.createServer({ name: `Axe ${owner!.name}` });
    await rest.updateServer({ server_id, description: "A server to look at.\nIn two lines.", discoverable: true });
    const { code } = await rest.createInvite({ server_id, max_uses: 10, expires_in_hours: 24 });
    for (const { rest } of [moderator!, member!, banned!]) await rest.joinByInvite({ code });
    const role = await rest.createRole({
      server_id,
      name: "Moderators",
      color: "#7c5ce0",
      permissions: ["manage_roles", "moderate_members", "moderate_messages"],
    });
    await rest.createRole({ server_id, name: "Beginners" });
    await rest.updateMember({ server_id, user_id: moderator!.id, role_ids: [role.id] });
    await rest.updateMember({ server_id, user_id: member!.id, nickname: "Somebody", timeout_until: Date.now() + HOUR_MS });
    const channel = await rest.createChannel({
      server_id,
      name: "committee",
      kind: "text",
      category: "Inside",
      topic: "Behind closed doors",
      slow_mode_seconds: 30,
      private: true,
      allowed_role_ids: [role.id],
      allowed_user_ids: [moderator!.id],
    });
    const general = { server_id, channel_id: channels[0]!.id };
    const { seq } = await banned!.rest.sendMessage({ ...general, content: "Look at https://example.org" });
    await moderator!.rest.reportMessage({ ...general, seq: String(seq), reason: "An advertisement" });
    await rest.ban({ server_id, user_id: banned!.id, reason: "Advertising" });
    await rest.createPassword({ server_id, password: "tulips and daffodils", label: "Open day", expires_in_hours: 24 });
    Object.assign(ids, { server: server_id, channel: channel.id, role: role.id, member: member!.id });
    const [ownerCookies, moderatorCookies, memberCookies] = [owner!, moderator!, member!].map(({ name }) => cookiesOf(name));
    cookies = { owner: await ownerCookies!, moderator: await moderatorCookies!, member: await memberCookies! };
  });

  /** Opens what asks once more: a dialog. */
  const ask = (label: string) => async (page: Page) => {
    await page.waitForLoadState("networkidle");
    await page.locator("summary", { hasText: label }).first().click();
    await page.getByRole("dialog").waitFor();
  };
  /** Sends a form that is refused. */
  const refuse = (field: string, button: string) => async (page: Page) => {
    await page.getByLabel(field, { exact: true }).fill(" ");
    await page.getByRole("button", { name: button }).click();
    await page.getByRole("alert").waitFor();
  };
  const openNav = async (page: Page) => {
    const button = page.locator("[popovertarget=sections]");
    if (await button.isVisible()) await button.click();
  };

  const pages: { name: string; section: () => string; who?: keyof typeof cookies; act?: (page: Page) => Promise<void> }[] = [
    { name: "overview", section: () => "overview" },
    { name: "overview, refused", section: () => "overview", act: refuse("Name", "Save changes") },
    { name: "delete the server?", section: () => "overview", act: ask("Delete server") },
    { name: "hand the server over?", section: () => "overview", act: ask("Transfer ownership") },
    { name: "channels", section: () => "channels" },
    { name: "new channel", section: () => "channels/new" },
    { name: "a channel", section: () => `channels/${ids.channel}` },
    { name: "roles", section: () => "roles" },
    { name: "roles, of which some are locked", section: () => "roles", who: "moderator" },
    { name: "new role, with permissions that are locked", section: () => "roles/new", who: "moderator" },
    { name: "a role", section: () => `roles/${ids.role}` },
    { name: "members", section: () => "members" },
    { name: "members, and nobody found", section: () => "members?q=zzz" },
    { name: "a member", section: () => `members/${ids.member}` },
    { name: "ban a member?", section: () => `members/${ids.member}`, act: ask("Ban") },
    { name: "a member whom one cannot change", section: () => `members/${ids.member}`, who: "member" },
    { name: "invites", section: () => "invites" },
    { name: "passwords", section: () => "passwords" },
    { name: "bans", section: () => "bans" },
    { name: "reports", section: () => "reports" },
    { name: "audit log", section: () => "audit" },
    { name: "the list of sections", section: () => "", who: "member", act: openNav },
  ];

  for (const [size, viewport] of Object.entries({ phone, desktop })) {
    test.each(pages)(`$name, ${size}`, async ({ section, who = "owner", act }) => {
      const context = await person(agora.browser, { viewport, reducedMotion: "reduce", bypassCSP: true });
      await context.addCookies(cookies[who]);
      const page = await context.newPage();
      await page.goto(`${agora.url}/channels/${ids.server}/settings/${section()}`);
      await act?.(page);
      expect(await violationsInBothThemes(page)).toEqual([]);
      expect(await overflow(page)).toBe(0);
      expect(await slips(page)).toEqual([]);
      await context.close();
    });
  }
});
