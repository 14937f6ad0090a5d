import { createRest } from "@agora/sdk";
import type { BrowserContextOptions, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { desktop, phone } from "./browser";
import { newcomer, oneAgora } from "./one-agora";

const PATH = "/account/topics";

describe("topics in the settings", () => {
  const agora = oneAgora();

  async function opens(options: BrowserContextOptions) {
    const { page, token } = await newcomer(agora, PATH, options);
    return { page, rest: createRest({ baseUrl: `${agora.url}/api`, token }) };
  }

  async function make(page: Page, name: string) {
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Make the topic" }).click();
  }

  async function produce(page: Page, payload: string) {
    await page.getByLabel("Payload", { exact: true }).fill(payload);
    await page.getByRole("button", { name: "Produce" }).click();
  }

  test.each([
    ["with JavaScript", true],
    ["without JavaScript", false],
  ])("are made, tried out, looked into and deleted: %s", async (_, javaScriptEnabled) => {
    const { page, rest } = await opens({ javaScriptEnabled });
    await page.getByText("You have no topic yet.").waitFor();
    await make(page, "No Name");
    await page.getByText("This must consist of a to z, 0 to 9, and . _ -.").waitFor();
    await make(page, "orders");
    await page.waitForURL(`**${PATH}/orders`);
    await page.getByText("Nothing was produced to it yet").waitFor();

    await produce(page, "{ not json");
    await page.getByText("This is not JSON.").waitFor();
    expect(await page.getByLabel("Payload", { exact: true }).inputValue()).toBe("{ not json");
    await produce(page, '{ "id": 1 }');
    await page.getByText("The message was stored under the offset 1.").waitFor();
    await rest.produce({ topic: "orders", messages: Array.from({ length: 30 }, (_, i) => ({ payload: { id: i + 2 } })) });

    await page.goto(`${agora.url}${PATH}/orders`);
    const shown = page.getByRole("listitem").filter({ has: page.locator("pre") });
    expect(await shown.count()).toBe(20);
    expect(await shown.last().textContent()).toMatch(/31.*"id": 31/s);
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByLabel("Payload of message 1", { exact: true }).waitFor();
    expect(await page.getByLabel("Payload of message 1", { exact: true }).textContent()).toBe('{\n  "id": 1\n}');

    await rest.putGroup({ topic: "orders", group: "packers" });
    await rest.poll({ topic: "orders", group: "packers", consumer: "one", limit: 10 });
    await rest.putGroup({ topic: "orders", group: "up-to-date", start: "latest" });
    await page.reload();
    const groups = page.getByRole("list", { name: "Groups" }).getByRole("listitem");
    expect(await groups.first().textContent()).toMatch(/packers.*31 behind, next is 1.*read by one, whose lease ends in/s);
    expect(await groups.last().textContent()).toMatch(/up-to-date.*Has read everything.*nobody reads just now/s);
    if (javaScriptEnabled) await page.waitForLoadState("networkidle");
    await groups.last().getByText("Delete").first().click();
    await page.getByText("Delete the group up-to-date?").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).first().click();
    await page.getByText("The group was deleted.").waitFor();
    expect(await groups.count()).toBe(1);

    await page.getByLabel("Description").fill("what was ordered");
    await page.getByLabel("Keep messages").selectOption("7 days");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("what was ordered. The last message has the offset 31; messages are kept 7 days.").waitFor();
    expect(await rest.getTopic({ topic: "orders" })).toMatchObject({ description: "what was ordered", retention_hours: 168, head: 31 });

    if (javaScriptEnabled) await page.waitForLoadState("networkidle");
    await page.locator("summary", { hasText: "the topic orders" }).click();
    await page.getByText("Delete orders?").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).last().click();
    await page.waitForURL(`**${PATH}`);
    await page.getByText("You have no topic yet.").waitFor();
    await expect(rest.getTopic({ topic: "orders" })).rejects.toMatchObject({ code: "topic.not_found" });
  });

  test("somebody else's is not there", async () => {
    const [{ rest }, { page }] = [await opens({}), await opens({})];
    await rest.produce({ topic: "mine", payload: 1 });
    expect((await page.goto(`${agora.url}${PATH}/mine`))?.status()).toBe(404);
  });

  test.each([
    ["phone", phone],
    ["desktop", desktop],
  ])("axe finds nothing in one, in both themes, and nothing is wider than the screen: %s", async (_, viewport) => {
    const { page, rest } = await opens({ viewport, bypassCSP: true }); // axe is a script of its own
    const long = "a-name-that-is-as-long-as-a-name-of-a-topic-can-be".padEnd(100, "-x");
    await rest.produce({ topic: long, messages: [{ payload: { text: "x".repeat(3_000) }, key: "k".repeat(256) }, { payload: null }] });
    await page.goto(`${agora.url}${PATH}`);
    expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
    await page.goto(`${agora.url}${PATH}/${long}`);
    expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
  });
});
