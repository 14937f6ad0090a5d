import { createRest } from "@agora/sdk";
import type { Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { overflow, violationsInBothThemes } from "./axe";
import { person, phone } from "./browser";
import { oneAgora } from "./one-agora";
import { logIn, newUsername, PASSWORD } from "./steps";

const agora = oneAgora();
const name = newUsername("ada");

beforeAll(async () => {
  await createRest({ baseUrl: `${agora.url}/api` }).register({ email: `${name}@example.org`, username: name, password: PASSWORD });
});

async function comeIn(page: Page, alias: string) {
  await page.goto(`${agora.url}/r/book-club`);
  await page.getByLabel("What people here call you").fill(alias);
  await page.getByRole("button", { name: "Come in" }).click();
  await page.getByRole("textbox", { name: "Message book-club" }).waitFor();
}
const open = async () => (await person(agora.browser, { viewport: phone, bypassCSP: true })).newPage();
const people = (page: Page) => page.getByRole("button", { name: /here$/ }).click();

test("a room goes on as a server: somebody without an account is asked to log in; with one, the others get an invite that leads there", async () => {
  const [ann, bob] = [await open(), await open()];
  await comeIn(ann, "Ann");
  await comeIn(bob, "Bob");
  await people(ann);
  await ann.getByRole("button", { name: "Go on as a server" }).click();
  await ann.getByRole("button", { name: "Make the server" }).click();
  await ann.getByRole("link", { name: "log in" }).click();
  await logIn(ann, name);
  await ann.getByRole("textbox", { name: "Message book-club" }).waitFor();
  await people(ann);
  await ann.getByRole("button", { name: "Go on as a server" }).click();
  expect([await violationsInBothThemes(ann), await overflow(ann)]).toEqual([[], 0]);
  await ann.getByLabel("Name of the server").fill(" ");
  await ann.getByRole("button", { name: "Make the server" }).click();
  await ann.getByRole("alert").waitFor();
  await ann.getByLabel("Name of the server").fill(`Book club ${name}`);
  await ann.getByRole("button", { name: "Make the server" }).click();
  await ann.getByText("is there, and everybody here has an invite").waitFor();
  await bob.getByRole("link", { name: /\/invite\// }).click();
  const invited = bob.context().pages().length > 1 ? bob.context().pages().at(-1) : bob;
  await invited?.getByText(`Book club ${name}`).first().waitFor();
  await ann.getByRole("link", { name: `Open Book club ${name}` }).click();
  await ann.getByRole("heading", { name: "general", exact: true }).waitFor();
  await Promise.all([ann.context().close(), bob.context().close()]);
});

test("a room is reported: with words, and not without", async () => {
  const page = await open();
  await comeIn(page, "Cyd");
  await people(page);
  await page.getByRole("button", { name: "Report this room" }).click();
  expect([await violationsInBothThemes(page), await overflow(page)]).toEqual([[], 0]);
  await page.getByRole("button", { name: "Report", exact: true }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("What is wrong here?").fill("Somebody sells things that one may not sell");
  await page.getByRole("button", { name: "Report", exact: true }).click();
  await page.getByText("can read it now").waitFor();
  await page.context().close();
});
