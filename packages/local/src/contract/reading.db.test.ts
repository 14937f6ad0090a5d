import { inThisProcess } from "@agora/core/in-this-process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Frame, type Person, type SocketClient, type Stack } from "../testing/stack";

const MINUTE = 60_000;

let stack: Stack;
let world: Community;
let readPath: string;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  // The start of a minute, so that a burst ends when the test says so.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / MINUTE) * MINUTE });
  world = await startCommunity(stack);
  readPath = world.path.replace(/messages$/, "read");
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

const say = async (content: string, who = world.owner) =>
  (await stack.api(`POST ${world.path}`, { token: who.token, body: { content } })).body as { seq: number; mentions: string[] };
const mark = (who: Person, seq: unknown) => stack.api(`PUT ${readPath}`, { token: who.token, body: { seq } });
const stateFor = async (who: Person) => {
  const { body } = await stack.api(`GET /servers/${world.serverId}`, { token: who.token });
  const [{ head, last_read, mention_count }] = body.channels;
  return { head, last_read, mention_count };
};
const listen = (who: Person, ...topics: string[]) => clients.listen(who, ...topics);
/** As another process would be: this one would not announce a message twice anyway. */
const forgetAnnouncements = () => inThisProcess("announced", () => new Map()).clear();
/** What came so far, but answers. A message of one's own that comes back says that all before it has come. */
async function settled(client: SocketClient, type: string): Promise<Frame[]> {
  await client.ask({ action: "ping" });
  return client.frames.filter((frame) => frame.type === type);
}

describe("a read mark", () => {
  test("starts at 0, moves forward to the last message at most, and never back", async () => {
    for (let i = 1; i <= 3; i++) await say(`${i}`);
    expect(await stateFor(world.guest)).toEqual({ head: 3, last_read: 0, mention_count: 0 });
    expect((await mark(world.guest, 2)).body).toEqual({ last_read: 2, mention_count: 0 });
    expect((await mark(world.guest, 1)).body).toEqual({ last_read: 2, mention_count: 0 });
    expect((await mark(world.guest, 99)).body).toEqual({ last_read: 3, mention_count: 0 });
    expect(await stateFor(world.guest)).toEqual({ head: 3, last_read: 3, mention_count: 0 });
    expect(await stateFor(world.owner)).toEqual({ head: 3, last_read: 0, mention_count: 0 }); // sending moves no mark
  });

  test("of an empty channel stays at 0; what is no number is refused", async () => {
    expect((await mark(world.guest, 5)).body).toEqual({ last_read: 0, mention_count: 0 });
    for (const seq of [-1, 1.5, "1", null]) expect((await mark(world.guest, seq)).body.code).toBe("input.invalid");
  });

  test("of 20 devices that mark at once ends at the highest", async () => {
    for (let i = 1; i <= 5; i++) await say(`${i}`);
    await Promise.all(Array.from({ length: 20 }, (_, i) => mark(world.guest, (i % 5) + 1)));
    expect((await stateFor(world.guest)).last_read).toBe(5);
  });

  test("is told to the account's devices and to nobody else; one that did not move is not told", async () => {
    const device = await listen(world.guest, `user:${world.guest.user.id}`);
    const other = await listen(world.owner, `user:${world.owner.user.id}`, world.topic, `server:${world.serverId}`);
    await say("one");
    await mark(world.guest, 1);
    await mark(world.guest, 1);
    expect(await settled(device, "read")).toEqual([
      { type: "read", topic: world.topic, server_id: world.serverId, head: 1, last_read: 1, mention_count: 0 },
    ]);
    expect(await settled(other, "read")).toEqual([]);
  });

  test("decides what is unread in the list of servers", async () => {
    const unread = async () => {
      const { body } = await stack.api("GET /servers", { token: world.guest.token });
      return body.servers.map(({ unread, mention_count }: Frame) => [unread, mention_count]);
    };
    expect(await unread()).toEqual([[false, 0]]);
    await say(`hello <@${world.guest.user.id}>`);
    expect(await unread()).toEqual([[true, 1]]);
    await mark(world.guest, 1);
    expect(await unread()).toEqual([[false, 0]]);
  });
});

test("a channel says whether something was said just now, since then what follows at once brings no hint", async () => {
  const recent = async () => (await stack.api(`GET /servers/${world.serverId}`, { token: world.guest.token })).body.channels[0].recent;
  expect(await recent()).toBe(false);
  await say("now");
  expect(await recent()).toBe(true);
  vi.setSystemTime(Date.now() + 64_000);
  expect(await recent()).toBe(true);
  vi.setSystemTime(Date.now() + 1_001);
  expect(await recent()).toBe(false);
});

