import type { ChannelState, ServerDetail, ServerListItem } from "@agora/core/protocol/server";
import { describe, expect, test } from "vitest";
import { message, settled, world } from "./testing/world";

const listed = (id: string, fields: Partial<ServerListItem> = {}): ServerListItem => ({
  id,
  name: `the ${id}`,
  owner_id: "usr_a",
  icon_url: null,
  created_at: 0,
  unread: false,
  recent: false,
  mention_count: 0,
  ...fields,
});

const channel = (id: string, server_id: string, fields: Partial<ChannelState> = {}): ChannelState => ({
  id,
  server_id,
  name: id,
  kind: "text",
  topic: null,
  created_at: 0,
  head: 5,
  recent: false,
  last_read: 5,
  mention_count: 0,
  ...fields,
});

function detail(id: string, channels: ChannelState[]): ServerDetail {
  const own = { user_id: "usr_me", role_ids: ["rol_own"], permissions: [], nickname: null };
  const roles = [{ id: "rol_all", name: "everyone", color: null, permissions: [] }];
  const { unread: _, recent: __, mention_count: ___, ...server } = listed(id);
  return { ...server, channels, roles, member_count: 1, me: own };
}

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
  here.askedFor("/api/servers").breakOff(); // What is asked when the connection is new; the tests say themselves what there is.
  here.askedFor("/api/servers/srv_1").breakOff();
  await settled();
  const newsOf = (id: string) => {
    const { unread, mention_count } = inbox.servers.find((server) => server.id === id)!;
    return { unread, mention_count };
  };
  return { ...here, inbox, newsOf, stop };
}

const hint = (topic: string, head: number, role_ids?: string[]) => ({ type: "unread", topic: `channel:${topic}`, head, role_ids });
const read = (topic: string, last_read: number, mention_count = 0, head = last_read) => ({
  type: "read",
  topic: `channel:${topic}`,
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
    event(read("chn_9", 3, 4, 8));
    event(read("chn_9", 3, 5, 9));
    await settled();
    const before = asked.length;
    askedFor("/api/servers/srv_2").answer(200, detail("srv_2", [channel("chn_9", "srv_2", { head: 9, last_read: 3, mention_count: 5 })]));
    await settled();
    expect(newsOf("srv_2")).toEqual({ unread: true, mention_count: 5 });
    event(read("chn_9", 9));
    await settled();
    expect(newsOf("srv_2")).toEqual({ unread: false, mention_count: 0 });
    expect(asked.length).toBe(before);
  });
});

test("what may have been missed is asked for, and where talk is going on, channel by channel", async () => {
  const { drop, inbox, asked, askedFor, newsOf } = await open();
  const before = asked.length;
  drop();
  const again = () => asked.slice(before).map(({ path }) => path);
  await expect.poll(again, { timeout: 5_000 }).toEqual(expect.arrayContaining(["/api/servers", "/api/servers/srv_1"]));
  const servers = [listed("srv_1"), listed("srv_2", { recent: true })];
  askedFor("/api/servers").answer(200, { servers, has_more: false, next_cursor: null });
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
    const timeline = client.open("srv_1", "chn_1", { messages: [message(1)], hasOlder: false, hasNewer: false });
    timeline.draft = "half a thought";
    timeline.send("too late");
    await settled();
    event({ type: "kicked", topic: "user:usr_me", server_id: "srv_1", reason: "kick" });
    expect(inbox.servers.map(({ id }) => id)).toEqual(["srv_2"]);
    expect(inbox.isDeparted("srv_1")).toBe(true);
    expect(client.farewells).toEqual([{ serverId: "srv_1", serverName: "the srv_1", reason: "kick", unsent: ["too late"] }]);
    expect(storage.getItem("agora:outbox:usr_me")).toBeNull();
    const again = client.open("srv_1", "chn_1", { messages: [], hasOlder: false, hasNewer: false });
    expect([again.draft, again.rows]).toEqual(["", []]);
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
