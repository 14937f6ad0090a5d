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

const call = (request: string, body?: object, { token }: { token: string } = owner) => stack.api(request, { token, body });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const offsets = (body: { messages: { offset: number }[] }) => body.messages.map(({ offset }) => offset);

interface Given {
  messages?: number;
  group?: object;
  as?: { token: string };
}

/** A topic with so many messages and one group, as its owner calls them. */
async function made({ messages = 3, group = {}, as = owner }: Given = {}) {
  const topic = uniqueName("t").replaceAll("_", "-");
  const path = `/topics/${topic}/groups/g`;
  const produce = (count: number) =>
    call(`POST /topics/${topic}/produce`, { messages: Array.from({ length: count }, (_, i) => ({ payload: i })) }, as);
  await (messages === 0 ? call(`PUT /topics/${topic}`, {}, as) : produce(messages));
  expect((await call(`PUT ${path}`, group, as)).status).toBe(201);
  return {
    topic,
    path,
    produce,
    get: async () => (await call(`GET ${path}`, undefined, as)).body,
    poll: (consumer: string, more: object = {}, by = as) => call(`POST ${path}/poll`, { consumer, ...more }, by),
    commit: (generation: number, offset: number, more: object = {}, by = as) =>
      call(`POST ${path}/commit`, { generation, offset, ...more }, by),
  };
}

describe("a group", () => {
  test("is made once, shows where it is and how far behind, and is changed", async () => {
    const { path, get } = await made();
    const fresh = { group: "g", lease_seconds: 30, committed: 1, lag: 3, holder: null, generation: 0, lease_until: null };
    expect(await get()).toEqual(fresh);
    const changed = await call(`PUT ${path}`, { lease_seconds: 60, start: "latest" });
    expect([changed.status, changed.body]).toEqual([200, { ...fresh, lease_seconds: 60 }]);
    expect((await call(`PUT ${path}`, {})).body).toEqual({ ...fresh, lease_seconds: 60 });
  });

  test("starts where it is told to, not beyond the end", async () => {
    const { topic } = await made();
    const starts = { earliest: 1, latest: 4, 2: 2, 4: 4 };
    for (const [start, committed] of Object.entries(starts)) {
      const body = { start: /\d/.test(start) ? Number(start) : start };
      expect([start, (await call(`PUT /topics/${topic}/groups/${start}`, body)).body.committed]).toEqual([start, committed]);
    }
    const beyond = await call(`PUT /topics/${topic}/groups/x`, { start: 5 });
    expect([beyond.status, beyond.body.details]).toEqual([400, { start: "must be at most 4" }]);
  });

  test("takes what it may be, and nothing else", async () => {
    const { topic, path } = await made();
    for (const body of [{ lease_seconds: 0 }, { lease_seconds: 301 }, { lease_seconds: 1.5 }, { start: 0 }, { start: "middle" }, { x: 1 }])
      expect([body, (await call(`PUT ${path}`, body)).body.code]).toEqual([body, "input.invalid"]);
    for (const name of ["UPPER", "a:b", "x".repeat(101)]) {
      const at = `/topics/${topic}/groups/${encodeURIComponent(name)}`;
      expect([(await call(`GET ${at}`)).status, (await call(`PUT ${at}`, {})).body.details]).toEqual([
        404,
        { group: expect.any(String) as string },
      ]);
    }
    for (const body of [{}, { consumer: "A" }, { consumer: "a", limit: 0 }, { consumer: "a", limit: 501 }, { consumer: "a", wait: 21 }])
      expect([body, (await call(`POST ${path}/poll`, body)).body.code]).toEqual([body, "input.invalid"]);
  });

  test("is listed in the order of names, and paged", async () => {
    const { topic } = await made({ messages: 1 });
    for (const name of ["a", "a.b", "a-b", "z_", "0"]) await call(`PUT /topics/${topic}/groups/${name}`, {});
    const names: string[] = [];
    for (let cursor = "", pages = 0; pages < 10; pages++) {
      const { body } = await call(`GET /topics/${topic}/groups?limit=2${cursor}`);
      names.push(...body.groups.map(({ group }: { group: string }) => group));
      if (!body.has_more) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    expect(names).toEqual(["0", "a", "a-b", "a.b", "g", "z_"]);
  });

  test("is nobody else's, and needs a topic", async () => {
    const { topic, path, poll, commit } = await made();
    const { body } = await poll("a");
    for (const [request, given] of [
      [`GET ${path}`],
      [`GET /topics/${topic}/groups`],
      [`PUT ${path}`, {}],
      [`DELETE ${path}`],
      [`POST ${path}/poll`, { consumer: "a" }],
      [`POST ${path}/commit`, { generation: body.generation, offset: 2 }],
    ] as [string, object?][]) {
      const { status, body: refused } = await call(request, given, stranger);
      expect([request, status, refused.code]).toEqual([request, 404, "topic.not_found"]);
    }
    expect((await commit(body.generation, 2)).body.committed).toBe(2);
    // The same names in their own topic are theirs.
    await call(`POST /topics/${topic}/produce`, { payload: "theirs" }, stranger);
    expect((await poll("a", {}, stranger)).body.code).toBe("group.not_found");
  });

  test("a topic has a hundred, also if many are made at once, and one that is deleted makes room", async () => {
    const { topic } = await made({ messages: 1 });
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const answers = await Promise.all(Array.from({ length: 9 }, (_, j) => call(`PUT /topics/${topic}/groups/g${i}-${j}`, {})));
      statuses.push(...answers.map(({ status }) => status));
    }
    expect([statuses.filter((status) => status === 201).length, statuses.filter((status) => status === 409).length]).toEqual([99, 9]);
    expect((await call(`DELETE /topics/${topic}/groups/g0-0`)).status).toBe(204);
    expect((await call(`PUT /topics/${topic}/groups/more`, {})).status).toBe(201);
    expect((await call(`PUT /topics/${topic}/groups/and-more`, {})).body.code).toBe("group.full");
  }, 60_000);

  test("that many make at the same moment is one, made once", async () => {
    const { topic } = await made({ messages: 1 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(`PUT /topics/${topic}/groups/many`, {})));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(11).fill(200), 201]);
  });
});

