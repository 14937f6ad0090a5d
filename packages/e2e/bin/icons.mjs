// Draws the icons of the installed site from its favicon: `node packages/e2e/bin/icons.mjs`. CHROMIUM names the browser that draws.
import { readFileSync } from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const folder = path.resolve(import.meta.dirname, "../../web/static");
const favicon = readFileSync(path.join(folder, "favicon.svg"), "utf8");
const green = /<rect[^>]* fill="(#\w+)"/.exec(favicon)?.[1] ?? "";
/** Systems cut a shape of their own out of it: what counts stays within the middle four fifths. https://www.w3.org/TR/appmanifest/#icon-masks */
const SAFE = 0.8;

const icons = [
  { name: "icon-192.png", size: 192, scale: 1, background: "transparent" },
  { name: "icon-512.png", size: 512, scale: 1, background: "transparent" },
  { name: "icon-maskable-512.png", size: 512, scale: SAFE, background: green },
  { name: "apple-touch-icon.png", size: 180, scale: 0.9, background: green },
];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const { name, size, scale, background } of icons) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const source = `data:image/svg+xml;base64,${Buffer.from(favicon).toString("base64")}`;
  await page.setContent(
    `<style>body{margin:0;height:100vh;display:grid;place-items:center;background:${background}}</style><img width="${size * scale}" src="${source}">`,
  );
  await page.screenshot({ path: path.join(folder, name), omitBackground: true });
  await page.close();
}
await browser.close();
