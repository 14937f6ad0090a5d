import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { useSockets } from "@agora/core/realtime/sockets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Frame, type Person, type SocketClient, type Stack } from "../testing/stack";

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

const connect = (who: Person) => clients.connect(who);
const listen = (who: Person, ...topics: string[]) => clients.listen(who, ...topics);
const isOpen = ({ socket }: SocketClient) => socket.readyState === socket.OPEN;

describe("an account", () => {
  test("has at most ten sockets: for one more the oldest is told and closed", async () => {
    const first = [];
    for (let i = 0; i < 10; i++) first.push(await connect(world.guest));
    expect(first.every(isOpen)).toBe(true);
    const eleventh = await connect(world.guest);
    await first[0]?.next(({ code }) => code === "limit.sockets");
    await eleventh.ask({ action: "ping" });
    expect(first.map(isOpen)).toEqual([false, ...Array<boolean>(9).fill(true)]);
    expect(isOpen(await connect(world.owner))).toBe(true);
  });

  test("that opens 25 at the same moment ends with ten, all of which work", async () => {
    const opened = await Promise.allSettled(Array.from({ length: 25 }, () => stack.connect(world.guest.token)));
    const sockets = opened.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
    clients.add(...sockets);
    for (const one of opened) if (one.status === "rejected") expect(String(one.reason)).toMatch(/429|503/);
    // Whoever was closed has read that by now, or hears it at the next word.
    const alive = await Promise.all(
      sockets.map(async (one) => isOpen(one) && (await one.ask({ action: "ping" }).catch(() => ({}))).type === "pong"),
    );
    const count = alive.filter(Boolean).length;
    expect(count).toBe(10);
  });
});

describe("a session", () => {
  test("that is ended from another one closes its sockets at once, and only its own", async () => {
    const { body: elsewhere } = await stack.api("POST /auth/login", {
      body: { email: world.guest.user.email, password: "a long enough password" },
    });
    const [here, there] = [await connect(world.guest), await connect(elsewhere)];
    const list = async () => (await stack.api("GET /auth/sessions", { token: world.guest.token })).body.sessions as Frame[];
    const other = (await list()).find(({ current }) => !current);
    expect(await list()).toHaveLength(2);
    expect((await stack.api(`DELETE /auth/sessions/${other?.id}`, { token: world.guest.token })).status).toBe(204);
    expect([isOpen(here), isOpen(there)]).toEqual([true, false]);
    expect((await stack.api("GET /auth/me", { token: elsewhere.token })).body.code).toBe("auth.invalid");
    expect(await list()).toHaveLength(1);
  });

  test("whose sockets could not be closed is closed by the repeat", async () => {
    const { body: elsewhere } = await stack.api("POST /auth/login", {
      body: { email: world.guest.user.email, password: "a long enough password" },
    });
    const there = await connect(elsewhere);
    const { body } = await stack.api("GET /auth/sessions", { token: world.guest.token });
    const path = `/auth/sessions/${(body.sessions as Frame[]).find(({ current }) => !current)?.id}`;
    useSockets({ ...stack.sockets, close: (ids) => Promise.resolve(ids) });
    expect((await stack.api(`DELETE ${path}`, { token: world.guest.token })).status).toBe(503);
    useSockets(stack.sockets);
    expect((await stack.api(`DELETE ${path}`, { token: world.guest.token })).body.code).toBe("session.not_found");
    expect(isOpen(there)).toBe(false);
  });

  test("is listed with the others page by page, also behind ones that have expired", async () => {
    const credentials = { body: { email: world.guest.user.email, password: "a long enough password" } };
    for (let i = 0; i < 4; i++) await stack.api("POST /auth/login", credentials);
    const ids: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { body }: { body: Frame } = await stack.api(`GET /auth/sessions?limit=2${cursor && `&cursor=${cursor}`}`, {
        token: world.guest.token,
      });
      ids.push(...body.sessions.map(({ id }: Frame) => id));
      cursor = body.next_cursor;
    }
    expect([ids.length, new Set(ids).size]).toEqual([5, 5]);
  });

  test("of somebody else cannot be ended, and answers as one that does not exist", async () => {
    const { body } = await stack.api("GET /auth/sessions", { token: world.owner.token });
    for (const id of [body.sessions[0].id, "ses_0000000000000000", "x"]) {
      const refused = await stack.api(`DELETE /auth/sessions/${id}`, { token: world.guest.token });
      expect([refused.status, refused.body.code]).toEqual([404, "session.not_found"]);
    }
    expect((await stack.api("GET /auth/me", { token: world.owner.token })).status).toBe(200);
  });
});