describe("polling and committing", () => {
  test("reads behind what is committed, again until it is, and shows the lag", async () => {
    const { poll, commit, produce, get } = await made({ messages: 5 });
    const first = (await poll("a", { limit: 2 })).body;
    expect([offsets(first), first.next_offset, first.generation]).toEqual([[1, 2], 3, 1]);
    expect(first.lease_until).toBeGreaterThan(Date.now() + 25_000);
    expect(offsets((await poll("a", { limit: 2 })).body)).toEqual([1, 2]);
    const committed = await commit(1, first.next_offset);
    expect([committed.status, committed.body]).toMatchObject([200, { committed: 3, lag: 3, holder: "a", generation: 1 }]);
    expect((await poll("a", { limit: 10 })).body).toMatchObject({ next_offset: 6, generation: 1 });
    await commit(1, 6);
    expect((await poll("a")).body).toMatchObject({ messages: [], next_offset: 6 });
    await produce(4);
    expect(await get()).toMatchObject({ committed: 6, lag: 4 });
    expect(offsets((await poll("a")).body)).toEqual([6, 7, 8, 9]);
  });

  test("waits for what comes, with a lease that is as good as new afterwards", async () => {
    const { poll, produce } = await made({ messages: 0, group: { lease_seconds: 2 } });
    const waiting = poll("a", { wait: 10 });
    await sleep(900);
    await produce(2);
    const { body } = await waiting;
    expect(offsets(body)).toEqual([1, 2]);
    expect(body.lease_until).toBeGreaterThan(Date.now() + 1_500);
  });

  test("never waits longer than the lease lasts", async () => {
    const { poll } = await made({ messages: 0, group: { lease_seconds: 1 } });
    const started = Date.now();
    const { status, body } = await poll("a", { wait: 10 });
    expect([status, body.messages, body.generation, body.lease_until > Date.now()]).toEqual([200, [], 1, true]);
    expect(Date.now() - started).toBeLessThan(2_500);
  });

  test("is for one consumer: another is told when to come back, and gets it when the lease is over", async () => {
    const { poll, get } = await made({ group: { lease_seconds: 1 } });
    expect((await poll("a")).body.generation).toBe(1);
    const refused = await poll("b");
    expect([refused.status, refused.body.code, refused.headers.get("retry-after")]).toEqual([409, "group.leased", "1"]);
    await sleep(1_050);
    expect(await get()).toMatchObject({ holder: null, lease_until: null, generation: 1 });
    expect((await poll("b")).body.generation).toBe(2);
    expect((await poll("a")).body.code).toBe("group.leased");
  });

  test("who comes back after their own lease is over gets the next generation", async () => {
    const { poll } = await made({ group: { lease_seconds: 1 } });
    await poll("a");
    await sleep(1_050);
    expect((await poll("a")).body.generation).toBe(2);
  });

  test("of fifty that ask for a free group one gets it, each time, and generations ascend", async () => {
    const { poll, commit, get } = await made({ messages: 1, group: { lease_seconds: 300 } });
    for (let generation = 1; generation <= 4; generation++) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => poll(`c${i}`)));
      const got = answers.flatMap(({ status, body }, i) => (status === 200 ? [{ consumer: `c${i}`, generation: body.generation }] : []));
      expect(got).toEqual([{ consumer: (await get()).holder, generation }]);
      expect(answers.filter(({ status, body }) => status === 409 && body.code === "group.leased")).toHaveLength(49);
      await commit(generation, 1, { release: true });
    }
  }, 30_000);

  test("of one name at the same moment gets one generation", async () => {
    const { poll } = await made();
    const answers = await Promise.all(Array.from({ length: 20 }, () => poll("a")));
    expect(answers.map(({ body }) => body.generation)).toEqual(Array(20).fill(1));
  });

  test("an offset is not committed beyond the end, by an old generation, or backwards", async () => {
    const { poll, commit, get } = await made({ messages: 3, group: { lease_seconds: 1 } });
    await poll("a");
    expect((await commit(1, 4)).body).toMatchObject({ committed: 4, lag: 0 });
    const beyond = await commit(1, 5);
    expect([beyond.status, beyond.body.details]).toEqual([400, { offset: "must be at most 4" }]);
    const lower = await commit(1, 2);
    expect([lower.status, lower.body.committed]).toEqual([200, 4]);
    for (const generation of [0, 2]) expect((await commit(generation, 4)).body.code).toBe("group.fenced");
    await sleep(1_050);
    await poll("b");
    expect([(await commit(1, 4)).status, (await commit(1, 4)).body.code]).toEqual([409, "group.fenced"]);
    expect(await get()).toMatchObject({ committed: 4, holder: "b", generation: 2 });
  });

  test("a lease that is over and that nobody has taken still commits, and is alive again", async () => {
    const { poll, commit } = await made({ group: { lease_seconds: 1 } });
    await poll("a");
    await sleep(1_050);
    expect((await commit(1, 3)).body).toMatchObject({ committed: 3, holder: "a" });
    expect((await poll("b")).body.code).toBe("group.leased");
  });

  test("a consumer that leaves makes room at once", async () => {
    const { poll, commit } = await made({ messages: 4, group: { lease_seconds: 300 } });
    await poll("a");
    expect((await poll("b")).body.code).toBe("group.leased");
    expect((await commit(1, 3, { release: true })).body).toMatchObject({ committed: 3, holder: null });
    const { body } = await poll("b");
    expect([offsets(body), body.generation]).toEqual([[3, 4], 2]);
    expect((await commit(1, 4, { release: true })).body.code).toBe("group.fenced");
  });

  test("commits at the same moment never go backwards, and of two generations the old one's is refused", async () => {
    const { poll, commit, get } = await made({ messages: 60 });
    await poll("a");
    let highest = 0;
    const watch = async (until: () => boolean) => {
      while (!until()) {
        const { committed } = await get();
        expect(committed).toBeGreaterThanOrEqual(highest);
        highest = committed;
      }
    };
    let isDone = false;
    const all = Promise.all(
      Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) + 1).map(async (offset) => {
        const { status, body } = await commit(1, offset);
        expect([status, body.committed >= offset]).toEqual([200, true]);
      }),
    ).finally(() => (isDone = true));
    await Promise.all([all, watch(() => isDone)]);
    expect((await get()).committed).toBe(60);
  });

  test("take-over and the old one's commit at the same moment: it counts before, or is refused", async () => {
    for (let round = 0; round < 6; round++) {
      const { poll, commit, get } = await made({ messages: 9, group: { lease_seconds: 1 } });
      await poll("a");
      await sleep(1_020);
      const [taken, committed] = await Promise.all([poll("b"), commit(1, 5)]);
      // Either it came first, and then revived its lease; or it is fenced, and nothing of it is left.
      if (committed.status === 200) expect([taken.status, (await get()).committed]).toEqual([409, 5]);
      else expect([committed.body.code, offsets(taken.body)[0], (await get()).committed]).toEqual(["group.fenced", 1, 1]);
    }
  }, 30_000);
});

