import type { Page } from "playwright-core";

/** What a person does, in the words of the page. */

export const PASSWORD = "a long enough password";

let count = 0;
/** A username that nobody else in this run has. */
export const newUsername = (stem: string): string => `${stem}_${Date.now().toString(36)}${(count++).toString(36)}`;

/** Fills in the form of the page that is open and sends it. */
export async function signUp(page: Page, username: string): Promise<void> {
  await page.getByLabel("E-mail").fill(`${username}@example.org`);
  await page.getByLabel("Username").fill(username);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create account" }).click();
}

export async function logIn(page: Page, username: string): Promise<void> {
  await page.getByLabel("E-mail").fill(`${username}@example.org`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Log in" }).click();
}

export async function createServer(page: Page, name: string): Promise<void> {
  await page.getByLabel("Name of the server").fill(name);
  await page.getByRole("button", { name: "Create server" }).click();
  await page.waitForURL(/\/channels\/srv_\w+\/chn_\w+/);
}

/** Makes an invite in the dialog and answers its link. */
export async function makeInvite(page: Page): Promise<string> {
  await page.getByRole("link", { name: "Invite people" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: /link/ }).click();
  const field = dialog.getByLabel(/Send this link/);
  await field.waitFor();
  const link = await field.inputValue();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  return link;
}

export async function joinAsNewcomer(page: Page, link: string, username: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("link", { name: "Create an account and join" }).click();
  await signUp(page, username);
  const join = page.getByRole("button", { name: /Join/ });
  await join
    .or(page.getByRole("textbox", { name: /Message #/ }))
    .first()
    .waitFor();
  if (await join.isVisible()) await join.click();
  await page.waitForURL(/\/channels\/srv_\w+\/chn_\w+/);
}

export const composer = (page: Page) => page.getByRole("textbox", { name: /Message #/ });

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** What the channel shows, in order. */
export const shown = (page: Page, text: string | RegExp) => page.getByRole("log").getByText(text, { exact: typeof text === "string" });
