import type { ChannelState } from "@agora/core/protocol/channel";
import type { ServerDetail, ServerListItem } from "@agora/core/protocol/server";
import { describe, expect, test } from "vitest";
import { bareServer, channel as channelState, server } from "./testing/community";
import { message, settled, world } from "./testing/world";

const listed = (id: string, fields: Partial<ServerListItem> = {}): ServerListItem => ({
  ...bareServer(id, { name: `the ${id}` }),
  unread: false,
  recent: false,
  mention_count: 0,
  ...fields,
});

const channel = (id: string, server_id: string, fields: Partial<ChannelState> = {}) =>
  channelState(id, server_id, { head: 5, last_read: 5, ...fields });

const detail = (id: string, channels: ChannelState[]): ServerDetail =>
  server(id, {
    name: `the ${id}`,
    channels,
    roles: [{ id: "rol_all", name: "everyone", color: null, permissions: [] }],
    me: { user_id: "usr_me", role_ids: ["rol_own"] },
  });

const list = (servers: ServerListItem[]) => ({ servers, has_more: false, next_cursor: null });

const NO_CONVERSATIONS = { conversations: [], has_more: false, next_cursor: null };

const [general, photos] = [channel("chn_1", "srv_1"), channel("chn_2", "srv_1", { head: 7 })];

/** Two servers, of which the first one is open. */
async function open() {
  const fromPage = [listed("srv_1"), listed("srv_2", { mention_count: 2, unread: true })];
  const here = world({ listed: () => fromPage });
  const { inbox } = here.client;
  const stop = here.client.start();
  inbox.follow(["srv_1", "srv_2"]);
  inbox.open(detail("srv_1", [general, photos]));
  await settled();
  here.askedFor("/api/servers").answer(200, list(fromPage)); // What is asked when the connection is new.
  here.askedFor("/api/servers/srv_1").answer(200, detail("srv_1", [general, photos]));
  here.askedFor("/api/dms").answer(200, NO_CONVERSATIONS);
  await settled();
  const newsOf = (id: string) => {
    const { unread, mention_count } = inbox.servers.find((server) => server.id === id)!;
    return { unread, mention_count };
  };
  return { ...here, inbox, newsOf, stop };
}

const hint = (topic: string, head: number, role_ids?: string[], server_id = "srv_1") => ({
  type: "unread",
  topic: `channel:${topic}`,
  server_id,
  head,
  role_ids,
});
const read = (topic: string, last_read: number, mention_count = 0, head = last_read, server_id = "srv_1") => ({
  type: "read",
  topic: `channel:${topic}`,
  server_id,
  head,
  last_read,
  mention_count,
});

describe("what is new", () => {
  test("is what the page says, and then what hints say", async () => {
    const { inbox, event, newsOf } = await open();
    expect([inbox.of(general).unread, inbox.of(photos).unread]).toEqual([false, true]);
    expect([newsOf("srv_1"), newsOf("srv_2")]).toEqual([
      { unread: true, mention_count: 0 },
      { unread: true, mention_count: 2 },
    ]);
    event(hint("chn_1", 6, ["rol_all"]));
    expect(inbox.of(general)).toMatchObject({ unread: true, mention_count: 1 });
    expect(inbox.total).toEqual({ unread: true, mention_count: 3 });
  });

  test("goes when it is read here, or on another device", async () => {
    const { inbox, event } = await open();
    inbox.look("channel:chn_2").shown(7);
    expect(inbox.of(photos).unread).toBe(false);
    event(hint("chn_1", 6));
    expect(inbox.of(general).unread).toBe(true);
    event(read("chn_1", 6));
    expect(inbox.of(general).unread).toBe(false);
  });

  test("elsewhere leaves out the channel that one looks at", async () => {
    const { inbox, event } = await open();
    event(hint("chn_1", 6, ["rol_own"]));
    expect(inbox.elsewhere(general)).toEqual({ unread: true, mention_count: 2 });
    expect(inbox.elsewhere(photos)).toEqual({ unread: true, mention_count: 3 });
  });

  test("in a server that was not opened is asked for, once, and then known", async () => {
    const { askedFor, asked, event, newsOf } = await open();
    const start = asked.length;
    event(read("chn_9", 3, 4, 8, "srv_2"));
    event(read("chn_9", 3, 5, 9, "srv_2"));
    await settled();
    const before = asked.length;
    expect(asked.slice(start).map(({ path }) => path)).toEqual(["/api/servers/srv_2"]);
    askedFor("/api/servers/srv_2").answer(200, detail("srv_2", [channel("chn_9", "srv_2", { head: 9, last_read: 3, mention_count: 5 })]));
    await settled();
    expect(newsOf("srv_2")).toEqual({ unread: true, mention_count: 5 });
    event(read("chn_9", 9, 0, 9, "srv_2"));
    event(hint("chn_10", 1, [], "srv_2")); // A channel whose making was missed.
    await settled();
    expect(newsOf("srv_2")).toEqual({ unread: true, mention_count: 0 });
    expect(asked.length).toBe(before);
  });
});

