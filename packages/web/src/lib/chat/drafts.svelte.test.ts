import { describe, expect, test } from "vitest";
import { Drafts } from "./drafts.svelte";
import type { Draft } from "./drafts.svelte";
import { fakeStorage, fakeTab, message, messages, page, settled, world } from "./testing/world";

const HERE = "/channels/srv_1/chn_1";
const KEY = "agora:drafts:usr_me";
const DAY_MS = 24 * 60 * 60 * 1000;

/** Tabs of one browser: what one of them keeps the others hear of. */
function browser({ storage = fakeStorage(), userId = "usr_me" } = {}) {
  const clock = { now: 1_000 };
  const tabs: ReturnType<typeof fakeTab>[] = [];
  function open() {
    const tab = fakeTab();
    tabs.push(tab);
    const tell = (newValue: string | null) => tabs.filter((other) => other !== tab).forEach((other) => other.heard(KEY, newValue));
    const said: [string, string | undefined][] = [];
    const drafts = new Drafts({
      userId,
      storage: {
        getItem: (key) => storage.getItem(key),
        setItem: (key, value) => {
          storage.setItem(key, value);
          tell(value);
        },
        removeItem: (key) => {
          storage.removeItem(key);
          tell(null);
        },
      },
      onchange: (href, draft) => said.push([href, draft?.text]),
      now: () => clock.now,
    });
    drafts.start(tab.surroundings);
    const type = (text: string, reply_to?: number) => drafts.keep(HERE, { text, reply_to });
    return { drafts, said, type, leave: tab.leave };
  }
  return { open, clock, storage };
}
const kept = (storage: ReturnType<typeof fakeStorage>) => JSON.parse(storage.getItem(KEY) ?? "null") as Record<string, Draft> | null;

describe("a draft", () => {
  test("is there again when the page is, with what it answers, and not before it was left or a moment has passed", () => {
    const { open, storage } = browser();
    const first = open();
    first.type("Hel");
    first.type("Hello", 7);
    expect(kept(storage)).toBeNull(); // not at each letter
    first.leave();
    expect(open().drafts.of(HERE)).toMatchObject({ text: "Hello", reply_to: 7 });
  });

  test("is another one for another account", () => {
    const { open, storage } = browser();
    const first = open();
    first.type("mine");
    first.drafts.flush();
    expect(browser({ storage, userId: "usr_other" }).open().drafts.of(HERE)).toBeUndefined();
  });

  test("that was sent does not come back, though the page goes at once", () => {
    const { open, storage } = browser();
    const tab = open();
    tab.type("Hello");
    tab.drafts.flush();
    tab.type("");
    expect(kept(storage)).toEqual({});
    expect(tab.drafts.places).toEqual([]);
  });

  test("of nothing but spaces is none", () => {
    const tab = browser().open();
    tab.type("  \n");
    expect(tab.drafts.places).toEqual([]);
  });

  test("goes with its server, and those of others stay", () => {
    const tab = browser().open();
    tab.type("here");
    tab.drafts.keep("/channels/srv_10/chn_1", { text: "there" });
    tab.drafts.forget("/channels/srv_1/");
    expect(tab.drafts.places).toEqual(["/channels/srv_10/chn_1"]);
  });
});

describe("two tabs", () => {
  test("whoever types last wins, and what was kept for other places stays", () => {
    const { open, storage } = browser();
    const [one, two] = [open(), open()];
    two.drafts.keep("/dms/dm_1", { text: "elsewhere" });
    one.type("from one");
    one.drafts.flush();
    two.type("from two");
    two.drafts.flush();
    expect(one.drafts.of(HERE)?.text).toBe("from two");
    expect(one.said).toContainEqual([HERE, "from two"]);
    expect(Object.keys(kept(storage) ?? {}).sort()).toEqual([HERE, "/dms/dm_1"]);
  });

  test("what is typed at this moment is not taken away by what another tab kept", () => {
    const { open } = browser();
    const [one, two] = [open(), open()];
    one.type("being typed");
    two.type("older");
    two.drafts.flush();
    expect(one.drafts.of(HERE)?.text).toBe("being typed");
  });

  test("what is sent in one is gone in the other", () => {
    const { open } = browser();
    const [one, two] = [open(), open()];
    one.type("Hello");
    one.drafts.flush();
    expect(two.drafts.places).toEqual([HERE]);
    one.type("");
    expect(two.drafts.places).toEqual([]);
    expect(two.said.at(-1)).toEqual([HERE, undefined]);
  });

  test("after a log-out in one nothing is left, and the other keeps nothing any more", () => {
    const { open, storage } = browser();
    const [one, two] = [open(), open()];
    one.type("secret");
    one.drafts.flush();
    one.drafts.clear();
    expect(two.drafts.of(HERE)).toBeUndefined();
    two.type("more");
    two.drafts.flush();
    expect(storage.getItem(KEY)).toBeNull();
  });
});

