import { QueryCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { interleaveAt } from "../testing/interleave";
import { PASSWORD } from "../testing/stack";
import { endingAfter, HOUR_MS, startTiersWorld, type TiersWorld } from "../testing/tiers-world";

const DAY_MS = 24 * HOUR_MS;

let world: TiersWorld;
let me: Awaited<ReturnType<TiersWorld["somebody"]>>;
beforeAll(async () => {
  world = await startTiersWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.stack.jobs(); // it has come through, so what is produced gets a date
  world.pass(2 * HOUR_MS);
  me = await world.somebody();
});

/** What was produced, each with the offset that it got. */
interface Said {
  offset: number;
  payload: unknown;
  key?: string;
}

const noise = (bytes: number) =>
  Buffer.from(Array.from({ length: bytes }, (_, j) => (j * j * 31 + ((j * 2654435761) >>> 11)) & 255)).toString("base64");

/** Singles, batches, one with a key, one that stands in the bucket, and a long one that is compressed. */
async function fill(topic: string): Promise<Said[]> {
  const said: Said[] = [];
  const say = async (...messages: Omit<Said, "offset">[]) => {
    const offset = await me.produce(topic, messages.length === 1 ? { ...messages[0] } : { messages });
    said.push(...messages.map((message, i) => ({ offset: offset + i, ...message })));
  };
  await say({ payload: "one" });
  await say(...Array.from({ length: 100 }, (_, i) => ({ payload: { n: i, text: "of many" }, ...(i % 3 ? {} : { key: `k${i}` }) })));
  await say({ payload: noise(40_000), key: "large" });
  await say({ payload: "x".repeat(20_000) });
  await say({ payload: null }, { payload: [1, { a: "ü\u2028" }] });
  await say({ payload: "last" });
  return said;
}

const bare = (messages: Said[]) => messages.map(({ offset, payload, key }) => ({ offset, payload, ...(key === undefined ? {} : { key }) }));

async function expectSame(topic: string, said: Said[]): Promise<void> {
  expect(bare(await me.readAll(topic))).toEqual(said);
  const head = said.length;
  for (const [offset, limit] of [
    [1, 1],
    [2, 7],
    [50, 60],
    [101, 1],
    [102, 2],
    [103, 500],
    [head, 10],
  ] as const) {
    const body = await me.consume(topic, `offset=${offset}&limit=${limit}`);
    expect([offset, limit, bare(body.messages)]).toEqual([offset, limit, said.slice(offset - 1, offset - 1 + limit)]);
    expect([body.next_offset, body.head]).toEqual([Math.min(head, offset + limit - 1) + 1, head]);
  }
  expect(await me.consume(topic, `offset=${head + 1}`)).toEqual({ messages: [], next_offset: head + 1, head });
  expect(await me.consume(topic, `offset=${head + 90}`)).toEqual({ messages: [], next_offset: head + 90, head });
  expect((await me.call(`GET /topics/${topic}`)).body.head).toBe(head);
}

const rowOf = async (topic: string) => (await world.topicsTable()).find(({ name }) => name === topic) ?? {};
const segmentsOf = async (topic: string) => {
  const { id } = await rowOf(topic);
  return (await world.topicsTable()).filter((row) => row["topic"] === id) as { key: string; first: number; last: number }[];
};
const entriesOf = async (topic: string) => {
  const { id } = await rowOf(topic);
  return (await world.entries()).filter(({ log_id }) => log_id === `topic:${String(id)}`);
};
const objectsOf = async (topic: string) => {
  const { id } = await rowOf(topic);
  return (await world.objects()).filter((key) => key.startsWith(`streams/${String(id)}/`));
};

/** Until a round is done in which nothing failed. */
async function work(): Promise<void> {
  for (let i = 0; (await world.stack.jobs()).keptUpAt === undefined; i++) {
    if (i > 3) throw new Error("the job does not come through");
    world.pass(21 * 60_000); // whoever was at it is given up
  }
}

describe("what was produced", () => {
  test("is read the same before, during and after it is sealed, and when the table has deleted it, and is gone on with", async () => {
    const topic = me.newName();
    const said = await fill(topic);
    await expectSame(topic, said);
    await work();
    expect(await segmentsOf(topic)).toEqual([]); // it is hot
    world.pass(2 * DAY_MS + 1);
    said.push({ offset: await me.produce(topic, { payload: "hot" }), payload: "hot" });
    await work();
    expect((await segmentsOf(topic)).map(({ first, last }) => [first, last])).toEqual([[1, said.length - 1]]);
    expect(await entriesOf(topic)).toHaveLength(7);
    await expectSame(topic, said); // across the border
    world.pass(2 * HOUR_MS);
    await work();
    expect(await entriesOf(topic)).toHaveLength(6); // without the one whose messages stood in the bucket
    expect(await objectsOf(topic)).toEqual((await segmentsOf(topic)).map(({ key }) => key));
    await expectSame(topic, said);
    world.pass(40 * DAY_MS);
    await work(); // before the sweeper
    await world.sweep();
    expect(await entriesOf(topic)).toEqual([]);
    await expectSame(topic, said);
    for (const payload of ["next", "and next"]) said.push({ offset: await me.produce(topic, { payload }), payload });
    expect(said.map(({ offset }) => offset)).toEqual(said.map((_, i) => i + 1));
    await expectSame(topic, said);
  });

  test("is read without a gap by who goes on while the job runs", async () => {
    const topic = me.newName();
    const said: Said[] = [];
    for (let i = 1; i <= 40; i++) said.push({ offset: await me.produce(topic, { payload: i }), payload: i });
    world.pass(3 * DAY_MS);
    const reading = [1, 3, 11].map((limit) => me.readAll(topic, { limit }));
    await work();
    for (const read of await Promise.all(reading)) expect(bare(read)).toEqual(said);
  });

  test("is not passed over by who looked up where it is before it was sealed, and finds it gone from there", async () => {
    const topic = me.newName();
    for (const payload of [1, 2, 3]) await me.produce(topic, { payload });
    const isLook = (sent: unknown) => sent instanceof QueryCommand && sent.input.TableName === "Messages";
    const read = await interleaveAt(
      isLook,
      () => me.consume(topic),
      async () => {
        world.pass(3 * DAY_MS);
        await work();
        world.pass(27 * DAY_MS);
        await work();
        await me.produce(topic, { payload: 4 });
        world.pass(2 * DAY_MS);
        await world.sweep();
      },
    );
    expect([read.messages.map(({ payload }) => payload), read.next_offset, read.head]).toEqual([[1, 2, 3, 4], 5, 4]);
  });

  test("of more than a segment, and of more than an answer, comes in order in as many answers as it takes", async () => {
    const topic = me.newName();
    const said: Said[] = [];
    for (let i = 0; i < 24; i++) {
      const messages = Array.from({ length: 4 }, (_, j) => ({ payload: `${i}-${j} ${String.fromCharCode(97 + i).repeat(200_000)}` }));
      const offset = await me.produce(topic, { messages });
      said.push(...messages.map((message, j) => ({ offset: offset + j, ...message })));
    }
    world.pass(3 * DAY_MS);
    await work();
    const segments = await segmentsOf(topic);
    expect(segments.length).toBeGreaterThan(1);
    expect(segments[1]?.first).toBe((segments[0]?.last ?? 0) + 1);
    world.pass(40 * DAY_MS);
    await world.sweep();
    expect(bare(await me.readAll(topic))).toEqual(said);
    expect((await me.consume(topic, "offset=1&limit=500")).messages.length).toBeLessThan(96);
    expect(bare((await me.consume(topic, `offset=${segments[0]?.last ?? 0}&limit=2`)).messages)).toEqual(
      said.slice((segments[0]?.last ?? 0) - 1, (segments[0]?.last ?? 0) + 1),
    );
  });

  test("twice with one nonce is not doubled: found as long as it is in the table, and refused when it has left", async () => {
    const topic = me.newName();
    await me.produce(topic, { payload: 0 });
    const again = { payload: "once", nonce: "n1", after: 1 };
    expect(await me.produce(topic, again)).toBe(2);
    world.pass(3 * DAY_MS);
    await work();
    expect(await me.produce(topic, again)).toBe(2);
    world.pass(40 * DAY_MS);
    await world.sweep();
    const refused = await me.call(`POST /topics/${topic}/produce`, again);
    expect([refused.status, refused.body.code]).toEqual([409, "message.conflict"]);
    expect(await me.produce(topic, { payload: "other", nonce: "n2", after: 2 })).toBe(3);
    expect(await me.produce(topic, { payload: "third", nonce: "n3" })).toBe(4);
    expect((await me.call(`POST /topics/${topic}/produce`, { payload: 1, expected_offset: 4 })).body.code).toBe("topic.offset_moved");
    expect(await me.produce(topic, { payload: "fifth", expected_offset: 5 })).toBe(5);
  });

  test("that was changed in the bucket is an error, and never another message", async () => {
    const topic = me.newName();
    await fill(topic);
    world.pass(3 * DAY_MS);
    await work();
    const [segment] = await segmentsOf(topic);
    const s3 = await import("../../../core/src/lib/s3");
    const key = segment?.key ?? "";
    const bytes = (await s3.read(key, { start: 0, length: 1e7 })) ?? new Uint8Array();
    for (const damage of [
      (at: Uint8Array) => at.with(at.length >> 1, (at[at.length >> 1] ?? 0) ^ 1),
      (at: Uint8Array) => at.slice(0, -1),
    ]) {
      await s3.put(key, new Uint8Array(damage(bytes)));
      expect((await me.call(`GET /topics/${topic}/consume?limit=500`)).status).toBe(500);
    }
    await s3.put(key, new Uint8Array(bytes));
    expect((await me.consume(topic, "limit=500")).messages).toHaveLength(106);
    await s3.remove(key);
    expect((await me.call(`GET /topics/${topic}/consume`)).status).toBe(500);
    await me.call(`DELETE /topics/${topic}`);
  });
});

describe("when the job does not come through", () => {
  test("what is produced has no date, and loses none of it; later the job deletes it, but not from under those who read", async () => {
    world.pass(4 * DAY_MS);
    const topic = me.newName();
    const said: Said[] = [];
    for (let i = 1; i <= 5; i++) said.push({ offset: await me.produce(topic, { payload: i }), payload: i });
    world.pass(100 * DAY_MS);
    await world.sweep();
    expect(bare(await me.readAll(topic))).toEqual(said);
    await work();
    expect(await entriesOf(topic)).toHaveLength(5);
    world.pass(30 * 60_000);
    await work();
    expect(await entriesOf(topic)).toHaveLength(5);
    world.pass(30 * 60_000);
    await work();
    expect(await entriesOf(topic)).toEqual([]);
    expect(bare(await me.readAll(topic))).toEqual(said);
    expect(await me.produce(topic, { payload: 6 })).toBe(6);
    expect(await entriesOf(topic)).toMatchObject([{ seq: 6, expires_on: expect.any(Number) }]); // it has come through again
  });

  test("a topic that cannot be sealed lets the others be, and says so", async () => {
    const [bad, good] = [me.newName(), me.newName()];
    await me.produce(bad, { payload: noise(40_000) });
    await me.produce(good, { payload: 1 });
    const [object] = await objectsOf(bad);
    const s3 = await import("../../../core/src/lib/s3");
    await s3.remove(object ?? "");
    world.pass(3 * DAY_MS);
    const { failed, keptUpAt } = await world.stack.jobs();
    expect([failed, keptUpAt]).toEqual([1, undefined]);
    expect(await segmentsOf(good)).toHaveLength(1);
    await me.call(`DELETE /topics/${bad}`);
    await work();
  });
});

describe("a pass", () => {
  test("without time goes through some topics, and the next one goes on behind them", async () => {
    const { pass } = await import("@agora/core/stream/tiering");
    const topics = Array.from({ length: 60 }, () => me.newName());
    for (const topic of topics) await me.produce(topic, { payload: 1 });
    world.pass(3 * DAY_MS);
    await world.stack.jobs();
    world.pass(3 * DAY_MS);
    const rounds = [];
    do rounds.push(await pass({ budgetMs: 0 }));
    while (rounds.at(-1)?.keptUpAt === undefined && rounds.length < 20);
    expect(rounds.length).toBeGreaterThan(2);
    expect(rounds.length).toBeLessThan(10);
    for (const topic of topics) await me.call(`DELETE /topics/${topic}`);
  });

  test("at the same moment as another seals nothing twice, and leaves no object", async () => {
    const topic = me.newName();
    const said = await fill(topic);
    world.pass(3 * DAY_MS);
    await Promise.all([world.stack.jobs(), world.stack.jobs(), world.stack.jobs()]);
    world.pass(2 * HOUR_MS);
    await work();
    expect((await segmentsOf(topic)).map(({ first, last }) => [first, last])).toEqual([[1, said.length]]);
    expect(await objectsOf(topic)).toEqual((await segmentsOf(topic)).map(({ key }) => key));
    await expectSame(topic, said);
  });

  test("that ends after any of its calls loses nothing, doubles nothing, and leaves nothing", { timeout: 600_000 }, async () => {
    await work();
    let point = 0;
    for (let wasEnded = true; wasEnded;) {
      point++;
      let left = point;
      wasEnded = false;
      const jobsEnd = async () => {
        if (wasEnded) return work();
        left -= await endingAfter(left, world.stack.jobs);
        if (left > 0) return;
        wasEnded = true;
      };
      const topic = me.newName();
      const said: Said[] = [];
      for (const payload of ["one", noise(40_000), "three"]) said.push({ offset: await me.produce(topic, { payload }), payload });
      const same = async (when: string) => expect([point, when, bare(await me.readAll(topic))]).toEqual([point, when, said]);
      await me.call(`PUT /topics/${topic}`, { retention_hours: 300 });
      world.pass(3 * DAY_MS);
      await jobsEnd();
      await same("ended, or sealed");
      world.pass(2 * HOUR_MS);
      await work();
      await same("sealed");
      world.pass(2 * HOUR_MS);
      await jobsEnd();
      await same("what had no date is gone, or half gone");
      await work();
      const segments = await segmentsOf(topic);
      expect([point, segments.map(({ first, last }) => [first, last])]).toEqual([point, [[1, 3]]]);
      expect([point, await objectsOf(topic)]).toEqual([point, segments.map(({ key }) => key)]);
      expect(await me.produce(topic, { payload: "four" })).toBe(4);
      world.pass(290 * HOUR_MS);
      await jobsEnd();
      world.pass(2 * HOUR_MS);
      await work();
      expect([point, bare(await me.readAll(topic))]).toEqual([point, [{ offset: 4, payload: "four" }]]);
      expect([point, (await segmentsOf(topic)).map(({ first }) => first)]).toEqual([point, [4]]);
      expect([point, await objectsOf(topic)]).toEqual([point, (await segmentsOf(topic)).map(({ key }) => key)]);
      const { id } = await rowOf(topic);
      await me.call(`DELETE /topics/${topic}`);
      world.pass(2 * HOUR_MS);
      await jobsEnd();
      world.pass(2 * HOUR_MS);
      await work();
      const isOfIt = (row: object) => JSON.stringify(row).includes(String(id));
      expect([
        point,
        (await world.topicsTable()).filter(isOfIt),
        (await world.objects()).filter((key) => key.includes(String(id))),
      ]).toEqual([point, [], []]);
    }
    expect(point).toBeGreaterThan(25);
  });
});

describe("what has expired", () => {
  test("is read no more, leaves table and bucket, and its numbers are not given again", async () => {
    const topic = me.newName();
    await me.call(`PUT /topics/${topic}`, { retention_hours: 72 });
    const said = await fill(topic);
    world.pass(50 * HOUR_MS);
    await work();
    await expectSame(topic, said);
    said.push({ offset: await me.produce(topic, { payload: "later" }), payload: "later" });
    world.pass(23 * HOUR_MS);
    const body = await me.consume(topic, "offset=5");
    expect([bare(body.messages), body.next_offset, body.head]).toEqual([said.slice(-1), said.length + 1, said.length]);
    world.pass(2 * HOUR_MS);
    await work();
    expect([await segmentsOf(topic), await objectsOf(topic)]).toEqual([[], []]);
    expect(bare(await me.readAll(topic))).toEqual(said.slice(-1));
    world.pass(60 * DAY_MS);
    await work();
    await world.sweep();
    world.pass(2 * HOUR_MS);
    await work();
    expect([await segmentsOf(topic), await objectsOf(topic), await entriesOf(topic)]).toEqual([[], [], []]);
    expect(await me.consume(topic)).toEqual({ messages: [], next_offset: said.length + 1, head: said.length });
    expect(await me.produce(topic, { payload: "and on" })).toBe(said.length + 1);
  });

  test("stays if it is kept for longer from now on, as long as it is there", async () => {
    const topic = me.newName();
    await me.call(`PUT /topics/${topic}`, { retention_hours: 72 });
    const said = await fill(topic);
    world.pass(73 * HOUR_MS - 1);
    await work();
    expect(await me.readAll(topic)).toEqual([]);
    await me.call(`PUT /topics/${topic}`, { retention_hours: null });
    await work();
    await expectSame(topic, said);
  });
});

describe("deletion", () => {
  test("of a topic takes its segments and objects, and what somebody has put in meanwhile", async () => {
    const topic = me.newName();
    await fill(topic);
    world.pass(3 * DAY_MS);
    await work();
    await me.produce(topic, { payload: noise(40_000) });
    const { id } = await rowOf(topic);
    const isOfIt = (row: object | string) => JSON.stringify(row).includes(String(id));
    expect((await me.call(`DELETE /topics/${topic}`)).status).toBe(204);
    expect([(await world.entries()).filter(isOfIt), (await world.objects()).filter(isOfIt)]).toEqual([[], []]);
    expect((await world.topicsTable()).filter(isOfIt)).toEqual([expect.objectContaining({ topic: "deleting" })]);
    const s3 = await import("../../../core/src/lib/s3");
    await s3.put(`streams/${String(id)}/late`, new Uint8Array(3)); // whoever had found the topic before
    await work();
    expect((await world.objects()).filter(isOfIt)).toHaveLength(1);
    world.pass(HOUR_MS);
    await work();
    expect([...(await world.objects()), ...(await world.topicsTable())].filter(isOfIt)).toEqual([]);
    expect(await me.produce(topic, { payload: "again" })).toBe(1);
  });

  test("of an account takes its topics, also one that it makes at this moment", async () => {
    const { person, ...other } = await world.somebody();
    const topics = [other.newName(), other.newName()];
    for (const topic of topics) await other.produce(topic, { messages: [{ payload: 1 }, { payload: noise(40_000) }] });
    const isLast = (sent: unknown) =>
      JSON.stringify(sent).includes("attribute_exists(deleting_at)") && (sent as object).constructor.name === "TransactWriteItemsCommand";
    let late: Awaited<ReturnType<typeof other.call>> | undefined;
    const remove = () => world.stack.api("DELETE /auth/me", { token: person.token, body: { password: PASSWORD } });
    const answer = await interleaveAt(isLast, remove, async () => {
      late = await world.stack.api("POST /topics/late/produce", { token: person.token, body: { payload: 1 } }); // by a token that is in time yet
    });
    expect([answer.status, late?.body.code]).toEqual([204, "topic.full"]);
    const isOfIt = (row: object) => JSON.stringify(row).includes(person.user.id);
    const left = (await world.topicsTable()).filter(isOfIt);
    expect(left.map(({ topic }) => topic).sort()).toEqual([`account#${person.user.id}`, "deleting", "deleting"]);
    expect(left.find(({ name }) => name === "#topics")).toMatchObject({ closed: true, topics: 0, expires_on: expect.any(Number) });
    const before = (await world.objects()).length;
    world.pass(HOUR_MS);
    await work();
    expect((await world.objects()).length).toBe(before - 2);
    expect((await world.topicsTable()).filter(isOfIt)).toHaveLength(1); // it has a date
  });
});