describe("unsubscribing", () => {
  test("from what was never listened to costs no write", async () => {
    const client = await connect(world.guest);
    let writes = 0;
    const count = (message: unknown) => {
      if (/Delete|Update/.test((message as { operation: string }).operation)) writes++;
    };
    subscribe("agora:dynamodb", count);
    await client.ask({ action: "unsubscribe", topics: Array.from({ length: 50 }, (_, i) => `channel:${i}`) });
    unsubscribe("agora:dynamodb", count);
    expect(writes).toBe(0);
  });
});

describe("frames of one channel", () => {
  test("arrive in the order of their numbers, however many people write at once, and a burst takes fewer pushes", async () => {
    let pushes = 0;
    useSockets({
      ...stack.sockets,
      async push(ids, frame) {
        if (frame.includes('"new_message"')) pushes++;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10)); // as over a network
        return stack.sockets.push(ids, frame);
      },
    });
    const listener = await listen(world.guest, world.topic);
    const send = (i: number) => stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: `${i}` } });
    await Promise.all(Array.from({ length: 60 }, (_, i) => send(i)));
    const seqs = listener.frames.filter(({ type }) => type === "new_message").map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(pushes).toBeLessThan(60);
  });

  test("are never more than 32 KB at a time, however much waits", async () => {
    const sizes: number[] = [];
    useSockets({
      ...stack.sockets,
      async push(ids, frame) {
        sizes.push(Buffer.byteLength(frame));
        await new Promise((resolve) => setTimeout(resolve, 30));
        return stack.sockets.push(ids, frame);
      },
    });
    const listener = await listen(world.guest, world.topic);
    const content = "🦊".repeat(4_000);
    await Promise.all(Array.from({ length: 12 }, () => stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content } })));
    expect(listener.frames.filter(({ type }) => type === "new_message")).toHaveLength(12);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * 1024);
  });
});

