import type { ServerListItem } from "@agora/core/protocol/server";
import { describe, expect, test } from "vitest";
import { bareServer, channel, conversation, server } from "../testing/community";
import { me, settled, world } from "../testing/world";
import { Switcher } from "./switcher.svelte";

const listedServer = (id: string, name: string): ServerListItem => ({
  ...bareServer(id, { name }),
  unread: false,
  recent: false,
  mention_count: 0,
});

/** A person of two servers, of which one is open, with a conversation. */
function open({ recent = [] as string[], here = "/channels/srv_1/chn_1" } = {}) {
  const servers = [listedServer("srv_1", "Garden"), listedServer("srv_2", "Workshop")];
  const users = [me, { id: "usr_2", username: "ilya", display_name: "Ilya", avatar_url: null, created_at: 0 }];
  const listed = { conversations: [conversation("dm_1", ["usr_2"], { users })], next_cursor: null };
  const there = world({ listed: () => servers, conversations: () => listed });
  const channels = [channel("chn_1", "srv_1", { name: "general" }), channel("chn_2", "srv_1", { name: "tools", head: 3 })];
  const switcher = new Switcher({
    meId: me.id,
    inbox: there.client.inbox,
    rest: there.client.rest,
    open: server("srv_1", { channels }),
    recent,
    here,
  });
  const names = () => switcher.found.map(({ name }) => name);
  return { ...there, switcher, names };
}

describe("with nothing typed", () => {
  test("where one was last comes first, then what is new, and where one is not at all", () => {
    const { names } = open({ recent: ["/channels/srv_1/chn_1", "/dms/dm_1"] });
    expect(names()).toEqual(["Ilya", "tools", "Garden", "Workshop"]);
  });
});

describe("what is typed", () => {
  test("is looked for in names, then in that of the server, and in usernames", () => {
    const { switcher, names } = open();
    switcher.type("gar");
    expect(names()).toEqual(["Garden", "tools", "general"]);
    switcher.type("@ily");
    expect(names()).toEqual(["Ilya"]);
    switcher.stop();
  });

  test("finds what one was in last before others that fit as well", () => {
    const { switcher, names } = open({ recent: ["/channels/srv_1/chn_1"], here: "/channels" });
    switcher.type("g");
    expect(names().slice(0, 2)).toEqual(["general", "Garden"]);
    switcher.stop();
  });

  test("finds people after a moment, once, without those one talks to already and oneself", async () => {
    const { switcher, names, asked, askedFor } = open();
    switcher.type("il");
    switcher.type("ily");
    await new Promise((resolve) => void setTimeout(resolve, 250));
    expect(asked.filter(({ path }) => path === "/api/users/search")).toHaveLength(1);
    const found = (id: string, username: string) => ({ id, username, display_name: null, avatar_url: null, created_at: 0 });
    askedFor("/api/users/search").answer(200, { users: [found("usr_2", "ilya"), found("usr_3", "ilyana"), found(me.id, "ilyme")] });
    await settled();
    expect(names()).toEqual(["Ilya", "ilyana"]);
    expect(switcher.found.at(-1)?.href).toBeNull();
    switcher.stop();
  });
});

describe("channels of other servers", () => {
  test("are asked for when it opens, and those of the open one are not; what cannot be had is left out", async () => {
    const { switcher, names, asked, askedFor } = open();
    expect(asked).toEqual([]);
    void switcher.load();
    await settled();
    expect(asked.map(({ path }) => path)).toEqual(["/api/servers/srv_2"]);
    askedFor("/api/servers/srv_2").answer(200, server("srv_2", { channels: [channel("chn_9", "srv_2", { name: "lathe" })] }));
    await settled();
    switcher.type("lathe");
    expect(names()).toEqual(["lathe"]);
    switcher.stop();
  });

  test("not more after it is closed", async () => {
    const { switcher, asked } = open();
    switcher.stop();
    await switcher.load();
    expect(asked).toEqual([]);
  });
});
