import { createServer, type AddressInfo } from "node:net";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createRest } from "@agora/sdk";
import WebSocket from "ws";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newDataFolder, startAgora, type DataFolder } from "./server";
import { newUsername, PASSWORD } from "./steps";

let data: DataFolder;
beforeEach(() => {
  data = newDataFolder();
});
afterEach(() => data.remove());

/** What it prints when it cannot start: one line, and a code that is not 0. */
async function failure(start: Promise<unknown>): Promise<string> {
  const message = await start.then(
    () => "it started",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return message.trim();
}

test("answers on site, API and socket when it says that it is ready, and says nothing else", async () => {
  const agora = await startAgora(data);
  try {
    const health = await fetch(`${agora.url}/api/health`);
    expect([health.status, ((await health.json()) as { status: string }).status]).toEqual([200, "ok"]);
    const site = await fetch(agora.url);
    expect([site.status, site.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
    expect((await fetch(`${agora.url}/ws`)).status).toBe(426);
    const lines = agora.output().trim().split("\n");
    expect(lines.filter((line) => line !== "Building …")).toEqual([`Agora is ready: ${agora.url}`]);
  } finally {
    await agora.stop();
  }
});

test("its functions are bundles of their own, and still a repeat by the other way is pushed once", async () => {
  const agora = await startAgora(data);
  try {
    const username = newUsername("twice");
    const { token } = await createRest({ baseUrl: `${agora.url}/api` }).register({
      email: `${username}@example.org`,
      username,
      password: PASSWORD,
    });
    const rest = createRest({ baseUrl: `${agora.url}/api`, token });
    const server = await rest.createServer({ name: username });
    const channel_id = server.channels[0]?.id ?? "";
    const topic = `channel:${channel_id}`;
    const { url, ticket } = await rest.createTicket();
    const socket = new WebSocket(`${url}?ticket=${ticket}`);
    const frames: { type: string }[] = [];
    const until = (type: string) => expect.poll(() => frames.some((frame) => frame.type === type)).toBe(true);
    socket.on("message", (data: Buffer) => frames.push(JSON.parse(data.toString()) as { type: string }));
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(JSON.stringify({ action: "subscribe", topics: [{ topic }] }));
    await until("subscribed");
    const message = { content: "once", nonce: "n", after: 0 };
    await rest.sendMessage({ server_id: server.id, channel_id, ...message });
    await until("new_message");
    socket.send(JSON.stringify({ action: "send", topic, ...message }));
    await until("sent");
    expect(frames.filter(({ type }) => type === "new_message")).toHaveLength(1);
    socket.close();
  } finally {
    await agora.stop();
  }
});

test("SIGTERM to npm ends Agora, too", async () => {
  const agora = await startAgora(data, { byNpm: true });
  expect((await fetch(`${agora.url}/api/health`)).status).toBe(200);
  await agora.stop();
  await expect(fetch(`${agora.url}/api/health`)).rejects.toThrow();
});

test("SIGTERM ends it cleanly, with open sockets and all", async () => {
  const agora = await startAgora(data);
  const username = newUsername("term");
  const { token } = await createRest({ baseUrl: `${agora.url}/api` }).register({
    email: `${username}@example.org`,
    username,
    password: PASSWORD,
  });
  const { url, ticket } = await createRest({ baseUrl: `${agora.url}/api`, token }).createTicket();
  const socket = new WebSocket(`${url}?ticket=${ticket}`);
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => socket.once("open", resolve));
  expect(await agora.stop()).toBe(0);
  expect(await closed).toBe(1001);
});

test("a port in use is one clear line", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  expect(await failure(startAgora(data, { port }))).toMatch(new RegExp(`^ended with 1: agora: 127\\.0\\.0\\.1:${port} is in use[^\\n]*$`));
  other.close();
});

test("a data folder that cannot be one is one clear line", async () => {
  const file = path.join(data.path, "file");
  writeFileSync(file, "not a folder");
  const folder: DataFolder = { path: path.join(file, "below"), remove: () => undefined };
  expect(await failure(startAgora(folder))).toMatch(/^ended with 1: agora: The data folder [^\n]* cannot be written to[^\n]*$/);
});

test("a second one on the same data is refused, and the first goes on", async () => {
  mkdirSync(data.path, { recursive: true });
  const first = await startAgora(data);
  expect(await failure(startAgora(data))).toMatch(/^ended with 1: agora: Process \d+ already uses the data[^\n]*$/);
  expect((await fetch(`${first.url}/api/health`)).status).toBe(200);
  await first.stop();
});
