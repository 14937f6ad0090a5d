import { AgoraError, createRest } from "@agora/sdk";
import type { BrowserContextOptions, Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { person } from "./browser";
import { oneAgora } from "./one-agora";
import { logIn, newUsername, PASSWORD } from "./steps";
import { messages, names } from "./xss/corpus";
import { watch } from "./xss/watch";

type Rest = ReturnType<typeof createRest>;

/** More than a page shows at once are looked at in steps. */
const STEP = 40;
const TIMEOUT_MS = 180_000;

describe("nothing that people write runs in anybody's page", { timeout: TIMEOUT_MS }, () => {
  const agora = oneAgora();
  let rest: Rest;
  let server_id: string;
  let channel_id: string;
  let others: string[];
  const name = newUsername("eve");

  beforeAll(async () => {
    const anonymous = createRest({ baseUrl: `${agora.url}/api` });
    const { token, user } = await anonymous.register({ email: `${name}@example.org`, username: name, password: PASSWORD });
    rest = createRest({ baseUrl: `${agora.url}/api`, token });
    const server = await rest.createServer({ name: `<img src=x onerror=__xss=1> ${name}` });
    server_id = server.id;
    channel_id = server.channels[0]!.id;
    await rest.updateMember({ server_id, user_id: user.id, nickname: "<svg onload=__xss=1>" });
    others = await fillNames();
  }, TIMEOUT_MS);

  /** Channels, topics, categories and roles that are called so. @returns the ids of the channels. */
  async function fillNames(): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i + 4 < names.length; i += 5) {
      const [channelName = "", topic = "", category = "", roleName = "", description = ""] = names.slice(i, i + 5);
      const channel = await orRefused(
        rest.createChannel({ server_id, name: channelName, topic, category: category.slice(0, 50), kind: "text" }),
      );
      if (channel) ids.push(channel.id);
      await orRefused(rest.createRole({ server_id, name: roleName, permissions: [] }));
      await orRefused(rest.updateServer({ server_id, description, discoverable: true }));
    }
    return ids;
  }

  /** What is refused is not shown; whatever else goes wrong is a fault. */
  async function orRefused<T>(call: Promise<T>): Promise<T | undefined> {
    return call.catch((error: unknown) => {
      if (error instanceof AgoraError && error.status < 500 && error.status !== 429) return undefined;
      throw error;
    });
  }

  async function loggedIn(options: BrowserContextOptions = {}): Promise<{ page: Page; look: () => Promise<string[]> }> {
    const page = await (await person(agora.browser, options)).newPage();
    await page.goto(`${agora.url}/login`);
    await logIn(page, name);
    await page.waitForURL(/\/channels/);
    return { page, look: await watch(page) };
  }

  const channelPath = (id: string) => `/channels/${server_id}/${id}`;

  // Safe by itself, and guarded beside that: what the policy would refuse must not have been tried.
  test("each page has a content security policy that lets no script run but the site's own", async () => {
    const { page } = await loggedIn();
    for (const path of [channelPath(channel_id), "/channels", "/discover", `/channels/${server_id}/settings/overview`]) {
      const policy = (await page.goto(agora.url + path))?.headers()["content-security-policy"] ?? "";
      const directives = new Map(
        policy.split(";").map((directive) => [directive.trim().split(" ")[0], directive.trim().split(" ").slice(1)]),
      );
      const scripts = directives.get("script-src") ?? [];
      expect([path, scripts.length, ...scripts]).toEqual([path, 2, "'self'", expect.stringMatching(/^'nonce-[\w+/=]{20,}'$/)]);
      expect([path, directives.get("object-src"), directives.get("base-uri")]).toEqual([path, ["'none'"], ["'none'"]]);
    }
    await page.context().close();
  });

  test.each([
    ["with the content security policy", false],
    ["without it", true],
  ])("messages as they come in, and as they are found when the page is loaded, %s", async (_, bypassCSP) => {
    const { page, look } = await loggedIn({ bypassCSP });
    await page.goto(agora.url + channelPath(channel_id), { waitUntil: "networkidle" });
    let seq = 0;
    for (let i = 0; i < messages.length; i += STEP) {
      const sent = messages.slice(i, i + STEP).map((content) => rest.sendMessage({ server_id, channel_id, content }));
      seq = Math.max(...(await Promise.all(sent)).map((message) => message.seq));
      await page.locator(`#m-${seq}`).waitFor({ state: "attached" });
      await page.evaluate(() => {
        for (const spoiler of document.querySelectorAll<HTMLElement>("[role=button].spoiler")) spoiler.click();
      });
      expect(await look()).toEqual([]);
    }
    for (let around = seq - messages.length + 1; around <= seq; around += STEP) {
      await page.goto(`${agora.url}${channelPath(channel_id)}?around=${around}#m-${around}`, { waitUntil: "networkidle" });
      await page.locator(`#m-${around}`).waitFor({ state: "attached" });
      expect(await look()).toEqual([]);
    }
  });

  test("messages on a page without JavaScript", async () => {
    const { page, look } = await loggedIn({ javaScriptEnabled: false });
    for (let around = 1; around <= messages.length; around += STEP) {
      await page.goto(`${agora.url}${channelPath(channel_id)}?around=${around}`);
      await page.locator(`#m-${around}`).waitFor({ state: "attached" });
      expect(await look()).toEqual([]);
    }
  });

  test("what was typed and refused comes back as text", async () => {
    const { page, look } = await loggedIn({ javaScriptEnabled: false });
    await page.goto(agora.url + channelPath(channel_id));
    const typed = `</textarea><script>__xss=1</script>${"x".repeat(4000)}`;
    await page.getByRole("textbox", { name: /Message/ }).fill(typed);
    await page.getByRole("button", { name: /Send/ }).click();
    await page
      .getByText(/too many/)
      .first()
      .waitFor();
    expect(await page.getByRole("textbox", { name: /Message/ }).inputValue()).toBe(typed);
    expect(await look()).toEqual([]);
  });

  test.each([true, false])(
    "names of channels, topics, roles, people and servers, wherever they stand; with JavaScript: %s",
    async (javaScriptEnabled) => {
      const { page, look } = await loggedIn({ javaScriptEnabled });
      expect(others.length).toBeGreaterThan(10);
      const settings = `/channels/${server_id}/settings`;
      const paths = [
        ...others.slice(0, 4).map(channelPath),
        "/channels",
        "/discover",
        `/channels/${server_id}/invite`,
        `/channels/${server_id}/leave`,
        ...["overview", "channels", `channels/${others[0]}`, "roles", "members", "audit", "reports", "invites", "bans"].map(
          (section) => `${settings}/${section}`,
        ),
      ];
      for (const path of paths) {
        const response = await page.goto(agora.url + path, { waitUntil: "load" });
        expect([path, response?.status()]).toEqual([path, 200]);
        expect([path, ...(await look())]).toEqual([path]);
      }
    },
  );
});
