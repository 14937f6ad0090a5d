import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

/* The examples as docs/bots.md says that they are run: bundled, each a process of its own, which can be killed. */

const NAMES = ["echo", "moderation", "webhook"] as const;
const WITHIN = { timeout: 30_000, interval: 50 };

let stack: Stack;
let folder: string;
const running: ChildProcess[] = [];
let webhook: Server | undefined;

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
  folder = mkdtempSync(path.join(tmpdir(), "agora-examples-"));
  const entryPoints = NAMES.map((name) => fileURLToPath(new URL(`../../../sdk/examples/${name}.ts`, import.meta.url)));
  await build({
    entryPoints,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((child) => kill(child)));
  webhook?.closeAllConnections();
  webhook?.close();
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = (person: { token: string }, request: string, body?: object) => stack.api(request, { token: person.token, body });

function start(name: (typeof NAMES)[number], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [path.join(folder, `${name}.mjs`)], {
    env: { ...process.env, AGORA_URL: stack.url, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  running.push(child);
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

async function keyOf(person: Person, scopes: string[]): Promise<string> {
  return (await call(person, "POST /auth/keys", { name: uniqueName("k"), scopes })).body.secret as string;
}

/** A server with a channel, its owner, and the account of a bot with a key for reading and writing. */
async function withBot(permissions: string[] = []) {
  const [owner, bot] = await Promise.all([stack.register(), stack.register()]);
  const server = (await call(owner, "POST /servers", { name: uniqueName("s") })).body;
  const { code } = (await call(owner, `POST /servers/${server.id}/invites`, {})).body;
  await call(bot, `POST /invites/${code}/join`, {});
  if (permissions.length > 0) {
    const role = (await call(owner, `POST /servers/${server.id}/roles`, { name: "bot", permissions })).body;
    expect((await call(owner, `PATCH /servers/${server.id}/members/${bot.user.id}`, { role_ids: [role.id] })).status).toBe(200);
  }
  const channelId: string = server.channels[0].id;
  const messages = `/servers/${server.id}/channels/${channelId}/messages`;
  const makeGroup = async (name: string) =>
    expect((await call(bot, `PUT /topics/channel:${channelId}/groups/${name}`, { lease_seconds: 2 })).status).toBe(201);
  return {
    env: { AGORA_KEY: await keyOf(bot, ["topics:read", "messages:write"]), SERVER_ID: server.id as string, CHANNEL_ID: channelId },
    makeGroup,
    say: (content: string) => call(owner, `POST ${messages}`, { content }),
    contents: async () =>
      ((await call(owner, `GET ${messages}?after=0&limit=100`)).body.messages as { content: string | null }[]).map(
        ({ content }) => content,
      ),
  };
}

test("echo answers each command once, over a crash, and not itself", async () => {
  const { env, makeGroup, say, contents } = await withBot();
  await makeGroup("echo");
  const first = start("echo", env);
  for (let i = 0; i < 5; i++) await say(`!echo ${i}`);
  await vi.waitFor(async () => expect(await contents()).toContain("1"), WITHIN);
  await kill(first);
  for (let i = 5; i < 8; i++) await say(`!echo ${i}`);
  await say("nothing of the kind");
  await say("!echo !echo twice");
  const second = start("echo", env);
  await vi.waitFor(async () => expect(await contents()).toContain("!echo twice"), WITHIN);
  const answers = (await contents()).filter((content) => content !== null && /^\d$|^!echo twice$/.test(content));
  expect(answers).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "!echo twice"]);
  await kill(second, "SIGTERM");
  expect(second.exitCode).toBe(0);
});

test("moderation deletes what has a word of the list in it, and leaves the rest", async () => {
  const { env, makeGroup, say, contents } = await withBot(["moderate_messages"]);
  await makeGroup("moderation");
  for (const content of ["spam here", "spammer", "fine", "Buy SPAM!"]) await say(content);
  start("moderation", { ...env, WORDS: "spam,scam" });
  await say("a scam");
  await vi.waitFor(async () => expect((await contents()).filter((content) => content)).toEqual(["spammer", "fine"]), WITHIN);
});

test("webhook posts each message at least once and in order, over failures of the other side and a crash", async () => {
  const owner = await stack.register();
  const topic = uniqueName("t").replaceAll("_", "-");
  const produce = (from: number, to: number) =>
    call(owner, `POST /topics/${topic}/produce`, { messages: Array.from({ length: to - from }, (_, i) => ({ payload: { n: from + i } })) });
  await produce(1, 21);
  await call(owner, `PUT /topics/${topic}/groups/webhook`, { lease_seconds: 2 });
  const taken: string[] = [];
  let asked = 0;
  webhook = createServer((request, response) => {
    request.resume();
    if (++asked % 7 === 0) return void response.writeHead(500).end();
    taken.push(String(request.headers["idempotency-key"]));
    response.writeHead(204).end();
  });
  webhook.listen(0, "127.0.0.1");
  await once(webhook, "listening");
  const env = {
    AGORA_KEY: await keyOf(owner, ["topics:read"]),
    TOPIC: topic,
    WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}`,
  };
  const first = start("webhook", env);
  await vi.waitFor(() => expect(taken.length).toBeGreaterThan(8), WITHIN);
  await kill(first);
  await produce(21, 31);
  start("webhook", env);
  await vi.waitFor(() => expect(taken).toContain(`${topic}:30`), WITHIN);
  expect([...new Set(taken)]).toEqual(Array.from({ length: 30 }, (_, i) => `${topic}:${i + 1}`));
  expect((await call(owner, `GET /topics/${topic}/groups/webhook`)).body.generation).toBe(2);
});
