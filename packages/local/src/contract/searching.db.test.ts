import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LOCAL_REGION, localKeys } from "../environment";
import { Meter } from "../meter/meter";
import { startCommunity, type Community } from "../testing/community";
import { text, upload } from "../testing/files";
import { fillLog, type Line } from "../testing/fill-log";
import { countHits } from "../testing/hits";
import { startStack, type Frame, type Person, type Stack } from "../testing/stack";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const START = Date.UTC(2024, 0, 1);
const meter = new Meter();
let stack: Stack;
let world: Community;
let client: DynamoDBClient;

beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
  const endpoint = process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "";
  meter.start({ engine: "dynoxide" });
  client = new DynamoDBClient({ region: LOCAL_REGION, endpoint, credentials: localKeys });
});
afterAll(async () => {
  client.destroy();
  meter.stop();
  await stack.close();
});
beforeEach(async () => {
  world = await startCommunity(stack);
});

const say = async (who: Person, content: string) => (await stack.api(`POST ${world.path}`, { token: who.token, body: { content } })).body;
const get = (path: string, query: Record<string, string | number>, who = world.guest) =>
  stack.api(`GET ${path}?${new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))}`, { token: who.token });
const searchPath = () => world.path.replace(/messages$/, "search");
const search = async (query: Record<string, string | number>, who = world.guest) => (await get(searchPath(), query, who)).body;
const found = async (query: Record<string, string | number>) =>
  (await search(query)).messages.map(({ content }: Frame) => content) as string[];
const line = (content: string, created_at: number, { user } = world.guest): Line => ({
  content,
  created_at,
  author: { id: user.id, username: user.username },
});
const fill = (count: number, lineOf: (seq: number) => Line, from = 1) => fillLog(client, world.topic, count, lineOf, from);

describe("what is found", () => {
  test("has all the words, whatever their case, accents and width, the newest first", async () => {
    for (const text of ["Un CAFÉ, s'il vous plaît", "cafe noir", "ｃａｆｅ au lait", "tea"]) await say(world.owner, text);
    expect(await found({ q: "Café" })).toEqual(["ｃａｆｅ au lait", "cafe noir", "Un CAFÉ, s'il vous plaît"]);
    expect(await found({ q: "noir  cafe" })).toEqual(["cafe noir"]);
    expect(await found({ q: "cafe tea" })).toEqual([]);
  });

  test("is what an author said, or what has a link, or both", async () => {
    await say(world.owner, "see https://example.org");
    await say(world.guest, "see http://example.org/too");
    await say(world.guest, "see no https here");
    expect(await found({ author: world.guest.user.id })).toEqual(["see no https here", "see http://example.org/too"]);
    expect(await found({ has: "link" })).toEqual(["see http://example.org/too", "see https://example.org"]);
    expect(await found({ has: "link", author: world.owner.user.id })).toEqual(["see https://example.org"]);
  });

  test("is what has a file, and not what has none", async () => {
    await say(world.guest, "without a file");
    expect(await found({ has: "file" })).toEqual([]);
    const attachments = [await upload(stack, world.guest, text("notes.txt"))];
    await stack.api(`POST ${world.path}`, { token: world.guest.token, body: { content: "with a file", attachments } });
    expect(await found({ has: "file" })).toEqual(["with a file"]);
    expect(await found({ has: "file", q: "without" })).toEqual([]);
    expect(await found({ q: "a file" })).toEqual(["with a file", "without a file"]);
  });

  test("was said within a time, also where clocks differ", async () => {
    // Each one a day later; the fourth was made half a minute before the third.
    const times = [1, 2, 3, 3 - 0.5 / (24 * 60), 4, 5].map((day) => START + day * DAY);
    await fill(times.length, (seq) => line(`line ${seq}`, times[seq - 1] ?? 0));
    expect(await found({ q: "line", before: START + 4 * DAY })).toEqual(["line 4", "line 3", "line 2", "line 1"]);
    expect(await found({ q: "line", before: START + 3 * DAY })).toEqual(["line 4", "line 2", "line 1"]);
    expect(await found({ q: "line", after: START + 3 * DAY })).toEqual(["line 6", "line 5", "line 3"]);
    expect(await found({ q: "line", after: START + 2 * DAY, before: START + 4 * DAY })).toEqual(["line 4", "line 3", "line 2"]);
    expect(await found({ q: "line", before: START })).toEqual([]);
    expect(await found({ q: "line", after: START + 9 * DAY })).toEqual([]);
  });

  test("is never deleted, and has the words that it has now", async () => {
    const [gone, changed] = [await say(world.owner, "secret one"), await say(world.owner, "secret two")];
    await stack.api(`DELETE ${world.path}/${gone.seq}`, { token: world.owner.token });
    await stack.api(`PATCH ${world.path}/${changed.seq}`, { token: world.owner.token, body: { content: "open" } });
    expect(await found({ q: "secret" })).toEqual([]);
    expect(await found({ q: "open" })).toEqual(["open"]);
    expect(await found({ author: world.owner.user.id })).toEqual(["open"]);
  });

  test("comes page by page, without a repeat and without a hole", async () => {
    await fill(25, (seq) => line(seq % 2 === 0 ? `even ${seq}` : `odd ${seq}`, START + seq * MINUTE));
    const pages: string[][] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: Frame = await search({ q: "even", limit: 5, ...(cursor ? { cursor } : {}) });
      pages.push(page.messages.map(({ seq }: Frame) => seq));
      expect(page.has_more).toBe(page.next_cursor !== null);
      cursor = page.next_cursor;
    }
    expect(pages).toEqual([
      [24, 22, 20, 18, 16],
      [14, 12, 10, 8, 6],
      [4, 2],
    ]);
  });

  test("in a log without a beginning, or without an entry, is what is there", async () => {
    expect(await search({ q: "line" })).toEqual({ messages: [], has_more: false, next_cursor: null, searched_to: null });
    await fill(10, (seq) => line(`line ${seq}`, START + seq * MINUTE), 500);
    expect((await search({ q: "line 500" })).messages).toHaveLength(1);
    expect(await search({ q: "nothing" })).toMatchObject({ messages: [], has_more: false, searched_to: START + 500 * MINUTE });
  });
});

