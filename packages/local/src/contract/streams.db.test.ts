import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let owner: Person;
let stranger: Person;

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
  [owner, stranger] = await Promise.all([stack.register(), stack.register()]);
});
afterAll(() => stack.close());

const newName = () => uniqueName("t").replaceAll("_", "-");
const call = (request: string, body?: object, { token } = owner) => stack.api(request, { token, body });
const produce = (topic: string, body: object, as = owner) => call(`POST /topics/${topic}/produce`, body, as);
const consume = (topic: string, query = "", as = owner) => call(`GET /topics/${topic}/consume?${query}`, undefined, as);
const payloads = (body: { messages: { payload: unknown }[] }) => body.messages.map(({ payload }) => payload);
const raw = (topic: string, body: string) =>
  stack.api(`POST /topics/${topic}/produce`, { token: owner.token, body, headers: { "content-type": "application/json" } });
const many = (count: number, make: (i: number) => unknown = (i) => i + 1) =>
  Array.from({ length: count }, (_, i) => ({ payload: make(i) }));

describe("a topic", () => {
  test("is made by what is first produced to it, and numbers from 1", async () => {
    const topic = newName();
    expect((await consume(topic)).body.code).toBe("topic.not_found");
    for (const offset of [1, 2, 3]) expect((await produce(topic, { payload: { n: offset } })).body).toEqual({ topic, offset, count: 1 });
    const { status, body } = await consume(topic);
    expect(status).toBe(200);
    expect(body).toMatchObject({ next_offset: 4, head: 3 });
    expect(body.messages.map(({ offset }: { offset: number }) => offset)).toEqual([1, 2, 3]);
    expect(body.messages[0].timestamp).toBeGreaterThan(Date.now() - 60_000);
    expect((await call(`GET /topics/${topic}`)).body).toMatchObject({ topic, head: 3, retention_hours: null, description: null });
  });

  test("takes any JSON as a payload, null too, and gives back the same", async () => {
    const topic = newName();
    const all: unknown[] = [
      null,
      0,
      -1.5e300,
      "",
      "\u0000 \u{1F600}\u2028",
      [],
      {},
      [[[null]]],
      { __proto__x: 1, constructor: {} },
      true,
      { a: [1, { b: "c" }] },
    ];
    expect((await produce(topic, { messages: all.map((payload) => ({ payload })) })).status).toBe(200);
    for (const payload of all) await produce(topic, { payload });
    const read = payloads((await consume(topic, "limit=100")).body);
    expect(read).toEqual([...all, ...all]);
    const odd = await raw(topic, '{"payload":{"__proto__":{"a":1},"x":1}}');
    expect(JSON.stringify(payloads((await consume(topic, `offset=${odd.body.offset}`)).body)[0])).toBe('{"__proto__":{"a":1},"x":1}');
  });

  test("is nobody else's: a name is one's own", async () => {
    const topic = newName();
    await produce(topic, { payload: "mine" });
    for (const request of ["GET", "DELETE"]) expect((await call(`${request} /topics/${topic}`, undefined, stranger)).status).toBe(404);
    expect((await consume(topic, "", stranger)).body.code).toBe("topic.not_found");
    expect((await produce(topic, { payload: "theirs" }, stranger)).body.offset).toBe(1);
    expect(payloads((await consume(topic)).body)).toEqual(["mine"]);
  });

  test("is described, listed in the order of names, and paged", async () => {
    const somebody = await stack.register();
    for (const name of ["b.orders", "a-1", "c_last"]) expect((await call(`PUT /topics/${name}`, {}, somebody)).status).toBe(201);
    const changed = await call("PUT /topics/a-1", { description: " what it is for ", retention_hours: 1.5 }, somebody);
    expect([changed.status, changed.body]).toEqual([
      200,
      expect.objectContaining({ topic: "a-1", description: "what it is for", retention_hours: 1.5, head: 0 }),
    ]);
    expect((await call("PUT /topics/a-1", { description: "" }, somebody)).body).toMatchObject({ description: null, retention_hours: 1.5 });
    expect((await call("PUT /topics/a-1", { retention_hours: null }, somebody)).body).toMatchObject({ retention_hours: null });
    const first = (await call("GET /topics?limit=2", undefined, somebody)).body;
    expect([first.topics.map((one: { topic: string }) => one.topic), first.has_more]).toEqual([["a-1", "b.orders"], true]);
    const rest = (await call(`GET /topics?limit=2&cursor=${first.next_cursor}`, undefined, somebody)).body;
    expect([rest.topics.length, rest.has_more, rest.next_cursor]).toEqual([1, false, null]);
  });

  test("has a name of small letters, digits and . _ -; another is no topic, and cannot be made", async () => {
    for (const name of ["UPPER", "with space", "x".repeat(101), "ünï", "a:b"]) {
      const at = encodeURIComponent(name);
      expect([(await consume(at)).status, (await call(`GET /topics/${at}`)).status]).toEqual([404, 404]);
      for (const made of [await produce(at, { payload: 1 }), await call(`PUT /topics/${at}`, {})]) {
        expect([made.status, made.body.code, Object.keys(made.body.details)]).toEqual([400, "input.invalid", ["topic"]]);
      }
    }
    expect((await produce("x".repeat(100), { payload: 1 })).status).toBe(200);
  });

  test("an account has a hundred, also if many are made at once, and one that is deleted makes room", async () => {
    const somebody = await stack.register();
    const made: number[] = [];
    for (let i = 0; i < 12; i++) {
      made.push(
        ...(await Promise.all(Array.from({ length: 9 }, (_, j) => call(`PUT /topics/t${i}-${j}`, {}, somebody)))).map(
          ({ status }) => status,
        ),
      );
    }
    expect([made.filter((status) => status === 201).length, made.filter((status) => status === 409).length]).toEqual([100, 8]);
    expect((await produce("one-more", { payload: 1 }, somebody)).body.code).toBe("topic.full");
    expect((await call("DELETE /topics/t0-0", undefined, somebody)).status).toBe(204);
    expect((await produce("one-more", { payload: 1 }, somebody)).status).toBe(200);
  }, 60_000);

  test("that is made by many at the same moment is one", async () => {
    const topic = newName();
    const answers = await Promise.all(many(20).map((message) => produce(topic, message)));
    expect(answers.map(({ body }) => body.offset as number).sort((a, b) => a - b)).toEqual(many(20).map(({ payload }) => payload));
  });

  test("that is deleted is gone with all that is in it, and begins with 1 when it is made again", async () => {
    const topic = newName();
    await produce(topic, { messages: many(30) });
    expect((await call(`DELETE /topics/${topic}`)).status).toBe(204);
    expect((await call(`DELETE /topics/${topic}`)).status).toBe(404);
    expect((await consume(topic)).status).toBe(404);
    expect((await produce(topic, { payload: "new" })).body.offset).toBe(1);
    expect(payloads((await consume(topic)).body)).toEqual(["new"]);
  });
});

