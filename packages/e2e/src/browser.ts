import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from "playwright-core";

/** Where a Chromium may be, beside the one that playwright installs itself. */
const CANDIDATES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** @returns the path of a Chromium on this machine, or undefined. */
function findChromium(): string | undefined {
  const own = chromium.executablePath();
  return [...CANDIDATES, own].find((file) => file !== undefined && file !== "" && existsSync(file));
}

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error(
      "The browser tests need a Chromium. Install Chrome or Chromium, or set CHROMIUM to its path, or run: npx playwright-core install chromium",
    );
  }
  return chromium.launch({ executablePath, args: ARGS });
}

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1280, height: 800 };

/** A person of their own: own cookies, own storage. */
export async function person(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: desktop, locale: "en-GB", timezoneId: "Europe/Berlin", ...options });
  context.setDefaultTimeout(60_000); // a connection that broke where all cores are busy is back by then
  return context;
}