describe("what is refused", () => {
  test("looking for nothing, for an empty word, or with a cursor that no page gave", async () => {
    for (const query of [
      {},
      { q: "  " },
      { limit: 5 },
      { before: 5 },
      { has: "soul" },
      { author: "me" },
      { q: "x", limit: 101 },
      { q: "x", cursor: "y" },
    ])
      expect([query, (await get(searchPath(), query as Record<string, string>)).status]).toEqual([query, 400]);
    expect((await get(searchPath(), { q: "x" })).status).toBe(200);
  });

  test("who searches too often, until the window ends; others are not", async () => {
    const [{ user }, windowSeconds] = [world.guest, 600];
    await countHits(`search-messages#${user.id}`, windowSeconds, 599);
    expect((await get(searchPath(), { q: "x" })).status).toBe(200);
    const refused = await get(searchPath(), { q: "x" });
    expect([refused.status, refused.body.code]).toEqual([429, "limit.search"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(windowSeconds);
    expect((await get(searchPath(), { q: "x" }, world.owner)).status).toBe(200);
    expect((await get(world.path, { limit: 1 })).status).toBe(200);
  });

  test("whoever does not see the channel", async () => {
    const hidden = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "hidden", kind: "text", private: true });
    const path = `/servers/${world.serverId}/channels/${hidden.id}/search`;
    expect([(await get(path, { q: "x" })).status, (await get(path, { q: "x" }, world.owner)).status]).toEqual([404, 200]);
    expect((await get(searchPath(), { q: "x" }, await stack.register())).status).toBe(404);
  });
});

