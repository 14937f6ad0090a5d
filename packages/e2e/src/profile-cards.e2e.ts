import { createRest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { composer, logIn, newUsername, PASSWORD } from "./steps";

describe("the card of a person", () => {
  const agora = oneAgora();
  let owner: Account;
  let guest: Account;
  let path: string;

  type Account = Awaited<ReturnType<typeof account>>;

  async function account(stem: string) {
    const name = newUsername(stem);
    const anonymous = createRest({ baseUrl: `${agora.url}/api` });
    const { token, user } = await anonymous.register({ email: `${name}@example.org`, username: name, password: PASSWORD });
    return { rest: createRest({ baseUrl: `${agora.url}/api`, token }), id: user.id, name };
  }

  beforeAll(async () => {
    [owner, guest] = await Promise.all([account("owner"), account("guest")]);
    const { id: server_id, channels } = await owner.rest.createServer({ name: `Cards ${owner.name}` });
    const { code } = await owner.rest.createInvite({ server_id });
    await guest.rest.joinByInvite({ code });
    const channel_id = channels[0]!.id;
    await guest.rest.sendMessage({ server_id, channel_id, content: "Hello from me" });
    // What was said has the former name; the page knows the present one.
    await guest.rest.updateProfile({ display_name: "Grace Hopper", bio: "I find bugs.\nAnd <b>keep</b> them." });
    const role = await owner.rest.createRole({ server_id, name: "Admirals", color: "#7c5ce0" });
    await owner.rest.updateMember({ server_id, user_id: guest.id, role_ids: [role.id] });
    path = `/channels/${server_id}/${channel_id}`;
  });

  async function opens(who: Account, viewport = desktop): Promise<Page> {
    const page = await (await person(agora.browser, { viewport, bypassCSP: true })).newPage();
    await page.goto(`${agora.url}/login?next=${path}`);
    await logIn(page, who.name);
    await composer(page).waitFor();
    await page.waitForLoadState("networkidle");
    return page;
  }

  const card = (page: Page) => page.getByRole("dialog", { name: "Grace Hopper" });
  const author = (page: Page) => page.getByRole("log").getByRole("button", { name: "Grace Hopper", exact: true });

  test("opens by the name of who said something, says who they are, and gives the focus back", async () => {
    const page = await opens(owner);
    await author(page).press("Enter");
    await card(page).getByText("I find bugs.\nAnd <b>keep</b> them.").waitFor();
    for (const text of [guest.name, "Admirals", /On Agora since/]) await card(page).getByText(text).first().waitFor();
    await page.keyboard.press("Escape");
    await card(page).waitFor({ state: "hidden" });
    expect(await author(page).evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test("opens from the list of members, and leads to where a member is managed", async () => {
    const page = await opens(owner);
    await page.getByRole("complementary").getByRole("link", { name: "Grace Hopper" }).click();
    await card(page).getByRole("link", { name: "Manage" }).click();
    await page.waitForURL(`**/settings/members/${guest.id}`);
  });

  test("one's own leads to the own profile, and has nothing to be done with oneself", async () => {
    const page = await opens(guest);
    await author(page).click();
    await card(page).getByRole("link", { name: "Edit your profile" }).waitFor();
    expect(
      await card(page)
        .getByRole("button", { name: /Block|Message/ })
        .count(),
    ).toBe(0);
    expect(await card(page).getByRole("link", { name: "Manage" }).count()).toBe(0);
  });

  test("blocks and unblocks, and begins the conversation of the two", async () => {
    const page = await opens(owner);
    await author(page).click();
    await card(page).getByRole("button", { name: "Block" }).click();
    await card(page).getByRole("button", { name: "Unblock" }).waitFor();
    expect((await owner.rest.listBlocks()).users.map(({ id }) => id)).toEqual([guest.id]);
    await card(page).getByRole("button", { name: "Unblock" }).click();
    await card(page).getByRole("button", { name: "Block", exact: true }).waitFor();
    await card(page).getByRole("button", { name: "Message" }).click();
    await page.waitForURL(/\/dms\/dm_/);
    await page
      .getByRole("heading", { name: /Grace Hopper/ })
      .first()
      .waitFor();
  });

  test("axe finds nothing wrong with it, in both themes and at both sizes", { timeout: 90_000 }, async () => {
    const found: string[] = [];
    for (const viewport of [desktop, phone]) {
      const page = await opens(owner, viewport);
      await author(page).click();
      await card(page).getByText("I find bugs.").waitFor();
      found.push(...(await violationsInBothThemes(page)).map((one) => `at ${viewport.width}: ${one}`));
      expect(await overflow(page)).toBe(0);
      const box = (await card(page).boundingBox())!;
      expect([box.x >= 0, box.y >= 0, box.x + box.width <= viewport.width, box.y + box.height <= viewport.height]).toEqual(
        Array(4).fill(true),
      );
    }
    expect(found).toEqual([]);
  });
});
