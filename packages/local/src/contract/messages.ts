import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Person, type SocketClient, type Stack } from "../testing/stack";

/** One contract for both ways in which a frame can reach a socket; each in a file of its own, since `Resource` is read once. */
export function describeMessages(push: "management" | "in-process"): void {
  let stack: Stack;
  let world: Community;
  beforeAll(async () => {
    stack = await startStack({ push });
  });
  afterAll(() => stack.close());
  const send = (who: Person, body: object) => stack.api(`POST ${world.path}`, { token: who.token, body });
  const page = async (query = "") => (await stack.api(`GET ${world.path}?${query}`, { token: world.owner.token })).body;
  const numbers = (messages: { seq: number }[]) => messages.map(({ seq }) => seq);

  describe("sending", () => {
    beforeAll(async () => {
      world = await startCommunity(stack);
    });

    test("answers 201 with the whole message, and a repeat of its nonce 200 with the same", async () => {
      const body = { content: "  hello\r\nthere  ", nonce: "n1", after: 0 };
      const sent = await send(world.owner, body);
      expect(sent.status).toBe(201);
      const { id, username } = world.owner.user;
      expect(sent.body).toEqual({
        log_id: world.topic,
        seq: 1,
        author: { id, username, display_name: null, avatar_url: null },
        content: "hello\nthere",
        created_at: expect.any(Number),
        edited_at: null,
        deleted_at: null,
        revision: 1,
        reply_to: null,
        attachments: [],
        reactions: [],
        mentions: [],
        pinned: false,
        nonce: "n1",
      });
      const repeat = await send(world.owner, body);
      expect([repeat.status, repeat.body]).toEqual([200, sent.body]);
      expect((await send(world.guest, body)).body.seq).toBe(2); // another author's nonce is another message
    });

    test.each([
      ["nothing", { content: "" }],
      ["white space", { content: " \n\t " }],
      ["characters that nobody sees", { content: "\u200b\u200d\ufe0f" }],
      ["4,001 code points", { content: "x".repeat(4_001) }],
      ["no text", { content: 5 }],
      ["a key that is not known", { content: "x", color: "red" }],
      ["a negative after", { content: "x", after: -1 }],
      ["an empty nonce", { content: "x", nonce: "" }],
    ])("refuses %s and keeps nothing", async (_, body) => {
      const before = (await page()).head;
      const refused = await send(world.owner, body);
      expect([refused.status, refused.body.code]).toEqual([400, "input.invalid"]);
      expect((await page()).head).toBe(before);
    });

    test("takes 4,000 code points of any plane, and half a surrogate pair", async () => {
      const content = "🦊".repeat(4_000);
      expect((await send(world.owner, { content })).body.content).toBe(content);
      expect((await send(world.owner, { content: "a\ud800b" })).body.content).toBe("a\ufffdb");
    });

    test("refuses what is not JSON, not said to be JSON, or too large", async () => {
      const post = (body: string, headers: Record<string, string> = {}) =>
        stack.api(`POST ${world.path}`, { token: world.owner.token, body, headers });
      const answers = [await post("{"), await post("{}", { "content-type": "text/plain" }), await post(`"${"x".repeat(70_000)}"`)];
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
        [400, "input.malformed"],
        [415, "input.media_type"],
        [413, "input.too_large"],
      ]);
      expect((await send(world.owner, { content: "x", nonce: "\ud800" })).body.nonce).toBe("\ufffd");
      for (const json of ["null", "[]", "7", '"text"']) expect((await post(json)).body.code).toBe("input.invalid");
    });
  });

  test("50 copies of one nonce at once are one message, pushed once", async () => {
    world = await startCommunity(stack);
    const listener = await stack.connect(world.guest.token);
    await listener.ask({ action: "subscribe", topics: [{ topic: world.topic }] });
    const copies = await Promise.all(Array.from({ length: 50 }, () => send(world.owner, { content: "once", nonce: "n", after: 0 })));
    expect(copies.map(({ status }) => status).sort()).toEqual([...Array<number>(49).fill(200), 201]);
    expect(new Set(copies.map(({ body }) => body.seq))).toEqual(new Set([1]));
    expect((await page()).messages).toHaveLength(1);
    expect(listener.frames.filter(({ type }) => type === "new_message")).toHaveLength(1);
    await listener.close();
  });

  test("8 senders × 25 messages at once: 200 numbers without a hole, and one order for everybody", async () => {
    world = await startCommunity(stack);
    const listeners = await Promise.all([world.owner, world.guest].map(({ token }) => stack.connect(token)));
    for (const one of listeners) await one.ask({ action: "subscribe", topics: [{ topic: world.topic, after: 0 }] });
    const answers = await Promise.all(
      Array.from({ length: 8 }, async (_, sender) => {
        const who = sender % 2 ? world.owner : world.guest;
        const mine = [];
        for (let i = 0; i < 25; i++) mine.push(await send(who, { content: `${sender}.${i}`, nonce: `${sender}.${i}`, after: 0 }));
        return mine;
      }),
    );
    expect(answers.flat().every(({ status }) => status === 201)).toBe(true);
    for (const mine of answers)
      expect(numbers(mine.map(({ body }) => body))).toEqual(numbers(mine.map(({ body }) => body)).sort((a, b) => a - b));

    const all: { seq: number; content: string }[] = [];
    for (let after: number | null = 0; after !== null;) {
      const next: { messages: typeof all; next_cursor: number | null } = await page(`after=${after}&limit=100`);
      all.push(...next.messages);
      after = next.next_cursor;
    }
    expect(numbers(all)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    for (const listener of listeners) {
      await listener.next(({ seq }) => seq === 200);
      const heard = new Map(listener.frames.filter(({ type }) => type === "new_message").map(({ seq, message }) => [seq, message.content]));
      expect([...heard].sort(([a], [b]) => a - b)).toEqual(all.map(({ seq, content }) => [seq, content]));
      await listener.close();
    }
  });

  describe("pages", () => {
    beforeAll(async () => {
      world = await startCommunity(stack);
      for (let i = 1; i <= 12; i++) await send(world.owner, { content: String(i), nonce: String(i), after: i - 1 });
    });

    test.each([
      ["", [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], false, null],
      ["limit=5", [12, 11, 10, 9, 8], true, 8],
      ["limit=5&before=8", [7, 6, 5, 4, 3], true, 3],
      ["limit=5&before=3", [2, 1], false, null],
      ["limit=5&before=1", [], false, null],
      ["limit=5&after=0", [1, 2, 3, 4, 5], true, 5],
      ["limit=5&after=7", [8, 9, 10, 11, 12], false, null],
      ["limit=5&after=12", [], false, null],
      ["limit=5&after=999", [], false, null],
      ["limit=4&around=6", [8, 7, 6, 5], true, 5],
      ["limit=5&around=1", [3, 2, 1], false, null],
      ["limit=1&around=6", [6], true, 6],
      ["limit=4&around=0", [2, 1], false, null],
      ["limit=5&after=9007199254740991", [], false, null],
      ["limit=5&before=9007199254740991", [12, 11, 10, 9, 8], true, 8],
      ["limit=5&around=9007199254740991", [12, 11, 10], true, 10],
    ])("%s", async (query, expected, has_more, next_cursor) => {
      const { messages, ...rest } = await page(query);
      expect(numbers(messages)).toEqual(expected);
      expect(rest).toEqual({ has_more, next_cursor, head: 12 });
    });

    test.each(["limit=0", "limit=101", "limit=ten", "before=-1", "before=1&after=2", "after=1.5", "what=1", "limit=5&limit=6"])(
      "refuses %s",
      async (query) => {
        expect(await page(query)).toMatchObject({ code: "input.invalid", details: expect.any(Object) });
      },
    );
  });

  describe("the socket", () => {
    let client: SocketClient;
    beforeAll(async () => {
      world = await startCommunity(stack);
      for (let i = 1; i <= 60; i++) await send(world.owner, { content: String(i), nonce: String(i), after: i - 1 });
      client = await stack.connect(world.guest.token);
    });
    afterAll(() => client.close());

    test("subscribe answers the head, what was missed, or that it is too much", async () => {
      const subscribe = async (after?: number) =>
        (await client.ask({ action: "subscribe", topics: [{ topic: world.topic, ...(after === undefined ? {} : { after }) }] })).topics[0];
      expect(await subscribe()).toEqual({ topic: world.topic, head: 60 });
      expect(await subscribe(60)).toEqual({ topic: world.topic, head: 60, entries: [] });
      const { entries } = await subscribe(57);
      expect(numbers(entries)).toEqual([58, 59, 60]);
      expect(await subscribe(1)).toEqual({ topic: world.topic, head: 60, gap: true });
    });

    test("what is missed never makes the frame larger than 32 KB", async () => {
      const long = await startCommunity(stack);
      for (let i = 0; i < 5; i++) await stack.api(`POST ${long.path}`, { token: long.owner.token, body: { content: "🦊".repeat(2_500) } });
      const other = await stack.connect(long.owner.token);
      const answer = await other.ask({ action: "subscribe", topics: [{ topic: long.topic, after: 0 }] });
      expect(answer.topics).toEqual([{ topic: long.topic, head: 5, gap: true }]);
      await other.close();
    });

    test("denies what is hidden, what does not exist and what is no topic, alike, and subscribes to the rest", async () => {
      const foreign = await startCommunity(stack);
      const topics = [foreign.topic, `server:${foreign.serverId}`, `user:${world.owner.user.id}`, "channel:chn_nothing", "dm:x", "a:b"];
      const answer = await client.ask({
        action: "subscribe",
        topics: [...topics, `user:${world.guest.user.id}`].map((topic) => ({ topic })),
      });
      expect(answer.denied).toEqual(topics);
      expect(answer.topics.map(({ topic }: { topic: string }) => topic)).toEqual([`user:${world.guest.user.id}`]);
      await stack.api(`POST ${foreign.path}`, { token: foreign.owner.token, body: { content: "secret" } });
      await client.ask({ action: "ping" });
      expect(client.frames.some(({ topic }) => topic === foreign.topic)).toBe(false);
    });

    test("a repeat by the other way is the same message, and is pushed once", async () => {
      const other = await stack.connect(world.owner.token);
      await other.ask({ action: "subscribe", topics: [{ topic: world.topic }] });
      const { head } = await page("limit=1");
      const body = { content: "both ways", nonce: "both", after: head };
      const sent = await send(world.guest, body);
      const repeat = await client.ask({ action: "send", topic: world.topic, ...body });
      expect(repeat.message).toEqual(sent.body);
      await other.ask({ action: "ping" });
      expect(other.frames.filter(({ type }) => type === "new_message")).toHaveLength(1);
      await other.close();
    });

    test("send says it to everybody who listens, and a repeat answers the same", async () => {
      const other = await stack.connect(world.owner.token);
      await other.ask({ action: "subscribe", topics: [{ topic: world.topic }] });
      const sent = await client.ask({ action: "send", topic: world.topic, content: "by socket", nonce: "s1", after: 60 });
      expect([sent.type, sent.message.content]).toEqual(["sent", "by socket"]);
      const heard = await other.next(({ type }) => type === "new_message");
      expect(heard).toMatchObject({ topic: world.topic, seq: sent.message.seq, message: sent.message });
      expect((await client.ask({ action: "send", topic: world.topic, content: "by socket", nonce: "s1", after: 60 })).message).toEqual(
        sent.message,
      );
      await other.close();
    });

    test("unsubscribe ends it", async () => {
      const other = await stack.connect(world.owner.token);
      await other.ask({ action: "subscribe", topics: [{ topic: world.topic }] });
      expect(await other.ask({ action: "unsubscribe", topics: [world.topic] })).toMatchObject({
        type: "unsubscribed",
        topics: [world.topic],
      });
      await client.ask({ action: "send", topic: world.topic, content: "unheard" });
      await other.ask({ action: "ping" });
      expect(other.frames.some(({ type }) => type === "new_message")).toBe(false);
      await other.close();
    });

    test("topics that are listened to already take no room", async () => {
      const crowded = await startCommunity(stack);
      const topics = [{ topic: crowded.topic }];
      for (let i = 0; i < 59; i++) {
        const made = await stack.api(`POST /servers/${crowded.serverId}/channels`, {
          token: crowded.owner.token,
          body: { name: `c${i}`, kind: "text" },
        });
        topics.push({ topic: `channel:${made.body.id}` });
      }
      const other = await stack.connect(crowded.owner.token);
      const subscribe = (some: typeof topics) => other.ask({ action: "subscribe", topics: some });
      expect((await subscribe(topics.slice(0, 50))).topics).toHaveLength(50);
      expect((await subscribe(topics.slice(50))).topics).toHaveLength(10);
      expect((await subscribe(topics.slice(0, 50))).topics).toHaveLength(50);
      await other.close();
    });

    test("a frame that is wrong is answered with a code, and the socket stays open", async () => {
      const errors = [];
      for (const body of [
        "{",
        "7",
        "null",
        "[]",
        '{"action":"dance"}',
        '{"action":"ping","extra":1}',
        '{"action":"unsubscribe","topics":["connection:x"]}',
      ]) {
        const before = client.frames.length;
        client.socket.send(body);
        errors.push(await client.next((frame) => client.frames.indexOf(frame) >= before));
      }
      expect(errors.map(({ type, code }) => [type, code])).toEqual([
        ["error", "input.malformed"],
        ...Array<string[]>(6).fill(["error", "input.invalid"]),
      ]);
      const hidden = await client.ask({ action: "send", topic: "channel:chn_nothing", content: "x" });
      expect([hidden.type, hidden.code]).toEqual(["error", "channel.not_found"]);
      expect((await client.ask({ action: "ping" })).type).toBe("pong");
    });

    test("those who look at a server hear who joins and which channel is made", async () => {
      await client.ask({ action: "subscribe", topics: [{ topic: `server:${world.serverId}` }] });
      const { body: invite } = await stack.api(`POST /servers/${world.serverId}/invites`, { token: world.owner.token, body: {} });
      const third = await stack.register();
      await stack.api(`POST /invites/${invite.code}/join`, { token: third.token });
      expect((await client.next(({ type }) => type === "member_joined")).member.user_id).toBe(third.user.id);
      await stack.api(`POST /servers/${world.serverId}/channels`, { token: world.owner.token, body: { name: "new", kind: "text" } });
      expect((await client.next(({ type }) => type === "channel_created")).channel.name).toBe("new");
    });
  });
}
