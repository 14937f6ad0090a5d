import { createRest } from "@agora/sdk";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launch, person } from "./browser";
import { newDataFolder, startAgora, type AgoraProcess, type DataFolder } from "./server";
import { logIn, newUsername, PASSWORD } from "./steps";

export interface OneAgora {
  readonly url: string;
  readonly browser: Browser;
}

/** For all tests of a `describe`, which calls this: a new Agora and a browser, started before the first of them and gone after the last. */
export function oneAgora(): OneAgora {
  let data: DataFolder;
  let agora: AgoraProcess;
  let browser: Browser;

  beforeAll(async () => {
    data = newDataFolder();
    [agora, browser] = await Promise.all([startAgora(data), launch()]);
  });
  afterAll(async () => {
    await browser.close();
    await agora.stop();
    data.remove();
  });

  return {
    get url() {
      return agora.url;
    },
    get browser() {
      return browser;
    },
  };
}

/** Somebody new, who has logged in and looks at a page; `token` is that of a session of their own. */
export async function newcomer(
  { url, browser }: OneAgora,
  path: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; name: string; token: string }> {
  const name = newUsername("ada");
  const { token } = await createRest({ baseUrl: `${url}/api` }).register({
    email: `${name}@example.org`,
    username: name,
    password: PASSWORD,
  });
  const page = await (await person(browser, options)).newPage();
  await page.goto(`${url}/login?next=${path}`);
  await page.waitForLoadState("networkidle"); // before the script is there a dialog is a part of the page
  await logIn(page, name);
  await page.waitForURL(`**${path}`);
  return { page, name, token };
}