describe("a group that is deleted", () => {
  test("is gone, and one of its name begins anew, under generations that nobody had", async () => {
    const { path, poll, commit, get } = await made();
    await poll("a");
    await commit(1, 3);
    expect((await call(`DELETE ${path}`)).status).toBe(204);
    expect((await call(`DELETE ${path}`)).body.code).toBe("group.not_found");
    for (const { body } of [await poll("a"), await commit(1, 3), await call(`GET ${path}`)]) expect(body.code).toBe("group.not_found");
    let highest = 1;
    for (let round = 0; round < 3; round++) {
      expect((await call(`PUT ${path}`, {})).status).toBe(201);
      expect(await get()).toMatchObject({ committed: 1, holder: null });
      expect((await commit(highest, 3)).body.code).toBe("group.fenced");
      const { generation } = (await poll("b")).body;
      expect(generation).toBeGreaterThan(highest);
      highest = generation;
      expect((await call(`DELETE ${path}`)).status).toBe(204);
    }
  });

  test("with its topic has left nothing in a topic of that name, nor anywhere", async () => {
    const { topic, path, poll, produce } = await made();
    await poll("a");
    const { find } = await import("../../../core/src/stream/store");
    const { id } = (await find(owner.user.id, topic)) ?? { id: "" };
    expect(await rowsOf(id)).toEqual(["#groups", "group#g"]);
    expect((await call(`DELETE /topics/${topic}`)).status).toBe(204);
    expect(await rowsOf(id)).toEqual([]);
    await produce(1);
    expect((await call(`GET ${path}`)).body.code).toBe("group.not_found");
    expect((await call(`GET /topics/${topic}/groups`)).body.groups).toEqual([]);
  });

  test("one that is made while its topic is deleted is in no topic", async () => {
    for (let round = 0; round < 5; round++) {
      const { topic } = await made();
      const { find } = await import("../../../core/src/stream/store");
      const { id } = (await find(owner.user.id, topic)) ?? { id: "" };
      const puts = Array.from({ length: 5 }, (_, i) => call(`PUT /topics/${topic}/groups/late${i}`, {}));
      const [deleted, ...answers] = await Promise.all([call(`DELETE /topics/${topic}`), ...puts]);
      expect(deleted.status).toBe(204);
      for (const { status } of answers) expect([201, 404]).toContain(status);
      expect(await rowsOf(id)).toEqual([]);
    }
  });
});