describe("mentions", () => {
  test("are of members only, each once, in the order of the text", async () => {
    const outsider = await stack.register();
    const { owner, guest } = world;
    const said = await say(`<@${guest.user.id}> <@${outsider.user.id}> <@${owner.user.id}> <@${guest.user.id}> <@usr_nobody>`);
    expect(said.mentions).toEqual([guest.user.id, owner.user.id]);
  });

  test("in code are none: nobody counts them, and no device is told", async () => {
    const me = `<@${world.guest.user.id}>`;
    const device = await listen(world.guest, `user:${world.guest.user.id}`);
    expect((await say(`\`${me}\` and \`@everyone\``)).mentions).toEqual([]);
    expect((await say(`look:\n\`\`\`\n${me} @everyone\n\`\`\``)).mentions).toEqual([]);
    expect((await say(`\\${me}`)).mentions).toEqual([]);
    expect((await stateFor(world.guest)).mention_count).toBe(0);
    expect((await say(`\`${me}\` ${me}`)).mentions).toEqual([world.guest.user.id]);
    expect(await settled(device, "read")).toMatchObject([{ head: 4, mention_count: 1 }]);
  });

  test("count behind the mark, whichever way somebody is meant, and each message once", async () => {
    const me = `<@${world.guest.user.id}>`;
    await say(me);
    await say("@everyone");
    await say(`@everyone and ${me} and ${me}`);
    await say("nobody");
    expect((await stateFor(world.guest)).mention_count).toBe(3);
    expect((await mark(world.guest, 1)).body.mention_count).toBe(2);
    expect((await mark(world.guest, 2)).body.mention_count).toBe(1);
    expect((await mark(world.guest, 4)).body.mention_count).toBe(0);
    expect((await stateFor(world.owner)).mention_count).toBe(2);
  });

  test("of everyone count for those who may mention everyone only", async () => {
    await say("@everyone", world.guest);
    expect((await stateFor(world.owner)).mention_count).toBe(0);
    await say("@everyone", world.owner);
    expect((await stateFor(world.guest)).mention_count).toBe(1);
  });

  test("reach the person's devices, also when they look at nothing", async () => {
    const device = await listen(world.guest, `user:${world.guest.user.id}`);
    await say("@everyone");
    await say(`<@${world.guest.user.id}>`);
    expect(await settled(device, "read")).toEqual([
      { type: "read", topic: world.topic, server_id: world.serverId, head: 2, last_read: 0, mention_count: 2 },
    ]);
  });

  test("are those of the message that is stored, whatever text its repeat comes with", async () => {
    const send = (content: string) =>
      stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content, nonce: "n", after: 0 } });
    await send("nobody");
    forgetAnnouncements();
    expect((await send(`<@${world.guest.user.id}>`)).body.mentions).toEqual([]);
    expect((await stateFor(world.guest)).mention_count).toBe(0);
  });

  test("are not counted again by a repeat of the message", async () => {
    const body = { content: `<@${world.guest.user.id}>`, nonce: "n", after: 0 };
    await Promise.all(Array.from({ length: 10 }, () => stack.api(`POST ${world.path}`, { token: world.owner.token, body })));
    expect(await stateFor(world.guest)).toEqual({ head: 1, last_read: 0, mention_count: 1 });
  });
});

describe("a hint", () => {
  const server = () => `server:${world.serverId}`;

  test("goes once a burst to those who do not look at the channel; they get no message, and those who look no hint", async () => {
    const aside = await listen(world.guest, server());
    const looking = await listen(world.guest, server(), world.topic);
    for (let i = 1; i <= 3; i++) await say(`${i}`);
    vi.setSystemTime(Date.now() + MINUTE);
    for (let i = 4; i <= 5; i++) await say(`${i}`);
    expect((await settled(aside, "unread")).map(({ topic, head }) => [topic, head])).toEqual([
      [world.topic, 1],
      [world.topic, 4],
    ]);
    expect(await settled(aside, "new_message")).toEqual([]);
    expect((await settled(looking, "new_message")).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(await settled(looking, "unread")).toEqual([]);
  });

  test("says in the middle of a burst too that everyone is mentioned", async () => {
    const aside = await listen(world.guest, server());
    await say("one");
    await say("@everyone");
    await say("three");
    expect((await settled(aside, "unread")).map(({ head, role_ids }) => [head, role_ids?.length ?? 0])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });
});

describe("typing", () => {
  const type = (who: Person) => stack.api(`POST ${world.path.replace(/messages$/, "typing")}`, { token: who.token });

  test("is told to those who look at the channel, and not to the one who writes", async () => {
    const looking = await listen(world.guest, world.topic);
    const aside = await listen(world.guest, `server:${world.serverId}`);
    const own = await listen(world.owner, world.topic);
    expect((await type(world.owner)).status).toBe(204);
    own.socket.send(JSON.stringify({ action: "typing", topic: world.topic }));
    await say("said");
    await looking.next(({ type: t }) => t === "new_message");
    const heard = await settled(looking, "typing");
    expect(heard.map(({ topic, user }) => [topic, user.id])).toEqual([[world.topic, world.owner.user.id]]); // the second came too soon
    expect([await settled(aside, "typing"), await settled(own, "typing")]).toEqual([[], []]);
  });

  test("by the socket has no answer unless it is refused", async () => {
    const looking = await listen(world.guest, world.topic);
    const own = await listen(world.owner, world.topic);
    own.socket.send(JSON.stringify({ action: "typing", id: 7, topic: world.topic }));
    await looking.next(({ type: t }) => t === "typing");
    await own.ask({ action: "ping" });
    expect(own.frames.filter(({ id }) => id === 7)).toEqual([]);
    const outsider = await stack.connect((await stack.register()).token);
    clients.add(outsider);
    expect((await outsider.ask({ action: "typing", topic: world.topic })).code).toBe("server.not_found");
    expect((await outsider.ask({ action: "typing", topic: "server:srv_1" })).code).toBe("channel.not_found");
  });
});