describe("presence", () => {
  // A clock that stands still: the gate opens when a test says so.
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
  const server = () => `server:${world.serverId}`;
  const list = () => `presence:${world.serverId}`;
  const lastOnline = (client: SocketClient) => client.frames.filter(({ type }) => type === "presence").at(-1)?.online;

  test("is answered to those who begin to look, and told when somebody comes or goes", async () => {
    await listen(world.guest, server());
    const looker = await listen(world.owner, list());
    expect(looker.answer.topics).toEqual([{ topic: list(), head: 0, online: [world.guest.user.id] }]);
    const second = await listen(world.guest, server());
    await second.close();
    pass(1_100);
    const own = await listen(world.owner, server());
    const both = [world.guest.user.id, world.owner.user.id].sort();
    await looker.next(({ type, online }) => type === "presence" && online.length === 2);
    expect(lastOnline(looker)).toEqual(both);
    pass(1_100);
    looker.frames.length = 0;
    await own.ask({ action: "unsubscribe", topics: [server()] });
    await looker.next(({ type, online }) => type === "presence" && online.length === 1 && online[0] === world.guest.user.id);
  });

  test("of a crowd that comes at once is a few pushes, and one of those who look is asked to look again, for all of them", async () => {
    const people = await Promise.all(Array.from({ length: 8 }, () => stack.register()));
    for (const person of people) await world.join(person);
    const lookers = [await listen(world.owner, list()), await listen(world.guest, list())];
    await Promise.all(people.map((person) => listen(person, server())));
    const pushed = () => lookers.map(({ frames }) => frames.filter(({ type }) => type === "presence").length);
    expect(Math.max(...pushed())).toBeLessThanOrEqual(2);
    const elected = lookers.find(({ frames }) => frames.some(({ recheck_ms }) => recheck_ms !== undefined));
    expect(lookers.filter(({ frames }) => frames.some(({ recheck_ms }) => recheck_ms !== undefined))).toEqual([elected]);
    const recheck_ms = elected?.frames.find((frame) => frame.recheck_ms !== undefined)?.recheck_ms as number;
    pass(recheck_ms);
    await elected?.ask({ action: "subscribe", topics: [{ topic: list() }] });
    const all = people.map(({ user }) => user.id).sort();
    for (const looker of lookers) {
      await looker.next(({ type, online }) => type === "presence" && online.length === people.length);
      expect(lastOnline(looker)).toEqual(all);
    }
  });

  test("whoever was asked to look again and leaves hands that on", async () => {
    const [first, second] = [await listen(world.owner, list()), await listen(world.owner, list())];
    const came = await listen(world.guest, server()); // told
    await came.ask({ action: "unsubscribe", topics: [server()] }); // held back, within the same second
    const isAsked = ({ recheck_ms }: Frame) => recheck_ms !== undefined;
    await expect.poll(() => [first, second].filter(({ frames }) => frames.some(isAsked)).length).toBe(1);
    const [asked, other] = first.frames.some(isAsked) ? [first, second] : [second, first];
    await asked.close();
    const { recheck_ms } = await other.next(isAsked);
    pass(recheck_ms);
    const { topics } = await other.ask({ action: "subscribe", topics: [{ topic: list() }] });
    expect(topics[0].online).toEqual([]);
    expect(lastOnline(other)).toEqual([]);
  });

  test("of a thousand, beside what was missed in two channels, comes in frames of at most 32 KB", async () => {
    for (let i = 0; i < 40; i++) {
      await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: "x".repeat(400) } });
    }
    const expires_on = Math.ceil(Date.now() / 1000) + 60;
    for (let i = 0; i < 1_000; i++) {
      const user_id = `usr_${String(i).padStart(16, "0")}`;
      stack.sockets.listeners?.add(server(), { connection_id: `made up ${i}`, user_id, expires_on });
    }
    const client = await connect(world.guest);
    const sizes: number[] = [];
    client.socket.on("message", (data: Buffer) => sizes.push(data.length));
    const { topics } = await client.ask({ action: "subscribe", topics: [{ topic: world.topic, after: 0 }, { topic: list() }] });
    expect(topics.map(({ topic, entries, online }: Frame) => [topic, entries?.length, online])).toEqual([
      [world.topic, 40, undefined],
      [list(), undefined, undefined],
    ]);
    await client.next(({ type, online }) => type === "presence" && online.length === 1_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(32 * 1024);
  });

  test("is nobody's business outside of the server, and is pushed to nobody who does not look", async () => {
    const outsider = await connect(await stack.register());
    expect((await outsider.ask({ action: "subscribe", topics: [{ topic: list() }] })).denied).toEqual([list()]);
    const aside = await listen(world.owner, server());
    await listen(world.guest, server());
    await aside.ask({ action: "ping" });
    expect(lastOnline(aside)).toBeUndefined();
  });

  test("is not told because somebody unsubscribes from what they never listened to", async () => {
    const looker = await listen(world.owner, list());
    const outsider = await connect(await stack.register());
    await outsider.ask({ action: "unsubscribe", topics: [server()] });
    await looker.ask({ action: "ping" });
    expect(lastOnline(looker)).toBeUndefined();
  });
});
