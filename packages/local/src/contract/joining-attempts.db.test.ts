import { onBehalfOf } from "@agora/core/edge";
import { createHash } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { countHits } from "../testing/hits";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

/* What it takes to guess a server's password: how often one may try, and that the work of a try tells nothing. */

const SECRET = "open, sesame 1";
const WINDOW_MS = 300_000;
let stack: Stack;
let owner: Person;
beforeAll(async () => {
  stack = await startStack();
  owner = await stack.register();
});
afterAll(() => stack.close());
beforeEach(() => {
  // Near the beginning of a window, so that none ends while a test counts.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / WINDOW_MS) * WINDOW_MS + 10_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

async function createServer(...passwords: string[]): Promise<string> {
  const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  for (const password of passwords) {
    const { status } = await stack.api(`POST /servers/${server.id}/passwords`, { token: owner.token, body: { password } });
    expect(status).toBe(201);
  }
  return server.name;
}

const attempt = (who: Person, server_name: string, password = "a wrong password", headers: Record<string, string> = {}) =>
  stack.api("POST /servers/join", { token: who.token, body: { server_name, password }, headers });

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** What the process works for a call. Hashing is work of this process, and unlike the clock, work does not grow when others are busy. */
async function workMsOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** As if somebody else had tried so often in this window. */
const countAttempts = (key: string, hits: number) => countHits(`join#${key}`, WINDOW_MS / 1000, hits);

const keyOf = (canonicalName: string) => createHash("sha256").update(canonicalName).digest("base64url");

describe("an attempt to join by password", () => {
  test("is one hash, whether there is no such server or it has one password or twenty", async () => {
    const ofOne = await createServer(SECRET);
    const ofTwenty = await createServer(...Array.from({ length: 20 }, (_, i) => `password ${i}`));
    const attempts: Record<string, (who: Person) => Promise<{ status: number }>> = {
      unknown: (who) => attempt(who, uniqueName("nobody's ")),
      tooLong: (who) => attempt(who, "\ufdfa".repeat(1_000)),
      one: (who) => attempt(who, ofOne),
      twenty: (who) => attempt(who, ofTwenty),
    };
    const work: Record<string, number[]> = {};
    for (let round = 0; round < 9; round++) {
      const person = await stack.register();
      for (const [name, run] of Object.entries(attempts)) {
        const spent = await workMsOf(async () => expect((await run(person)).status).toBe(401));
        if (round > 0) (work[name] ??= []).push(spent); // the first is warming up
      }
    }
    // One hash, as another route has it: a log-in is hardly anything else.
    const logins: number[] = [];
    for (let i = 0; i < 8; i++) {
      const credentials = { email: `${uniqueName()}@example.org`, password: SECRET };
      logins.push(await workMsOf(() => stack.api("POST /auth/login", { body: credentials })));
    }
    const medians = Object.fromEntries(Object.entries({ ...work, login: logins }).map(([name, values]) => [name, median(values)]));
    const [least, most] = [Math.min(...Object.values(medians)), Math.max(...Object.values(medians))];
    expect(least, JSON.stringify(medians)).toBeGreaterThan(most / 2);
  });

  test("is refused to an account after twenty in five minutes, before anything is hashed; another one may still try", async () => {
    const name = await createServer(SECRET);
    const person = await stack.register();
    const refused: number[] = [];
    const wrong: number[] = [];
    for (let i = 0; i < 20; i++) {
      wrong.push(await workMsOf(async () => expect((await attempt(person, i % 2 ? name : uniqueName("nobody's "))).status).toBe(401)));
    }
    for (let i = 0; i < 10; i++) {
      refused.push(
        await workMsOf(async () => {
          const { status, body, headers } = await attempt(person, name, SECRET);
          expect([status, body.code, headers.get("retry-after")]).toEqual([429, "limit.join", "290"]);
        }),
      );
    }
    expect(median(refused)).toBeLessThan(median(wrong) / 2);
    expect((await attempt(await stack.register(), name, SECRET)).status).toBe(200);

    vi.setSystemTime(Date.now() + 290_000);
    expect((await attempt(person, name, SECRET)).status).toBe(200);
  });

  test("is refused to an address after 1,000, if the edge vouches for it", async () => {
    const name = await createServer(SECRET);
    const address = "203.0.113.77";
    await countAttempts(address, 999);
    expect((await attempt(await stack.register(), name, "wrong", onBehalfOf(address))).status).toBe(401);
    const refused = await attempt(await stack.register(), name, SECRET, onBehalfOf(address));
    expect([refused.status, refused.body.code]).toEqual([429, "limit.join"]);
    const invented = { "x-agora-edge": "0".repeat(64), "x-agora-address": address };
    expect((await attempt(await stack.register(), name, SECRET, invented)).status).toBe(200);
    expect((await attempt(await stack.register(), name, SECRET, onBehalfOf("203.0.113.78"))).status).toBe(200);
  });

  test("is refused for a name after 2,000, however it is written and whether or not a server has it", async () => {
    const existing = await createServer(SECRET);
    for (const name of [existing, uniqueName("nobodys")]) {
      await countAttempts(keyOf(name), 1_999);
      expect((await attempt(await stack.register(), name)).status).toBe(401);
      for (const same of [name, ` ${name.toUpperCase()}\u200b`]) {
        const refused = await attempt(await stack.register(), same, SECRET);
        expect([refused.status, refused.body.code]).toEqual([429, "limit.join"]);
      }
    }
    expect((await attempt(await stack.register(), await createServer(SECRET), SECRET)).status).toBe(200);
  });

  test("that is refused to an account does not count for the name: nobody can keep others out of a server by themselves", async () => {
    const name = await createServer(SECRET);
    const person = await stack.register();
    await countAttempts(person.user.id, 20);
    await countAttempts(keyOf(name), 1_995);
    for (let i = 0; i < 10; i++) expect((await attempt(person, name)).status).toBe(429);
    expect((await attempt(await stack.register(), name, SECRET)).status).toBe(200);
  });
});

describe("making a password", () => {
  test("is no hash for those who may not", async () => {
    const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
    const make = (who: Person) => stack.api(`POST /servers/${server.id}/passwords`, { token: who.token, body: { password: SECRET } });
    const outsider = await stack.register();
    const made: number[] = [];
    const refused: number[] = [];
    for (let i = 0; i < 8; i++) {
      made.push(await workMsOf(async () => expect((await make(owner)).status).toBe(201)));
      refused.push(await workMsOf(async () => expect((await make(outsider)).status).toBe(404)));
    }
    expect(median(refused)).toBeLessThan(median(made) / 2);
  });
});
