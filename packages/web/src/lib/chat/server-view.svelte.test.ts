import type { Channel } from "@agora/core/protocol/channel";
import type { Member } from "@agora/core/protocol/member";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ServerView } from "./server-view.svelte";
import { bareChannel, bareServer, member, server } from "./testing/community";
import { settled, world } from "./testing/world";

async function follow(loaded = { server: server("srv_1"), members: [member("usr_a")] }) {
  let current = $state.raw(loaded);
  const { client, ...wire } = world();
  const view = new ServerView(() => current);
  const stop = view.follow(client.realtime, client.rest, view.id);
  await settled();
  return { ...wire, client, view, stop, load: (next: typeof loaded) => (current = next) };
}

const joined = (one: Member) => ({ type: "member_joined", topic: "server:srv_1", member: one });
const created = (one: Channel) => ({ type: "channel_created", topic: "server:srv_1", channel: one });

describe("what happens after the page was loaded", () => {
  test("is put behind what was loaded, each once, and counted", async () => {
    const { view, event } = await follow();
    event(joined(member("usr_b")));
    event(joined(member("usr_b")));
    event(joined(member("usr_a")));
    event(created(bareChannel("photos")));
    event(created(bareChannel("photos")));
    expect(view.members.map(({ user_id }) => user_id)).toEqual(["usr_a", "usr_b"]);
    expect(view.memberCount).toBe(2);
    expect(view.channels.map(({ id }) => id)).toEqual(["general", "photos"]);
  });

  test("is not counted again when it is in what is loaded anew", async () => {
    const { view, event, load } = await follow();
    event(joined(member("usr_b")));
    load({ server: server("srv_1", { member_count: 2 }), members: [member("usr_a"), member("usr_b")] });
    expect([view.members.length, view.memberCount]).toEqual([2, 2]);
  });

  test("stays in its own server when another one is shown", async () => {
    const { view, event, load } = await follow();
    event(joined(member("usr_b")));
    event(created(bareChannel("photos")));
    load({ server: server("srv_2", { member_count: 5 }), members: [member("usr_a", "srv_2")] });
    expect(view.members.map(({ user_id }) => user_id)).toEqual(["usr_a"]);
    expect([view.memberCount, view.channels.length]).toEqual([5, 1]);
  });

  test("is not heard after it is left", async () => {
    const { view, event, stop } = await follow();
    stop();
    event(joined(member("usr_b")));
    expect(view.memberCount).toBe(1);
  });
});

describe("what others change", () => {
  const topic = "server:srv_1";
  const asksAgain = async (here: Awaited<ReturnType<typeof follow>>) => {
    await expect.poll(() => here.asked.filter(({ path }) => path === "/api/servers/srv_1").length).toBeGreaterThan(0);
    return [here.askedFor("/api/servers/srv_1"), here.askedFor("/api/servers/srv_1/members")] as const;
  };

  test("a channel that is deleted is not shown any more; one that is told of again is", async () => {
    const { view, event } = await follow();
    event(created(bareChannel("photos")));
    event({ type: "channel_deleted", topic, server_id: "srv_1", channel_id: "general" });
    expect(view.channels.map(({ id }) => id)).toEqual(["photos"]);
  });

  test("a member is shown as they are called now", async () => {
    const { view, event } = await follow({ server: server("srv_1"), members: [member("usr_a"), member("usr_b")] });
    event({ type: "member_updated", topic, member: { ...member("usr_b"), nickname: "Bee" } });
    event({ type: "member_updated", topic, member: { ...member("usr_b"), nickname: "Bea" } });
    expect([view.nameOf("usr_b"), view.members.length]).toEqual(["Bea", 2]);
  });

  test.each([
    ["the server", { type: "server_updated", topic, server: bareServer("srv_1"), roles: [] }],
    ["a channel", { type: "channel_updated", topic, channel: bareChannel("general") }],
    ["one's own roles", { type: "member_updated", topic, member: { ...member("usr_a"), role_ids: ["rol_1"] } }],
  ])("%s is asked for again when it has changed", async (_, changed) => {
    const here = await follow();
    here.event(changed);
    const [detail, list] = await asksAgain(here);
    detail.answer(200, server("srv_1", { name: "renamed" }));
    list.answer(200, { members: [member("usr_a")], has_more: false, next_cursor: null });
    await settled();
    expect(here.view.name).toBe("renamed");
  });

  test("another's new nickname is no reason to ask", async () => {
    const here = await follow({ server: server("srv_1"), members: [member("usr_a"), member("usr_b")] });
    here.event({ type: "member_updated", topic, member: member("usr_b") });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(here.asked.filter(({ path }) => path === "/api/servers/srv_1")).toEqual([]);
  });

  test("what happens while it is asked for is asked for again", async () => {
    const here = await follow();
    here.event({ type: "server_updated", topic, server: bareServer("srv_1"), roles: [] });
    const [detail, list] = await asksAgain(here);
    here.event(joined(member("usr_b")));
    const before = here.asked.length;
    detail.answer(200, server("srv_1"));
    list.answer(200, { members: [member("usr_a")], has_more: false, next_cursor: null });
    await expect.poll(() => here.asked.length - before).toBe(2);
    here.askedFor("/api/servers/srv_1").answer(200, server("srv_1", { member_count: 2 }));
    const members = [member("usr_a"), member("usr_b")];
    here.askedFor("/api/servers/srv_1/members").answer(200, { members, has_more: false, next_cursor: null });
    await settled();
    expect([here.view.members.length, here.view.memberCount]).toEqual([2, 2]);
  });
});

