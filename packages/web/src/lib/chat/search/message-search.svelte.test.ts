import { describe, expect, test } from "vitest";
import { excerpt } from "./excerpt";
import { startOfDay } from "./days";
import { HITS_AT_ONCE, MessageSearch } from "./message-search.svelte";
import type { Scope } from "./message-search.svelte";
import { message, messages, settled, world } from "../testing/world";

const scope = (channel_id: string): Scope => ({
  path: { server_id: "srv_1", channel_id },
  href: `/channels/srv_1/${channel_id}`,
  name: `#${channel_id}`,
});
const pathOf = (channel_id: string) => `/api/servers/srv_1/channels/${channel_id}/search`;
const found = (seqs: number[], next_cursor: string | null = null, searched_to: number | null = 5_000) => ({
  messages: seqs.map((seq) => message(seq)),
  has_more: next_cursor !== null,
  next_cursor,
  searched_to,
});

function open() {
  const { client, ...rest } = world();
  return { ...rest, search: new MessageSearch(client.rest) };
}

describe("a search in one place", () => {
  test("goes on page by page until all is searched, and says how far it got", async () => {
    const { search, request, asked } = open();
    void search.start({ q: "cat", has: "link" }, [scope("chn_1")]);
    await settled();
    expect([request().path, Object.fromEntries(request().query)]).toEqual([pathOf("chn_1"), { q: "cat", has: "link", limit: "25" }]);
    request().answer(200, found([], "400", 9_000));
    await settled();
    expect([search.state, search.searchedTo, request().query.get("cursor")]).toEqual(["searching", 9_000, "400"]);
    request().answer(200, found([12, 7]));
    await settled();
    expect([search.state, search.hits.map(({ href }) => href), asked.length]).toEqual([
      "done",
      ["/channels/srv_1/chn_1?around=12#m-12", "/channels/srv_1/chn_1?around=7#m-7"],
      2,
    ]);
  });

  test("stops when a screen is full, and goes on from there when it is asked to", async () => {
    const { search, request, asked } = open();
    void search.start({ q: "cat" }, [scope("chn_1")]);
    await settled();
    request().answer(200, { ...found([], "10"), messages: messages(11, 11 + HITS_AT_ONCE - 1).toReversed() });
    await settled();
    expect([search.state, search.hits.length, asked.length]).toEqual(["paused", HITS_AT_ONCE, 1]);
    void search.goOn();
    await settled();
    expect(request().query.get("cursor")).toBe("10");
    request().answer(200, found([3]));
    await settled();
    expect([search.state, search.hits.length]).toEqual(["done", HITS_AT_ONCE + 1]);
  });

  test("is stopped by the reader: what comes then is left out, and it goes on where it was", async () => {
    const { search, request } = open();
    void search.start({ q: "cat" }, [scope("chn_1")]);
    await settled();
    request().answer(200, found([90], "80"));
    await settled();
    const onItsWay = request();
    search.stop();
    expect(search.state).toBe("paused");
    onItsWay.answer(200, found([50]));
    await settled();
    expect(search.hits.map(({ message: { seq } }) => seq)).toEqual([90]);
    void search.goOn();
    await settled();
    expect(request().query.get("cursor")).toBe("80");
  });

  test("that failed says why, and can be tried again", async () => {
    const { search, request } = open();
    void search.start({ q: "cat" }, [scope("chn_1")]);
    await settled();
    request().answer(404, { code: "channel.not_found", error: "There is no such channel." });
    await settled();
    expect([search.state, search.problem]).toEqual(["paused", "There is no such channel."]);
    void search.goOn();
    expect(search.problem).toBeNull();
    await settled();
    request().answer(200, found([1]));
    await settled();
    expect(search.state).toBe("done");
  });

  test("that begins anew forgets the one before", async () => {
    const { search, request } = open();
    void search.start({ q: "cat" }, [scope("chn_1")]);
    await settled();
    const before = request();
    void search.start({ q: "dog" }, [scope("chn_1")]);
    await settled();
    before.answer(200, found([1]));
    request().answer(200, found([2]));
    await settled();
    expect(search.hits.map(({ message: { seq } }) => seq)).toEqual([2]);
  });
});

test("a search in several places goes through them one after the other, and passes over one that is gone", async () => {
  const { search, request, askedFor } = open();
  void search.start({ q: "cat" }, ["chn_1", "chn_2", "chn_3"].map(scope));
  await settled();
  request().answer(200, found([1]));
  await settled();
  expect(search.scope?.name).toBe("#chn_2");
  askedFor(pathOf("chn_2")).answer(404, { code: "channel.not_found", error: "There is no such channel." });
  await settled();
  askedFor(pathOf("chn_3")).answer(200, found([3]));
  await settled();
  expect([search.state, search.hits.map(({ scope: { name } }) => name)]).toEqual(["done", ["#chn_1", "#chn_3"]]);
});

test("a long text is shown where the word stands", () => {
  const text = `${"before ".repeat(60)}Needle${" behind".repeat(60)}`;
  const part = excerpt(text, "needle and thread");
  expect(part).toMatch(/^….*Needle.*…$/);
  expect(Array.from(part).length).toBeLessThanOrEqual(222);
  expect(excerpt(text, "nowhere")).toMatch(/^before .*…$/);
  expect(excerpt("short", "x")).toBe("short");
});

test("a day begins at its midnight, and the one after it ends it, also at the end of a month", () => {
  expect(startOfDay("2025-01-31", 1)).toBe(new Date(2025, 1, 1).getTime());
  expect(startOfDay("2025-01-31")).toBe(new Date(2025, 0, 31).getTime());
  expect([startOfDay(""), startOfDay("soon")]).toEqual([undefined, undefined]);
});
