import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  id: string;
  nodes: { html: string }[];
}

/** What axe finds wrong with the page as it is shown. Its context has to bypass the content security policy. */
export async function violations(page: Page): Promise<string[]> {
  return run(page, {});
}

/** As `violations`, in both themes: by the same page in the other one only its colours change, so only what depends on them is looked at again. */
export async function violationsInBothThemes(page: Page): Promise<string[]> {
  await page.addStyleTag({ content: "* { transition: none !important; }" }); // a colour that is still changing is none of the theme's
  await page.emulateMedia({ colorScheme: "light" });
  const light = await run(page, {});
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await run(page, { runOnly: ["color-contrast", "link-in-text-block"] });
  return [...light.map((found) => `light: ${found}`), ...dark.map((found) => `dark: ${found}`)];
}

async function run(page: Page, options: object): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate(async (more) => {
    const { axe } = window as unknown as { axe: { run: (options: object) => Promise<{ violations: Violation[] }> } };
    return (await axe.run({ resultTypes: ["violations"], ...more })).violations;
  }, options);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`);
}

/** By how many pixels the page is wider than the screen. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth));

/** Values that no person has typed and no sentence has: in the text of the page and in its fields. */
export const slips = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const fields = Array.from(document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea"), ({ value }) => value);
    return [...document.body.innerText.split("\n"), ...fields].filter((text) => /\b(undefined|NaN|null)\b|\[object /.test(text));
  });