/** What is asked for after a break, or when what failed is repeated. */
async function askedAgain(
  { asked }: Pick<Awaited<ReturnType<typeof open>>, "asked">,
  act: () => void,
  paths = ["/api/servers", "/api/servers/srv_1", "/api/dms"],
) {
  const before = asked.length;
  act();
  const again = () => asked.slice(before).map(({ path }) => path);
  await expect.poll(again, { timeout: 5_000 }).toEqual(paths);
  await settled();
  expect(again()).toEqual(paths);
  for (const one of asked.slice(before)) if (one.path === "/api/dms") one.answer(200, NO_CONVERSATIONS);
}

const busy = { code: "limit.rate", error: "Slow down.", request_id: "req_1" };

test.each(["the list", "the open server"])(
  "if %s cannot be had, the rest is taken in, and only that is asked for again until it comes",
  async (failing) => {
    const here = await open();
    const { askedFor, inbox } = here;
    await askedAgain(here, here.drop);
    const answer = {
      "/api/servers": () => askedFor("/api/servers").answer(200, list([listed("srv_1"), listed("srv_2")])),
      "/api/servers/srv_1": () => askedFor("/api/servers/srv_1").answer(200, detail("srv_1", [general, { ...photos, last_read: 7 }])),
    };
    const [bad, good] =
      failing === "the list" ? (["/api/servers", "/api/servers/srv_1"] as const) : (["/api/servers/srv_1", "/api/servers"] as const);
    const news = () => [inbox.servers.find(({ id }) => id === "srv_2")!.unread, inbox.of(photos).unread];
    answer[good]();
    await askedAgain(here, () => askedFor(bad).answer(429, busy), [bad]);
    expect(news()).toEqual(failing === "the list" ? [true, false] : [false, true]);
    await askedAgain(here, () => askedFor(bad).breakOff(), [bad]);
    answer[bad]();
    await settled();
    expect(news()).toEqual([false, false]);
  },
);

test("a server that must be asked about too is asked about until that succeeds; one that is refused is not", async () => {
  const here = await open();
  await askedAgain(here, here.drop);
  here.askedFor("/api/servers/srv_1").answer(404, { code: "server.not_found", error: "No." });
  const recent = ["srv_2", "srv_3"].map((id) => listed(id, { recent: true }));
  await askedAgain(here, () => here.askedFor("/api/servers").answer(200, list([listed("srv_1"), ...recent])), ["/api/servers/srv_2"]);
  await askedAgain(here, () => here.askedFor("/api/servers/srv_2").answer(404, { code: "server.not_found", error: "No." }), [
    "/api/servers/srv_3",
  ]);
  await askedAgain(here, () => here.askedFor("/api/servers/srv_3").answer(503, busy), ["/api/servers/srv_3"]);
  here.askedFor("/api/servers/srv_3").answer(200, detail("srv_3", [channel("chn_9", "srv_3", { head: 9 })]));
  await settled();
  expect(here.newsOf("srv_3").unread).toBe(true);
});

test("a hint that comes while the list is on its way is not taken back by it", async () => {
  const here = await open();
  here.event(hint("chn_9", 1, [], "srv_2"));
  await settled();
  here.askedFor("/api/servers/srv_2").answer(200, detail("srv_2", [channel("chn_9", "srv_2", { head: 1, last_read: 1 })]));
  await askedAgain(here, here.drop);
  here.askedFor("/api/servers/srv_1").answer(200, detail("srv_1", [general, photos]));
  here.event(hint("chn_9", 2, [], "srv_2"));
  await askedAgain(here, () => here.askedFor("/api/servers").answer(200, list([listed("srv_1"), listed("srv_2")])), ["/api/servers/srv_2"]);
  here.askedFor("/api/servers/srv_2").answer(200, detail("srv_2", [channel("chn_9", "srv_2", { head: 2, last_read: 1 })]));
  await settled();
  expect(here.newsOf("srv_2").unread).toBe(true);
});