describe("a batch", () => {
  test("of 500 has neighbouring offsets, and is read from any of them, across borders", async () => {
    const topic = newName();
    expect((await produce(topic, { messages: many(500) })).body).toEqual({ topic, offset: 1, count: 500 });
    await produce(topic, { payload: 501, key: "k" });
    expect((await produce(topic, { messages: many(10, (i) => 502 + i) })).body).toMatchObject({ offset: 502, count: 10 });
    for (const [offset, limit] of [
      [1, 500],
      [250, 500],
      [499, 5],
      [500, 1],
      [501, 2],
      [505, 500],
      [511, 1],
    ] as const) {
      const { body } = await consume(topic, `offset=${offset}&limit=${limit}`);
      const last = Math.min(511, offset + limit - 1);
      expect(payloads(body)).toEqual(Array.from({ length: last - offset + 1 }, (_, i) => offset + i));
      expect(body.messages.every((message: { offset: number; payload: number }) => message.offset === message.payload)).toBe(true);
      expect([body.next_offset, body.head]).toEqual([last + 1, 511]);
    }
    expect((await consume(topic, "offset=501&limit=1")).body.messages[0].key).toBe("k");
    expect((await consume(topic, "offset=512")).body).toEqual({ messages: [], next_offset: 512, head: 511 });
    expect((await consume(topic, "offset=600")).body).toEqual({ messages: [], next_offset: 600, head: 511 });
  });

  test("is stored as a whole or not at all", async () => {
    const topic = newName();
    const bad = [
      { messages: [] },
      { messages: many(501) },
      { messages: [{ payload: 1 }, { key: "no payload" }] },
      { messages: [{ payload: 1 }, { payload: "x".repeat(256 * 1024) }] },
      { messages: [{ payload: 1, more: 2 }] },
      { payload: 1, messages: [{ payload: 2 }] },
      { key: "k" },
      {},
      { payload: 1, nonce: "" },
      { payload: 1, expected_offset: 0 },
      { payload: 1, key: "x".repeat(257) },
    ];
    for (const body of bad) expect([body, (await produce(topic, body)).body.code]).toEqual([body, "input.invalid"]);
    expect((await produce(topic, { messages: many(300, () => "x".repeat(4_000)) })).status).toBe(413);
    expect((await consume(topic)).body.code).toBe("topic.not_found");
  });

  test("that chance has made, which cannot be compressed, and one of 1 MB, come back as they were", async () => {
    const topic = newName();
    const noise = many(60, (i) =>
      Buffer.from(Array.from({ length: 12_000 }, (_, j) => (i * 7919 + j * j * 31 + ((j * 2654435761) >>> 11)) & 255)).toString("base64"),
    );
    expect((await produce(topic, { messages: noise })).status).toBe(200);
    expect((await produce(topic, { payload: "y".repeat(256 * 1024 - 2) })).status).toBe(200);
    const { body } = await consume(topic, "limit=100");
    expect(payloads(body)).toEqual([...noise.map(({ payload }) => payload), "y".repeat(256 * 1024 - 2)]);
  });

  test("an answer is no larger than what is carried, and the next one goes on", async () => {
    const topic = newName();
    for (let i = 0; i < 10; i++) await produce(topic, { messages: many(4, (j) => `${i * 4 + j}`.repeat(100_000)) });
    const seen: unknown[] = [];
    let pages = 0;
    for (let offset = 1; offset <= 40; pages++) {
      const { body } = await consume(topic, `offset=${offset}&limit=500`);
      expect(JSON.stringify(body).length).toBeLessThan(5 * 1024 * 1024);
      expect([body.head, body.messages.length > 0]).toEqual([40, true]);
      seen.push(...payloads(body));
      offset = body.next_offset;
    }
    expect(pages).toBeGreaterThan(1);
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`.repeat(100_000)));
  });

  test("what nests too deeply is refused, and what is within the bound can be read", async () => {
    const topic = newName();
    const nested = (depth: number) => raw(topic, `{"payload":${"[".repeat(depth)}${"]".repeat(depth)}}`);
    expect((await nested(500)).status).toBe(200);
    for (const depth of [501, 5_000, 200_000]) expect((await nested(depth)).body.code).toBe("input.invalid");
    expect((await consume(topic)).body.messages).toHaveLength(1);
  });
});

describe("what is kept for a while", () => {
  const SECOND = 1 / 3_600;

  test("is not given any more when it has expired, and the numbers go on", async () => {
    const topic = newName();
    await call(`PUT /topics/${topic}`, { retention_hours: 1.5 * SECOND });
    await produce(topic, { messages: many(12) });
    await produce(topic, { payload: 13 });
    expect((await consume(topic, "limit=100")).body.messages).toHaveLength(13);
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    for (const offset of [1, 5, 13]) {
      expect((await consume(topic, `offset=${offset}`)).body).toEqual({ messages: [], next_offset: 14, head: 13 });
    }
    expect((await produce(topic, { payload: "new" })).body.offset).toBe(14);
    expect(payloads((await consume(topic)).body)).toEqual(["new"]);
    expect((await call(`PUT /topics/${topic}`, { retention_hours: null })).body.head).toBe(14);
    expect((await consume(topic, "limit=100")).body.messages).toHaveLength(14); // it was only hidden
  });

  test("is passed over at once, however much of it there is", async () => {
    const topic = newName();
    for (let i = 0; i < 30; i++) await produce(topic, { payload: i });
    await new Promise((resolve) => setTimeout(resolve, 1_700));
    await call(`PUT /topics/${topic}`, { retention_hours: 1.5 * SECOND });
    await produce(topic, { messages: many(3) });
    expect((await consume(topic, "limit=2")).body).toMatchObject({ messages: [{ offset: 31 }, { offset: 32 }], next_offset: 33, head: 33 });
  });

  test("for no time, or for longer than anybody means, is refused", async () => {
    for (const retention_hours of [0, -1, 1e9, "1"]) {
      expect((await call(`PUT /topics/${newName()}`, { retention_hours })).body.code).toBe("input.invalid");
    }
  });
});

describe("a producer", () => {
  test("that repeats with a nonce stores once, whatever runs at the same moment, and hears the same offset", async () => {
    const topic = newName();
    await produce(topic, { messages: many(3) });
    const copies = Array.from({ length: 8 }, () => ({ messages: many(5), nonce: "n1", after: 3 }));
    const others = many(8);
    const answers = await Promise.all([...copies, ...others].map((body) => produce(topic, body)));
    expect(answers.map(({ status }) => status)).toEqual(Array(16).fill(200));
    expect(new Set(answers.slice(0, 8).map(({ body }) => body.offset)).size).toBe(1);
    expect((await consume(topic)).body.head).toBe(3 + 5 + 8);
    expect((await produce(topic, { messages: many(5), nonce: "n1", after: 3 })).body.offset).toBe(answers[0]?.body.offset);
    expect((await produce(topic, { messages: many(5), nonce: "n2", after: 3 })).body.offset).toBe(17);
  });

  test("gets the offset that it expects, or is told the next one; of many that expect the same one gets it", async () => {
    const topic = newName();
    expect((await produce(topic, { payload: "first", expected_offset: 1 })).status).toBe(200);
    const ahead = await produce(topic, { payload: "ahead", expected_offset: 3 });
    expect([ahead.status, ahead.body.code, ahead.body.error]).toEqual([409, "topic.offset_moved", "The next offset is 2."]);
    const answers = await Promise.all(many(10).map((message) => produce(topic, { messages: [message, message], expected_offset: 2 })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    expect((await consume(topic)).body.head).toBe(3);
    const repeated = { payload: "again", expected_offset: 4, nonce: "n", after: 3 };
    expect((await produce(topic, repeated)).body.offset).toBe(4);
    expect((await produce(topic, repeated)).body.offset).toBe(4);
  });

  test("many at once, and those who read meanwhile: no hole, no double, no other order", async () => {
    const topic = newName();
    await produce(topic, { payload: "begin" });
    const read: number[] = [];
    let isDone = false;
    const readers = [1, 2].map(async () => {
      const seen: number[] = [];
      for (let offset = 1; !isDone || seen.length < 1 + 4 * 20 * 2;) {
        const { body } = await consume(topic, `offset=${offset}&limit=7&wait=1`);
        seen.push(...body.messages.map((message: { offset: number }) => message.offset));
        offset = body.next_offset;
      }
      read.push(seen.length);
      expect(seen).toEqual(seen.map((_, i) => i + 1));
    });
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let i = 0; i < 20; i++) await produce(topic, { messages: [{ payload: `${writer}-${i}-a` }, { payload: `${writer}-${i}-b` }] });
    });
    await Promise.all(writers);
    isDone = true;
    await Promise.all(readers);
    expect(read).toEqual([161, 161]);
    const all = payloads((await consume(topic, "limit=500")).body) as string[];
    for (const writer of [0, 1, 2, 3]) {
      expect(all.filter((text) => text.startsWith(`${writer}-`))).toEqual(
        Array.from({ length: 20 }, (_, i) => [`${writer}-${i}-a`, `${writer}-${i}-b`]).flat(),
      );
    }
  });
});

describe("whoever waits", () => {
  test("hears at once of what comes, and of nothing when the time is over", async () => {
    const topic = newName();
    await produce(topic, { messages: many(2) });
    const started = Date.now();
    const waiting = consume(topic, "offset=3&wait=10");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await produce(topic, { messages: many(2, (i) => i + 3) });
    expect(payloads((await waiting).body)).toEqual([3, 4]);
    expect(Date.now() - started).toBeLessThan(3_000);
    const inVain = Date.now();
    expect((await consume(topic, "offset=5&wait=0.5")).body).toEqual({ messages: [], next_offset: 5, head: 4 });
    expect(Date.now() - inVain).toBeGreaterThan(450);
  });

  test("far ahead of the end is woken by a batch that reaches so far", async () => {
    const topic = newName();
    await produce(topic, { payload: 1 });
    const waiting = consume(topic, "offset=4&wait=5");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await produce(topic, { messages: many(5, (i) => i + 2) });
    expect(payloads((await waiting).body)).toEqual([4, 5, 6]);
  });

  test("waits 20 seconds at most, and asks for 500 messages at most", async () => {
    const topic = newName();
    await produce(topic, { payload: 1 });
    for (const query of ["wait=21", "wait=-1", "wait=x", "limit=0", "limit=501", "offset=-1", "offset=x", "unknown=1"]) {
      expect([query, (await consume(topic, query)).body.code]).toEqual([query, "input.invalid"]);
    }
    expect((await consume(topic, "wait=20")).status).toBe(200); // there is something
  });
});

describe("a channel as a stream", () => {
  const inServer = async () => {
    const server = (await call("POST /servers", { name: uniqueName("s") })).body;
    const { code } = (await call(`POST /servers/${server.id}/invites`, {})).body;
    const member = await stack.register();
    await call(`POST /invites/${code}/join`, {}, member);
    const channelId: string = server.channels[0].id;
    const say = (content: string) => call(`POST /servers/${server.id}/channels/${channelId}/messages`, { content });
    return { server, member, channelId, topic: `channel:${channelId}`, say };
  };

  test("gives a member its messages by their numbers, also by a key, and also to who waits", async () => {
    const { member, topic, say } = await inServer();
    for (const content of ["one", "two", "three"]) await say(content);
    const { body } = await consume(topic, "offset=2&limit=1", member);
    expect([body.messages[0].offset, body.messages[0].payload.content, body.messages[0].key, body.next_offset, body.head]).toEqual([
      2,
      "two",
      owner.user.id,
      3,
      3,
    ]);
    const { secret } = (await call("POST /auth/keys", { name: "reader", scopes: ["topics:read"] }, member)).body;
    const waiting = stack.api(`GET /topics/${topic}/consume?offset=4&wait=5`, { token: secret });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await say("four");
    expect((await waiting).body.messages[0].payload.content).toBe("four");
  });

  test("is hidden from others, written by nobody, and ends at once for who is removed, also while they wait", async () => {
    const { server, member, topic, say } = await inServer();
    await say("one");
    expect((await consume(topic, "", stranger)).status).toBe(404);
    expect((await consume("channel:chn_0", "")).body.code).toBe("topic.not_found");
    expect((await produce(topic, { payload: 1 })).body.code).toBe("input.invalid");
    const waiting = consume(topic, "offset=2&wait=5", member);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await call(`DELETE /servers/${server.id}/members/${member.user.id}`)).status).toBe(204);
    await say("two");
    expect((await waiting).status).toBe(404);
    expect((await consume(topic, "", member)).status).toBe(404);
    expect((await consume(topic)).body.head).toBe(2);
  });
});