test("one request looks through 4,000 entries, says how far it got, and costs half a read unit per 4 KB", async () => {
  const words = "somebody says something to somebody about something and goes on for a while ".repeat(2);
  await fill(9_000, (seq) => line(seq === 10 ? "needle" : `${words}${seq}`, START + seq * MINUTE));
  meter.reset();
  const first = await search({ q: "needle" });
  const { readUnits, writeUnits } = meter.snapshot().units;
  expect(first).toMatchObject({ messages: [], has_more: true, next_cursor: "5001", searched_to: START + 5_001 * MINUTE });
  const bytes = 4_000 * (words.length + 190);
  expect(writeUnits).toBe(1); // it is counted
  expect(readUnits).toBeGreaterThan((0.8 * bytes) / 8_192);
  expect(readUnits).toBeLessThan((1.2 * bytes) / 8_192);
  const second = await search({ q: "needle", cursor: first.next_cursor });
  expect(second).toMatchObject({ messages: [], next_cursor: "1001" });
  const third = await search({ q: "needle", cursor: second.next_cursor });
  expect(third).toMatchObject({ has_more: false, next_cursor: null, searched_to: START + MINUTE });
  expect(third.messages.map(({ seq }: Frame) => seq)).toEqual([10]);
});

describe("a page around a moment", () => {
  const at = async (moment: number, limit = 3) => {
    const { body } = await get(world.path, { at: moment, limit });
    return body.messages.map(({ seq }: Frame) => seq) as number[];
  };

  test("has the first message that was said then or later in its middle", async () => {
    await fill(1_000, (seq) => line(`line ${seq}`, START + seq * MINUTE));
    for (const seq of [1, 2, 17, 500, 999, 1_000]) {
      const around = [seq + 1, seq, seq - 1, seq - 2].filter((one) => one >= 1 && one <= 1_000);
      expect(around).toEqual(expect.arrayContaining(await at(START + seq * MINUTE)));
      expect(await at(START + seq * MINUTE)).toContain(seq);
      expect(await at(START + seq * MINUTE - 1)).toContain(seq);
    }
    expect(await at(START, 1)).toEqual([1]);
    expect(await at(START + 5_000 * MINUTE, 1)).toEqual([1_000]);
  });

  test("where many were said at once is around the first of them", async () => {
    await fill(1_000, (seq) => line(`line ${seq}`, START + Math.floor(seq / 90) * DAY));
    expect(await at(START + 5 * DAY, 1)).toEqual([450]);
    expect(await at(START + 5 * DAY + 1, 1)).toEqual([540]);
  });

  test("where clocks differ by up to a minute misses none that was said then", async () => {
    // Times rise by a second; every third entry was made by a clock that is 50 seconds late.
    const timeOf = (seq: number) => START + seq * 1_000 - (seq % 3 === 0 ? 50_000 : 0);
    await fill(600, (seq) => line(`line ${seq}`, timeOf(seq)));
    for (const moment of [100, 300, 301, 302, 450]) {
      const wanted = START + moment * 1_000;
      const first = Array.from({ length: 600 }, (_, i) => i + 1).find((seq) => timeOf(seq) >= wanted);
      expect(await at(wanted, 1)).toEqual([first]);
    }
  });

  test("in a log without a beginning, or without an entry, is what is there", async () => {
    expect(await at(START)).toEqual([]);
    await fill(100, (seq) => line(`line ${seq}`, START + seq * MINUTE), 500);
    expect(await at(START, 1)).toEqual([500]);
    expect(await at(START + 550 * MINUTE, 1)).toEqual([550]);
  });

  test("takes no other cursor beside it", async () => {
    expect((await get(world.path, { at: 5, before: 5 })).status).toBe(400);
    expect((await get(world.path, { at: "yesterday" })).status).toBe(400);
  });

  test("costs about half a read unit for each halving", async () => {
    await fill(4_000, (seq) => line(`line ${seq}`, START + seq * MINUTE));
    const costOf = async (query: Record<string, string | number>) => {
      meter.reset();
      await get(world.path, query);
      return meter.snapshot().units.readUnits;
    };
    const extra = (await costOf({ at: START + 1_234 * MINUTE, limit: 1 })) - (await costOf({ around: 1_234, limit: 1 }));
    const halvings = Math.log2(4_000) / 2;
    expect(extra).toBeGreaterThan(halvings);
    expect(extra).toBeLessThan(halvings + 1 + 1.5 + 3); // one too many, both ends, and the page that is looked through
  });
});
