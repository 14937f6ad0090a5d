import type { Page } from "playwright-core";

let count = 0;
export const newRoom = (): string => `amber-otter-${Date.now().toString(36)}${count++}`;

/** Comes into a room by its door. */
export async function comeIn(page: Page, url: string, room: string, alias: string): Promise<void> {
  await page.goto(`${url}/r/${room}`);
  await page.locator("button:enabled", { hasText: "Come in" }).waitFor();
  await page.getByLabel("What people here call you").fill(alias);
  await page.getByRole("button", { name: "Come in" }).click();
  await page.getByRole("textbox", { name: /^Message / }).waitFor();
}

export async function say(page: Page, words: string): Promise<void> {
  const field = page.getByRole("textbox", { name: /^Message / });
  await field.fill(words);
  await field.press("Enter");
}
