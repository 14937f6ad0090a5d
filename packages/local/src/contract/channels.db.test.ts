import { useSockets } from "@agora/core/realtime/sockets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { interleavePut } from "../testing/interleave";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Frame, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});
afterEach(async () => {
  useSockets(stack.sockets);
  await clients.closeAll();
});

interface Channel {
  id: string;
  name: string;
  private: boolean;
}

const channelsPath = (id = "") => `/servers/${world.serverId}/channels${id && `/${id}`}`;
const memberPath = ({ user }: Person) => `/servers/${world.serverId}/members/${user.id}`;
const make = (body: object = {}) => world.byOwner<Channel>(`POST ${channelsPath()}`, { name: "new", kind: "text", ...body });
const change = (id: string, body: object) => world.byOwner<Channel>(`PATCH ${channelsPath(id)}`, body);
const send = (who: Person, id: string, content = "hello") =>
  stack.api(`POST ${channelsPath(id)}/messages`, { token: who.token, body: { content } });
const serverOf = async (who: Person) => (await stack.api(`GET /servers/${world.serverId}`, { token: who.token })).body;
const namesFor = async (who: Person) => (await serverOf(who)).channels.map(({ name }: Channel) => name);
const serverTopic = () => `server:${world.serverId}`;
/** An id of the same server that is nobody's. */
const nearly = (id: string) => id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
const quiet = (ms = 80) => new Promise((resolve) => setTimeout(resolve, ms));
const typesOf = ({ frames }: { frames: Frame[] }) => frames.map(({ type }) => type);

describe("channels", () => {
  test("have topic, category and slow mode, which can be changed one by one", async () => {
    const made = await make({ name: "Off  Topic", topic: "anything", category: "Fun", slow_mode_seconds: 5 });
    expect(made).toMatchObject({
      name: "off-topic",
      topic: "anything",
      category: "Fun",
      slow_mode_seconds: 5,
      private: false,
      allowed_role_ids: [],
      allowed_user_ids: [],
    });
    expect(await change(made.id, { topic: null })).toEqual({ ...made, topic: null });
    expect(await change(made.id, { name: "On Topic", category: "" })).toEqual({ ...made, topic: null, name: "on-topic", category: null });
    expect(await change(made.id, {})).toMatchObject({ name: "on-topic" });
  });

  test("are changed, ordered and deleted by those who manage channels, and by nobody else", async () => {
    const manager = await world.newMemberWith("manage_channels");
    const { id } = await make();
    const calls: [string, object | undefined][] = [
      [`PATCH ${channelsPath(id)}`, { topic: "x" }],
      [`PUT ${channelsPath()}`, { order: [id] }],
      [`DELETE ${channelsPath(id)}`, undefined],
    ];
    for (const [signature, body] of calls) {
      const refused = await stack.api(signature, { token: world.guest.token, body });
      expect([refused.status, refused.body.code]).toEqual([403, "auth.denied"]);
      expect((await stack.api(signature, { token: manager.token, body })).status).toBeLessThan(300);
    }
  });

  test("stand in the order that they were given; new ones come behind", async () => {
    const [a, b, c] = [await make({ name: "a" }), await make({ name: "b" }), await make({ name: "c" })];
    const { channels } = await world.byOwner<{ channels: Channel[] }>(`PUT ${channelsPath()}`, { order: [c.id, a.id] });
    expect(channels.map(({ name }) => name)).toEqual(["c", "a", "general", "b"]);
    await make({ name: "d" });
    expect(await namesFor(world.guest)).toEqual(["c", "a", "general", "b", "d"]);
    const twice = await stack.api(`PUT ${channelsPath()}`, { token: world.owner.token, body: { order: [b.id, b.id, a.id] } });
    expect(twice.status).toBe(200);
    const unknown = await stack.api(`PUT ${channelsPath()}`, { token: world.owner.token, body: { order: [nearly(b.id)] } });
    expect([unknown.status, unknown.body.code]).toEqual([404, "channel.not_found"]);
  });

  test("that are deleted are gone with what was said in them; the name is free and the number of channels right", async () => {
    const { id } = await make();
    for (let i = 0; i < 30; i++) await send(world.guest, id, String(i));
    const looking = await clients.listen(world.guest, serverTopic());
    await world.byOwner(`DELETE ${channelsPath(id)}`);
    await looking.next(({ type, channel_id }) => type === "channel_deleted" && channel_id === id);
    for (const call of [send(world.guest, id), stack.api(`GET ${channelsPath(id)}/messages`, { token: world.owner.token })]) {
      const { status, body } = await call;
      expect([status, body.code]).toEqual([404, "channel.not_found"]);
    }
    const again = await stack.api(`DELETE ${channelsPath(id)}`, { token: world.owner.token });
    expect([again.status, again.body.code]).toEqual([404, "channel.not_found"]);
    const denied = await (await clients.connect(world.guest)).ask({ action: "subscribe", topics: [{ topic: `channel:${id}` }] });
    expect(denied.denied).toEqual([`channel:${id}`]);
    expect(await namesFor(world.guest)).toEqual(["general"]);
  });

  test.each([
    [{ slow_mode_seconds: -1 }, "slow_mode_seconds"],
    [{ slow_mode_seconds: 21_601 }, "slow_mode_seconds"],
    [{ slow_mode_seconds: 1.5 }, "slow_mode_seconds"],
    [{ private: "yes" }, "private"],
    [{ allowed_role_ids: ["rol_0000000000000000"] }, "allowed_role_ids"],
    [{ name: "" }, "name"],
    [{ kind: "text" }, "kind"],
  ])("are not changed to %j", async (body, place) => {
    const answer = await stack.api(`PATCH ${channelsPath(world.channelId)}`, { token: world.owner.token, body });
    expect([answer.status, Object.keys(answer.body.details)]).toEqual([400, [place]]);
  });
});