describe("what is kept is bounded", () => {
  test("to fifty: the oldest go", () => {
    const { open, clock, storage } = browser();
    const tab = open();
    for (let i = 0; i < 52; i++) {
      clock.now++;
      tab.drafts.keep(`/dms/dm_${i}`, { text: "Hello" });
    }
    tab.drafts.flush();
    const left = Object.keys(kept(storage) ?? {});
    expect([left.length, left.includes("/dms/dm_1"), left.includes("/dms/dm_2")]).toEqual([50, false, true]);
  });

  test("to thirty days", () => {
    const { open, clock } = browser();
    const tab = open();
    tab.type("old");
    tab.drafts.flush();
    clock.now += 29 * DAY_MS;
    expect(open().drafts.places).toEqual([HERE]);
    clock.now += 2 * DAY_MS;
    expect(open().drafts.places).toEqual([]);
  });
});

test.each([
  [
    "full",
    {
      ...fakeStorage(),
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    },
  ],
  [
    "switched off",
    {
      ...fakeStorage(),
      getItem: () => {
        throw new DOMException("no", "SecurityError");
      },
      setItem: () => {
        throw new DOMException("no");
      },
    },
  ],
  ["of something else", { ...fakeStorage(), getItem: () => '{"/dms/dm_1":{"text":3},"/dms/dm_2":null}' }],
])("storage that is %s breaks nothing: the draft lives as long as the tab", (_, storage) => {
  // prettier-ignore
  const tab = browser({ storage }).open();
  tab.type("Hello");
  tab.drafts.flush();
  tab.leave();
  expect(tab.drafts.of(HERE)?.text).toBe("Hello");
  tab.drafts.clear();
});

describe("in a place", () => {
  const path = { server_id: "srv_1", channel_id: "chn_1" };

  test("a draft and what it answers are there after a reload; what it answers is looked for if it is further back", async () => {
    const kept = fakeStorage();
    const before = world({ kept });
    const stop = before.client.start();
    const timeline = before.client.open(path, page(messages(1, 3)));
    timeline.draft = "I do";
    timeline.answering = { ...timeline.rows[1]!, seq: 2 };
    before.tab.leave();
    stop();

    const after = world({ kept });
    const again = after.client.open(path, page(messages(80, 90)));
    const end = after.client.start();
    expect([again.draft, again.answering]).toEqual(["I do", null]);
    await settled();
    const asked = after.askedFor("/api/servers/srv_1/channels/chn_1/messages");
    expect(asked.query.get("around")).toBe("2");
    asked.answer(200, { messages: [message(2)], has_more: true, next_cursor: 1, head: 90 });
    await settled();
    expect(again.answering).toMatchObject({ seq: 2, content: "message 2" });
    end();
  });

  test("what was typed before the page had its script is not taken away", () => {
    const kept = fakeStorage();
    kept.setItem(KEY, JSON.stringify({ [HERE]: { text: "older", at: Date.now() } }));
    const { client } = world({ kept });
    const timeline = client.open(path, page(messages(1, 3)));
    timeline.draft = "typed already";
    const stop = client.start();
    expect(timeline.draft).toBe("typed already");
    stop();
  });

  test("sending empties it, here and in what is kept", async () => {
    const here = world();
    const stop = here.client.start();
    const timeline = here.client.open(path, page(messages(1, 3)));
    timeline.draft = "Hello";
    here.client.drafts.flush();
    timeline.send("Hello");
    timeline.draft = "";
    await settled();
    expect(kept(here.kept)).toEqual({});
    stop();
  });
});