test("what may have been missed is asked for, and where talk is going on, channel by channel", async () => {
  const { drop, inbox, asked, askedFor, newsOf } = await open();
  await askedAgain({ asked }, drop);
  askedFor("/api/servers").answer(200, list([listed("srv_1"), listed("srv_2", { recent: true })]));
  askedFor("/api/servers/srv_1").answer(200, detail("srv_1", [general, { ...photos, last_read: 7 }]));
  await settled();
  expect(inbox.total).toEqual({ unread: false, mention_count: 0 });
  askedFor("/api/servers/srv_2").answer(200, detail("srv_2", [channel("chn_9", "srv_2", { head: 9, last_read: 8 })]));
  await settled();
  expect(newsOf("srv_2")).toEqual({ unread: true, mention_count: 0 });
});

describe("a server that is this person's no more", () => {
  test("is gone with all that was kept of it, and what was not sent is handed back", async () => {
    const { client, inbox, event, storage } = await open();
    const timeline = client.open({ server_id: "srv_1", channel_id: "chn_1" }, { messages: [message(1)], hasOlder: false, head: 1 });
    timeline.draft = "half a thought";
    timeline.send("too late");
    await settled();
    event({ type: "kicked", topic: "user:usr_me", server_id: "srv_1", reason: "kick" });
    expect(inbox.servers.map(({ id }) => id)).toEqual(["srv_2"]);
    expect(inbox.isDeparted("srv_1")).toBe(true);
    expect(client.farewells).toEqual([{ id: "srv_1", name: "the srv_1", reason: "kick", unsent: ["too late"] }]);
    expect(storage.getItem("agora:outbox:usr_me")).toBeNull();
    const again = client.open({ server_id: "srv_1", channel_id: "chn_1" }, { messages: [], hasOlder: false, head: 0 });
    expect([again.draft, again.rows]).toEqual(["", []]);
  });

  test("is not marked any more, and what is still heard of it is not kept", async () => {
    const { inbox, event, asked } = await open();
    const look = inbox.look("channel:chn_2");
    look.shown(7);
    event({ type: "kicked", topic: "user:usr_me", server_id: "srv_1", reason: "kick" });
    const before = asked.length;
    look.stop();
    inbox.flush();
    event(hint("chn_2", 9));
    await settled();
    expect(asked.length).toBe(before);
    inbox.open(
      detail(
        "srv_1",
        [general, photos].map((one) => ({ ...one, head: 3, last_read: 2 })),
      ),
    );
    expect([inbox.of(general), inbox.of(photos)]).toMatchObject([
      { head: 3, last_read: 2 },
      { head: 3, last_read: 2 },
    ]);
  });

  test("is told once, however often it is heard of, until it is taken note of", async () => {
    const { client, event } = await open();
    for (let times = 0; times < 2; times++) event({ type: "kicked", topic: "user:usr_me", server_id: "srv_2", reason: "ban" });
    expect(client.farewells.map(({ reason }) => reason)).toEqual(["ban"]);
    client.dismissFarewell(client.farewells[0]!);
    expect(client.farewells).toEqual([]);
  });

  test("was left on purpose, if they said so", async () => {
    const { client, inbox, event } = await open();
    inbox.leaving("srv_2");
    event({ type: "kicked", topic: "user:usr_me", server_id: "srv_2", reason: "kick" });
    expect(client.farewells.map(({ reason }) => reason)).toEqual(["left"]);
  });

  test("is there again when it is opened again", async () => {
    const { inbox, event } = await open();
    event({ type: "kicked", topic: "user:usr_me", server_id: "srv_1", reason: "kick" });
    inbox.open(detail("srv_1", [general]));
    expect([inbox.isDeparted("srv_1"), inbox.servers.length]).toEqual([false, 2]);
  });
});

test("a channel that is deleted has no news any more, and a server is called as it is called now", async () => {
  const { inbox, event, newsOf } = await open();
  event({ type: "unread", topic: "channel:chn_2", server_id: "srv_1", head: 9 });
  expect(newsOf("srv_1").unread).toBe(true);
  event({ type: "channel_deleted", topic: "server:srv_1", server_id: "srv_1", channel_id: "chn_2" });
  expect(newsOf("srv_1").unread).toBe(false);
  event({ type: "server_updated", topic: "server:srv_1", server: bareServer("srv_1", { name: "renamed" }), roles: [] });
  expect(inbox.nameOf("srv_1")).toBe("renamed");
});