describe("a private channel", () => {
  test("is there for the owner, who manages channels, whose role is allowed and who is named, and absent for all others", async () => {
    const [byRole, manager, byName] = [await world.newMemberWith(), await world.newMemberWith("manage_channels"), await world.newMember()];
    const other = await world.newMemberWith("manage_server", "moderate_messages", "moderate_members", "manage_roles");
    const made = await make({ name: "secret", private: true, allowed_role_ids: [byRole.roleId], allowed_user_ids: [byName.user.id] });
    for (const who of [world.owner, byRole, manager, byName]) {
      expect(await namesFor(who)).toEqual(["general", "secret"]);
      expect((await send(who, made.id)).status).toBe(201);
    }
    for (const who of [world.guest, other]) {
      expect(await namesFor(who)).toEqual(["general"]);
      const there = await send(who, made.id);
      const absent = await send(who, nearly(made.id));
      const strip = ({ request_id: _, ...body }: Record<string, unknown>) => body;
      expect([there.status, strip(there.body)]).toEqual([absent.status, strip(absent.body)]);
      expect(there.status).toBe(404);
      const { denied } = await (await clients.connect(who)).ask({ action: "subscribe", topics: [{ topic: `channel:${made.id}` }] });
      expect(denied).toHaveLength(1);
    }
    const servers = (await stack.api("GET /servers", { token: world.guest.token })).body.servers;
    expect(servers).toMatchObject([{ unread: false, mention_count: 0 }]);
  });

  test("is not heard of by those who may not see it: not when it is made, changed, spoken in or deleted", async () => {
    const friend = await world.newMember();
    const [outside, inside] = [await clients.listen(world.guest, serverTopic()), await clients.listen(friend, serverTopic())];
    await clients.listen(world.guest, `user:${world.guest.user.id}`);
    const { id } = await make({ private: true, allowed_user_ids: [friend.user.id] });
    await change(id, { topic: "x" });
    await send(world.owner, id, `<@${world.guest.user.id}> <@${friend.user.id}> @everyone`);
    await inside.next(({ type, topic }) => type === "unread" && topic === `channel:${id}`);
    await world.byOwner(`DELETE ${channelsPath(id)}`);
    await inside.next(({ type }) => type === "channel_deleted");
    expect(typesOf(inside)).toEqual(["subscribed", "channel_created", "channel_updated", "unread", "channel_deleted"]);
    await quiet();
    expect(typesOf(outside)).toEqual(["subscribed"]);
  });

  test("a mention there is for those who see it", async () => {
    const friend = await world.newMember();
    const { id } = await make({ private: true, allowed_user_ids: [friend.user.id] });
    const ears = await clients.listen(world.guest, `user:${world.guest.user.id}`);
    const { body } = await send(world.owner, id, `<@${world.guest.user.id}> <@${friend.user.id}>`);
    expect(body.mentions).toEqual([friend.user.id]);
    expect((await serverOf(friend)).channels.at(-1)).toMatchObject({ id, mention_count: 1 });
    await quiet();
    expect(typesOf(ears)).toEqual(["subscribed"]);
  });

  /** Everything that takes a private channel out of somebody's sight, each beside somebody who keeps it. */
  const losses: [string, (lose: Person & { roleId: string }, id: string) => Promise<unknown>][] = [
    ["the channel names the role no more", (_, id) => change(id, { allowed_role_ids: [] })],
    ["the role is taken away", (lose) => world.byOwner(`PATCH ${memberPath(lose)}`, { role_ids: [] })],
    ["the role is deleted", ({ roleId }) => world.byOwner(`DELETE /servers/${world.serverId}/roles/${roleId}`)],
  ];
  test.each(losses)("is heard and read no more from the moment that it is acknowledged that %s", async (_, takeAway) => {
    const lose = await world.newMemberWith();
    const keep = await world.newMember();
    const { id } = await make({ private: true, allowed_role_ids: [lose.roleId], allowed_user_ids: [keep.user.id] });
    const topic = `channel:${id}`;
    const [gone, stays] = [await clients.listen(lose, topic), await clients.listen(keep, topic)];
    await send(world.owner, id, "before");
    await Promise.all([gone, stays].map((client) => client.next(({ type }) => type === "new_message")));

    // A push that has found its listeners already must not reach them afterwards.
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let isHeld = () => {};
    const held = new Promise<void>((resolve) => (isHeld = resolve));
    useSockets({
      ...stack.sockets,
      async push(ids, frame) {
        if (frame.includes("on its way")) {
          isHeld();
          await released;
        }
        return stack.sockets.push(ids, frame);
      },
    });
    const sending = send(world.owner, id, "on its way");
    await held;
    await takeAway(lose, id);
    release();
    await sending;
    await send(world.owner, id, "after");
    await stays.next(({ message }) => message?.content === "after");
    await quiet();
    expect(gone.frames.filter(({ type }) => type === "new_message").map(({ message }) => message.content)).toEqual(["before"]);
    expect((await stack.api(`GET ${channelsPath(id)}/messages`, { token: lose.token })).body.code).toBe("channel.not_found");
    expect(stays.socket.readyState).toBe(stays.socket.OPEN);
  });

  test("to become private closes it to those who listen, tells them that it is gone, and shows it again when it opens", async () => {
    const friend = await world.newMember();
    const { id } = await make();
    const [gone, stays] = [await clients.listen(world.guest, `channel:${id}`), await clients.listen(friend, `channel:${id}`)];
    const [outside, inside] = [await clients.listen(world.guest, serverTopic()), await clients.listen(friend, serverTopic())];
    await change(id, { private: true, allowed_user_ids: [friend.user.id] });
    expect(gone.socket.readyState).toBe(gone.socket.CLOSED);
    expect(stays.socket.readyState).toBe(stays.socket.OPEN);
    await outside.next(({ type, channel_id }) => type === "channel_deleted" && channel_id === id);
    await inside.next(({ type, channel }) => type === "channel_updated" && channel.private);
    expect(typesOf(outside)).not.toContain("channel_updated");
    await change(id, { private: false });
    await outside.next(({ type, channel }) => type === "channel_updated" && channel.id === id && !channel.private);
    expect(await namesFor(world.guest)).toEqual(["general", "new"]);
  });

  test("whoever subscribes while they lose it hears nothing afterwards", async () => {
    const { listeners: _, ...withoutMemory } = stack.sockets; // as on AWS: who listens stands in the table alone
    useSockets(withoutMemory);
    const { id } = await make();
    const topic = `channel:${id}`;
    const client = await clients.connect(world.guest);
    // Their right was looked up, and they are not among those who listen yet.
    const asking = () => client.ask({ action: "subscribe", topics: [{ topic }] });
    const answer = await interleavePut("Connections", topic, asking, () => change(id, { private: true }));
    expect(answer).toMatchObject({ topics: [], denied: [topic] });
    await send(world.owner, id, "too late");
    await quiet();
    expect(typesOf(client)).not.toContain("new_message");
  });
});
