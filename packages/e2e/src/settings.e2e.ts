import { createRest } from "@agora/sdk";
import type { Rest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { person } from "./browser";
import { oneAgora } from "./one-agora";
import { createServer, logIn, newUsername, PASSWORD, signUp } from "./steps";

describe("running a server", () => {
  const agora = oneAgora();
  let ada: Page;
  let bob: Page;
  /** Ada's, for what is only prepared. */
  let rest: Rest;
  let serverId: string;
  const [adaName, bobName] = [newUsername("ada"), newUsername("bob")];
  const serverName = `Garden ${adaName}`;
  const password = "tulips and daffodils";

  const settings = (section: string) => `${agora.url}/channels/${serverId}/settings/${section}`;
  const sections = (page: Page) =>
    page.getByRole("navigation", { name: "Server settings" }).getByRole("list").getByRole("link").allTextContents();
  /** Opens what asks once more. */
  const begin = (page: Page, label: string) => page.locator("summary", { hasText: label }).click();
  const said = (page: Page, text: string | RegExp) => page.getByRole("status").getByText(text).waitFor();

  /** Somebody with an account, who is in the server if an invite is given. */
  async function newcomer(name: string, code?: string): Promise<{ rest: Rest; id: string }> {
    const { token, user } = await createRest({ baseUrl: `${agora.url}/api` }).register({
      email: `${name}@example.org`,
      username: name,
      password: PASSWORD,
    });
    const rest = createRest({ baseUrl: `${agora.url}/api`, token });
    if (code) await rest.joinByInvite({ code });
    return { rest, id: user.id };
  }

  async function pageOf(name: string, path: string, options = {}): Promise<Page> {
    const page = await (await person(agora.browser, options)).newPage();
    await page.goto(`${agora.url}/login?next=${encodeURIComponent(path)}`);
    await logIn(page, name);
    await page.waitForURL(`**${path}*`);
    return page;
  }

  beforeAll(async () => {
    ada = await (await person(agora.browser)).newPage();
    await ada.goto(`${agora.url}/register`);
    await signUp(ada, adaName);
    await ada.waitForURL(/\/channels/);
    await createServer(ada, serverName);
    serverId = /srv_\w+/.exec(ada.url())![0];
    const { token } = await createRest({ baseUrl: `${agora.url}/api` }).login({ email: `${adaName}@example.org`, password: PASSWORD });
    rest = createRest({ baseUrl: `${agora.url}/api`, token });
    await newcomer(bobName, (await rest.createInvite({ server_id: serverId })).code);
    bob = await pageOf(bobName, `/channels/${serverId}/settings/members`);
  });

  test("the menu of the server leads to its settings, and the owner sees all sections", async () => {
    await ada.getByRole("button", { name: /server menu/ }).click();
    await ada.getByRole("link", { name: "Server settings" }).click();
    await ada.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await sections(ada)).toHaveLength(9);
  });

  test("a role made and given on the pages opens its sections to a friend, and no others", async () => {
    expect(await sections(bob)).toEqual(["Members", "Invites"]);
    expect((await bob.goto(settings("bans")))?.status()).toBe(403);
    await bob.getByText("You may not do that here.").waitFor();

    await ada.getByRole("link", { name: "Roles", exact: true }).click();
    await ada.getByRole("link", { name: "New role" }).click();
    await ada.getByLabel("Name").fill("Gardeners");
    await ada.getByRole("radio", { name: "Green" }).check({ force: true }); // the box is drawn as a colour
    await ada.getByRole("checkbox", { name: "Moderate members" }).check();
    await ada.getByRole("button", { name: "Create role" }).click();
    await ada.getByRole("list", { name: "Roles, the highest first" }).getByText("Gardeners").waitFor();

    await ada.getByRole("link", { name: "Members" }).click();
    await ada.getByRole("link", { name: bobName }).click();
    await ada.getByRole("checkbox", { name: "Gardeners" }).check();
    await ada.getByRole("button", { name: "Save roles" }).click();
    await said(ada, "The roles were saved.");

    expect((await bob.goto(settings("bans")))?.status()).toBe(200);
    expect(await sections(bob)).toEqual(["Members", "Invites", "Bans"]);
    expect((await bob.goto(settings("roles")))?.status()).toBe(403);
  });

  test("what a friend loses while they look goes from their page", async () => {
    await bob.goto(settings("bans"));
    await bob.waitForLoadState("networkidle");
    await ada.getByRole("checkbox", { name: "Gardeners" }).uncheck();
    await ada.getByRole("button", { name: "Save roles" }).click();
    await expect.poll(() => sections(bob)).toEqual(["Members", "Invites"]);
  });

  test("what is typed before the script is there stays", async () => {
    const page = await (await person(agora.browser)).newPage();
    await page.context().addCookies(await ada.context().cookies());
    await page.route("**/*.js", async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await route.continue();
    });
    await page.goto(settings("overview"), { waitUntil: "commit" });
    await page.getByLabel("Name", { exact: true }).fill("Half a na");
    await page.getByLabel("Description").fill("Half a sen");
    await page.getByRole("checkbox", { name: "Anybody can find this server" }).check();
    await page.waitForLoadState("networkidle");
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("Half a na");
    expect(await page.getByLabel("Description").inputValue()).toBe("Half a sen");
    expect(await page.getByRole("checkbox", { name: "Anybody can find this server" }).isChecked()).toBe(true);
    await page.context().close();
  });

  test("roles move by the keyboard, and the focus stays with what moved", async () => {
    await rest.createRole({ server_id: serverId, name: "Beekeepers" });
    await ada.goto(settings("roles"));
    const names = () =>
      ada.getByRole("list", { name: "Roles, the highest first" }).getByRole("listitem").getByRole("paragraph").allTextContents();
    expect((await names()).map((name) => name.trim())).toEqual(["Gardeners", "Beekeepers", "everyone"]);
    await ada.waitForLoadState("networkidle");
    await ada.getByRole("button", { name: "Move Beekeepers up" }).press("Enter");
    await said(ada, "Moved Beekeepers up.");
    expect((await names()).map((name) => name.trim())).toEqual(["Beekeepers", "Gardeners", "everyone"]);
    expect(await ada.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Move Beekeepers down");
  });

  test("a private channel is seen by whom it names, and by nobody else", async () => {
    await ada.goto(settings("channels"));
    await ada.getByRole("link", { name: "New channel" }).click();
    await ada.getByLabel("Name").fill("Secret Plans");
    await ada.getByLabel("Topic").fill("Where the roses go");
    await ada.getByRole("checkbox", { name: "Private channel" }).check();
    await ada.getByLabel("Let single members in").fill(`${bobName} nobody_here`);
    await ada.getByRole("button", { name: "Create channel" }).click();
    await ada.getByText("No member is called “nobody_here”.").waitFor();
    expect(await ada.getByLabel("Topic").inputValue()).toBe("Where the roses go");
    await ada.getByLabel("Let single members in").fill("");
    await ada.getByRole("button", { name: "Create channel" }).click();
    await ada.getByRole("link", { name: "secret-plans", exact: true }).waitFor();

    await bob.goto(`${agora.url}/channels/${serverId}`);
    await bob.getByRole("link", { name: "general" }).waitFor();
    expect(await bob.getByRole("link", { name: /secret-plans/ }).count()).toBe(0);

    await ada.getByRole("link", { name: "secret-plans", exact: true }).click();
    await ada.getByLabel("Let single members in").fill(bobName);
    await ada.getByRole("button", { name: "Save changes" }).click();
    await said(ada, "Saved.");
    await ada.getByRole("checkbox", { name: bobName }).waitFor();
    await bob.reload();
    await bob.getByRole("link", { name: /secret-plans/ }).waitFor();
  });

  test("a password made on the page lets in who knows it, and a wrong one nobody", async () => {
    await ada.goto(settings("passwords"));
    await ada.waitForLoadState("networkidle");
    await ada.getByLabel("Password", { exact: true }).fill(password);
    await ada.getByRole("button", { name: "Show what is typed" }).click();
    expect(await ada.getByLabel("Password", { exact: true }).getAttribute("type")).toBe("text");
    await ada.getByLabel("Label").fill("Open day");
    await ada.getByRole("button", { name: "Create password" }).click();
    await said(ada, /The password works from now on/);
    await ada.getByRole("list", { name: "Passwords" }).getByText("Open day", { exact: true }).waitFor();
    expect(await ada.getByLabel("Password", { exact: true }).inputValue()).toBe("");

    const carolName = newUsername("carol");
    await newcomer(carolName);
    const carol = await pageOf(carolName, "/join");
    await carol.getByLabel("Name of the server").fill(serverName);
    await carol.getByLabel("Password of the server").fill("tulips and roses");
    await carol.getByRole("button", { name: "Join server" }).click();
    await carol.getByText(/do not go together/).waitFor();
    expect(await carol.getByLabel("Name of the server").inputValue()).toBe(serverName);
    await carol.getByLabel("Password of the server").fill(password);
    await carol.getByRole("button", { name: "Join server" }).click();
    await carol.waitForURL(new RegExp(`/channels/${serverId}/`));
    await carol.context().close();
  });

  test("a ban puts somebody out and keeps them out, until it is lifted", async () => {
    const daveName = newUsername("dave");
    const { code } = await rest.createInvite({ server_id: serverId });
    const dave = await newcomer(daveName, code);
    const hisPage = await pageOf(daveName, `/channels/${serverId}/settings/members`);
    await hisPage.waitForLoadState("networkidle");

    await ada.goto(settings("members"));
    await ada.getByLabel("Find a member").fill(daveName);
    await ada.waitForURL(/\?q=/);
    await ada.getByRole("link", { name: daveName }).click();
    await begin(ada, "Ban");
    const dialog = ada.getByRole("dialog", { name: `Ban ${daveName}?` });
    await dialog.getByLabel("Reason").fill("Trod on the flowers");
    await dialog.getByRole("button", { name: "Ban" }).click();
    await ada.getByRole("list", { name: "Bans" }).getByText("Trod on the flowers").waitFor();
    await hisPage.getByText(`You were banned from ${serverName}.`).waitFor();
    await expect(dave.rest.joinByInvite({ code })).rejects.toMatchObject({ code: "member.banned" });

    await begin(ada, "Lift ban");
    await ada.getByRole("dialog").getByRole("button", { name: "Lift ban" }).click();
    await said(ada, /The ban was lifted/);
    expect(await ada.evaluate(() => document.activeElement?.textContent)).toBe("Bans");
    await dave.rest.joinByInvite({ code });
    await hisPage.context().close();
  });

  test("a report shows the message as it stood, and is marked as dealt with", async () => {
    const eveName = newUsername("eve");
    const eve = await newcomer(eveName, (await rest.createInvite({ server_id: serverId })).code);
    const { channels } = await eve.rest.getServer({ server_id: serverId });
    const place = { server_id: serverId, channel_id: channels[0]!.id };
    await ada.goto(settings("reports"));
    await ada.getByText("Nothing was reported.").waitFor();
    await ada.waitForLoadState("networkidle");
    const { seq } = await eve.rest.sendMessage({ ...place, content: "All roses are weeds" });
    const frank = await newcomer(newUsername("frank"), (await rest.createInvite({ server_id: serverId })).code);
    await frank.rest.reportMessage({ ...place, seq: String(seq), reason: "Unkind to roses" });

    const report = ada.getByRole("article", { name: `Report of a message of ${eveName}` }); // comes by itself
    await report.getByText("Unkind to roses").waitFor();
    await report.getByText("All roses are weeds").waitFor();
    expect(await report.getByRole("link", { name: /See the message/ }).getAttribute("href")).toMatch(new RegExp(`#m-${seq}$`));
    await report.getByRole("button", { name: /Mark as dealt with/ }).click();
    await report.getByText(`Dealt with by ${adaName}`).waitFor();
  });

  test("the audit log tells all of it in sentences", async () => {
    await ada.goto(settings("audit"));
    const log = ada.getByRole("main");
    for (const sentence of [
      `${adaName} made the role Gardeners`,
      `${adaName} changed the roles of ${bobName}`,
      "Given: Gardeners",
      `${adaName} changed the order of the roles`,
      `${adaName} made the channel #secret-plans`,
      `May see it now: ${bobName}`,
      `${adaName} made the password Open day`,
      "Reason: “Trod on the flowers”",
    ]) {
      await log.getByText(sentence).first().waitFor();
    }
  });

  test("a server that wants to be found is found by its name, and joined", async () => {
    const heidiName = newUsername("heidi");
    await newcomer(heidiName);
    const heidi = await pageOf(heidiName, "/discover");
    await heidi.getByLabel("Find a server").fill("Garden");
    await heidi.getByRole("button", { name: "Search" }).click();
    await heidi.getByText("No server's name begins with “Garden”.").waitFor();

    await ada.goto(settings("overview"));
    await ada.getByLabel("Description").fill("We grow things.");
    await ada.getByRole("checkbox", { name: "Anybody can find this server" }).check();
    await ada.getByRole("button", { name: "Save changes" }).click();
    await said(ada, "Saved.");

    await heidi.reload();
    await heidi.getByText("We grow things.").waitFor();
    await heidi.getByRole("button", { name: `Join ${serverName}` }).click();
    await heidi.waitForURL(new RegExp(`/channels/${serverId}/`));
    await heidi.context().close();
  });

  test("without JavaScript all of it works by forms", async () => {
    const { code } = await rest.createInvite({ server_id: serverId, max_uses: 10 });
    const context = await person(agora.browser, { javaScriptEnabled: false });
    await context.addCookies(await ada.context().cookies());
    const page = await context.newPage();

    await page.goto(settings("invites"));
    const row = page.getByRole("listitem").filter({ hasText: code });
    await row.getByText("Used 0 of 10 times").waitFor();
    await row.locator("summary").click();
    await row.getByRole("button", { name: "Revoke" }).click();
    await said(page, /The invite was revoked/);
    expect(await page.getByText(code).count()).toBe(0);

    const other = await rest.createInvite({ server_id: serverId });
    await page.goto(settings("invites"));
    const stale = page.getByRole("listitem").filter({ hasText: other.code });
    await stale.locator("summary").click();
    await rest.revokeInvite({ server_id: serverId, code: other.code });
    await stale.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("alert").waitFor();
    expect(await stale.count()).toBe(0);

    await page.goto(settings("roles"));
    await page.getByRole("button", { name: "Move Beekeepers down" }).click();
    await said(page, "Moved Beekeepers down.");
    expect(await page.getByRole("button", { name: "Move Beekeepers down" }).isDisabled()).toBe(true);

    await page.goto(settings("passwords"));
    await page.getByLabel("Password", { exact: true }).fill("peonies and phlox");
    await page.getByLabel("Password, once more").fill("peonies and flocks");
    await page.getByLabel("Label").fill("Typed wrong");
    await page.getByRole("button", { name: "Create password" }).click();
    await page.getByText("The two are not the same.").waitFor();
    expect(await page.getByLabel("Label").inputValue()).toBe("Typed wrong");

    await page.goto(settings("overview"));
    await begin(page, "Delete server");
    await page
      .getByLabel(/Type the server's name/)
      .locator("visible=true")
      .fill("something else");
    await page.getByRole("button", { name: "Delete server" }).click();
    await page.getByText(/This is not the name of the server/).waitFor();
    await context.close();
  });

  test("the owner hands the server over, and the new one deletes it by its typed name", async () => {
    await ada.goto(settings("overview"));
    await ada.waitForLoadState("networkidle");
    await begin(ada, "Transfer ownership");
    const transfer = ada.getByRole("dialog");
    await transfer.getByLabel("Username of the new owner").fill(bobName);
    await transfer.getByLabel(/Type the server's name/).fill(serverName);
    await transfer.getByRole("button", { name: "Transfer ownership" }).click();
    await ada.waitForURL(/\/settings\/members$/);

    await bob.goto(settings("overview"));
    await bob.waitForLoadState("networkidle");
    await begin(bob, "Delete server");
    const dialog = bob.getByRole("dialog");
    await dialog.getByLabel(/Type the server's name/).fill("Gardens");
    await dialog.getByRole("button", { name: "Delete server" }).click();
    await dialog.getByText(/This is not the name of the server/).waitFor();
    await dialog.getByLabel(/Type the server's name/).fill(serverName);
    await dialog.getByRole("button", { name: "Delete server" }).click();
    await bob.waitForURL(/\/channels$/);
    expect(await bob.getByRole("main").getByRole("link", { name: serverName }).count()).toBe(0);
    await ada.getByText(`${serverName} was deleted.`).waitFor();
  });
});