describe("after a break, in which something may have been missed", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  /** The connection breaks and comes back, and the server is asked for all of it again. */
  async function comeBack() {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const following = follow();
    await vi.advanceTimersByTimeAsync(100);
    const here = await following;
    here.drop();
    await vi.advanceTimersByTimeAsync(10_000);
    const [detail, list] = [here.askedFor("/api/servers/srv_1"), here.askedFor("/api/servers/srv_1/members")];
    vi.useRealTimers();
    return { ...here, detail, list };
  }

  const answerAll = ({ detail, list }: Awaited<ReturnType<typeof comeBack>>) => {
    detail.answer(200, server("srv_1", { name: "renamed", member_count: 2 }));
    list.answer(200, { members: [member("usr_a"), member("usr_b")], has_more: false, next_cursor: null });
    return settled();
  };

  test("the server is shown as it is now", async () => {
    const here = await comeBack();
    await answerAll(here);
    expect([here.view.name, here.view.memberCount]).toEqual(["renamed", 2]);
  });

  test("what was shown stays, if that cannot be learned, until it can", async () => {
    const { view, stop, asked, askedFor, ...here } = await comeBack();
    const before = asked.length;
    here.detail.breakOff();
    here.list.answer(429, { code: "limit.requests", error: "Slow down." });
    await settled();
    expect([view.name, view.memberCount]).toEqual(["srv_1", 1]);
    await expect.poll(() => asked.length - before, { timeout: 5_000 }).toBe(2);
    await answerAll({
      ...here,
      view,
      stop,
      asked,
      askedFor,
      detail: askedFor("/api/servers/srv_1"),
      list: askedFor("/api/servers/srv_1/members"),
    });
    expect([view.name, view.memberCount]).toEqual(["renamed", 2]);
    stop();
  });

  test("nothing is asked for any more by who has left, or was refused", async () => {
    const left = await comeBack();
    left.detail.breakOff();
    left.list.breakOff();
    await settled();
    left.stop();
    const refused = await comeBack();
    refused.detail.answer(404, { code: "server.not_found", error: "No." });
    await settled();
    const before = [left.asked.length, refused.asked.length];
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([left.asked.length, refused.asked.length]).toEqual(before);
  });

  test("what a page brings later counts more", async () => {
    const here = await comeBack();
    await answerAll(here);
    here.load({ server: server("srv_2", { member_count: 5 }), members: [] });
    expect([here.view.name, here.view.memberCount]).toEqual(["srv_2", 5]);
  });
});

test("people beyond those that were loaded are counted too", async () => {
  const { view, event } = await follow({ server: server("srv_1", { member_count: 250 }), members: [member("usr_a")] });
  event(joined(member("usr_b")));
  expect(view.memberCount).toBe(251);
});

test.each([
  [["create_invites" as const], true],
  [[], false],
])("with the permissions %j inviting is offered: %s", async (permissions, expected) => {
  const { view } = await follow({ server: server("srv_1", { me: { permissions } }), members: [] });
  expect(view.canInvite).toBe(expected);
});