describe("keys and channels", () => {
  test("a key that reads polls and commits, and makes no group", async () => {
    const { path, poll, commit } = await made();
    const { secret } = (await call("POST /auth/keys", { name: "bot", scopes: ["topics:read"] })).body;
    const bot = { token: secret as string };
    expect((await poll("bot", {}, bot)).status).toBe(200);
    expect((await commit(1, 2, {}, bot)).status).toBe(200);
    expect((await call(`GET ${path}`, undefined, bot)).status).toBe(200);
    for (const request of ["PUT", "DELETE"]) {
      expect((await call(`${request} ${path}`, request === "PUT" ? {} : undefined, bot)).status).toBe(403);
    }
  });

  test("a channel is read by a group of one's own, for as long as one may read it, also while one waits", async () => {
    const server = (await call("POST /servers", { name: uniqueName("s") })).body;
    const { code } = (await call(`POST /servers/${server.id}/invites`, {})).body;
    const member = await stack.register();
    await call(`POST /invites/${code}/join`, {}, member);
    const channelId: string = server.channels[0].id;
    const say = (content: string) => call(`POST /servers/${server.id}/channels/${channelId}/messages`, { content });
    const path = `/topics/channel:${channelId}/groups/bot`;
    for (const content of ["one", "two"]) await say(content);
    expect((await call(`PUT ${path}`, {}, stranger)).status).toBe(404);
    expect((await call(`PUT ${path}`, { start: 2 }, member)).status).toBe(201);
    expect((await call(`GET ${path}`)).body.code).toBe("group.not_found"); // the owner has groups of their own
    const poll = (body: object = {}) => call(`POST ${path}/poll`, { consumer: "b", ...body }, member);
    const commit = (offset: number) => call(`POST ${path}/commit`, { generation: 1, offset }, member);
    expect((await poll()).body.messages[0].payload.content).toBe("two");
    expect((await commit(3)).body).toMatchObject({ committed: 3, lag: 0 });
    const waiting = poll({ wait: 5 });
    await sleep(200);
    expect((await call(`DELETE /servers/${server.id}/members/${member.user.id}`)).status).toBe(204);
    await say("three");
    expect([(await waiting).status, (await poll()).status, (await commit(3)).status]).toEqual([404, 404, 404]);
  });
});

/** What is under that partition. */
async function rowsOf(id: string): Promise<string[]> {
  const { query } = await import("../../../core/src/lib/dynamo");
  const { items } = await query("Topics", { key: "#topic = :id", names: { "#topic": "topic" }, values: { ":id": id }, consistent: true });
  return items.map(({ name }) => String(name)).filter((name) => /^#?group/.test(name));
}
