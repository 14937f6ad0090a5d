import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { conversing, outcome } from "../testing/conversing";
import { interleave } from "../testing/interleave";
import { startStack, type Person, type Stack } from "../testing/stack";

/* Blocks: nobody writes to whoever has blocked them, however the two fall together. */

let stack: Stack;
let ann: Person;
let ben: Person;
let cat: Person;
const { call, start, started, say, listed, block, unblock, people } = conversing(() => stack);
beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  [ann, ben, cat] = (await people(3)) as [Person, Person, Person];
});

const denied = [403, "auth.denied"];
const blocked = async (who: Person) => (await call(who, "GET /users/@me/blocks")).body.users.map(({ id }: { id: string }) => id);
const isBlocked = async (who: Person, id: string) => (await call(who, `GET /dms/${id}`)).body.blocked;
const socketAnswer = async (who: Person, frame: object) => {
  const socket = await stack.connect(who.token);
  const answer = await socket.ask(frame);
  await socket.close();
  return answer;
};

describe("a block", () => {
  test("is put and taken back, again and again, and listed to its owner alone", async () => {
    for (const act of [block, block]) expect((await act(ann, ben)).status).toBe(204);
    expect([await blocked(ann), await blocked(ben)]).toEqual([[ben.user.id], []]);
    expect((await call(ann, "GET /users/@me/blocks")).body.users[0]).toEqual({
      id: ben.user.id,
      username: ben.user.username,
      display_name: null,
      avatar_url: null,
      created_at: expect.any(Number),
    });
    for (const act of [unblock, unblock]) expect((await act(ann, ben)).status).toBe(204);
    expect(await blocked(ann)).toEqual([]);
  });

  test("is of somebody else who exists", async () => {
    const put = async (id: string) => outcome(await call(ann, `PUT /users/@me/blocks/${id}`));
    expect(await put("usr_0000000000000000")).toEqual([404, "account.not_found"]);
    expect(await put("nobody")).toEqual([404, "account.not_found"]);
    for (const self of [ann.user.id, "@me"]) expect(await put(self)).toEqual([400, "input.invalid"]);
    expect(outcome(await call(ann, "DELETE /users/@me/blocks/usr_0000000000000000"))).toEqual([404, "account.not_found"]);
  });

  test("among many is found by pages", async () => {
    const others = await people(5);
    for (const other of others) await block(ann, other);
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const page: { users: { id: string }[]; next_cursor: string | null } = (
        await call(ann, `GET /users/@me/blocks?limit=2${cursor && `&cursor=${cursor}`}`)
      ).body;
      seen.push(...page.users.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(others.map(({ user }) => user.id).sort());
    expect(outcome(await call(ann, "GET /users/@me/blocks?cursor=x"))).toEqual([400, "input.invalid"]);
  });
});

describe("who is blocked", () => {
  test("starts no direct conversation with who has blocked them, nor does the blocker, until it is taken back", async () => {
    await block(ann, ben);
    const [refused, own] = [await start(ben, ann), await start(ann, ben)];
    expect([outcome(refused), outcome(own)]).toEqual([denied, denied]);
    expect(own.body.error).toMatch(/Unblock/);
    expect(refused.body.error).not.toMatch(/block/i);
    expect((await start(ben, cat)).status).toBe(201);
    await unblock(ann, ben);
    expect((await start(ben, ann)).status).toBe(201);
  });

  test("writes no more in the one that was there, by no way, and neither does the blocker; both still read it", async () => {
    const id = await started(ann, ben);
    await say(ben, id, "one");
    await block(ann, ben);
    for (const who of [ann, ben]) {
      expect(outcome(await say(who, id))).toEqual(denied);
      expect(outcome(await call(who, `POST /dms/${id}/typing`))).toEqual(denied);
      expect(outcome(await call(who, `PUT /dms/${id}/pins/1`))).toEqual(denied);
      expect(outcome(await call(who, `PUT /dms/${id}/messages/1/reactions/${encodeURIComponent("👍")}`))).toEqual(denied);
      expect(outcome(await call(who, `PATCH /dms/${id}/messages/1`, { content: "other" }))).toEqual(denied);
      expect(await socketAnswer(who, { action: "send", topic: `dm:${id}`, content: "x" })).toMatchObject({
        type: "error",
        code: "auth.denied",
      });
      expect((await call(who, `GET /dms/${id}/messages`)).body.messages.length).toBe(1);
      expect((await call(who, `PUT /dms/${id}/read`, { seq: 1 })).status).toBe(200);
    }
    expect([await isBlocked(ann, id), await isBlocked(ben, id)]).toEqual([true, false]);
    expect([outcome(await start(ben, ann)), (await start(ann, ben)).status]).toEqual([denied, 200]);
    expect((await call(ben, `DELETE /dms/${id}/messages/1`)).status).toBe(204); // what they said is still theirs
    await unblock(ann, ben);
    expect([(await say(ann, id)).status, (await say(ben, id)).status, await isBlocked(ann, id)]).toEqual([201, 201, false]);
  });

  test("of two who block each other both have to take it back", async () => {
    const id = await started(ann, ben);
    await Promise.all([block(ann, ben), block(ben, ann)]);
    await unblock(ann, ben);
    expect([outcome(await say(ann, id)), outcome(await say(ben, id))]).toEqual([denied, denied]);
    await unblock(ben, ann);
    expect((await say(ann, id)).status).toBe(201);
  });

  test("brings the blocker into no group, but talks to them in one where both are", async () => {
    const both = await started(cat, ann, ben);
    const other = await started(ben, cat, (await people(1))[0] as Person);
    await block(ann, ben);
    expect(outcome(await start(ben, ann, cat))).toEqual(denied);
    expect(outcome(await call(ben, `PATCH /dms/${other}`, { add_user_ids: [ann.user.id] }))).toEqual(denied);
    expect((await call(cat, `PATCH /dms/${other}`, { add_user_ids: [ann.user.id] })).status).toBe(200);
    expect((await say(ben, both)).status).toBe(201);
    expect((await start(ann, ben, cat)).status).toBe(201);
    expect((await listed(ann)).length).toBe(3);
  });
});

describe("at the same moment", () => {
  test("a conversation that is started while it is blocked is refused, or can be written in by nobody", async () => {
    const refused = await interleave(
      "Conversations",
      () => start(ben, ann),
      () => block(ann, ben),
    );
    expect(outcome(refused)).toEqual(denied);

    const late = await interleave(
      "Conversations",
      () => block(cat, ben),
      () => start(ben, cat),
    );
    expect(late.status).toBe(204);
    expect(outcome(await say(ben, await started(cat, ben)))).toEqual(denied);
  });

  test("whoever wins of many who start, block and take back, what holds in the end is the last word", async () => {
    for (let round = 0; round < 8; round++) {
      const [one, other] = (await people(2)) as [Person, Person];
      await Promise.all([start(one, other), block(one, other), start(other, one), unblock(one, other), block(one, other)]);
      const isIn = (await blocked(one)).length === 1;
      const again = await start(other, one);
      expect([again.status, isIn]).toEqual([isIn ? 403 : again.status, again.status === 403]);
      await unblock(one, other);
      expect((await say(other, await started(other, one))).status).toBe(201);
      await block(one, other);
      expect(outcome(await say(other, await started(one, other)))).toEqual(denied);
    }
  });

  test("who is put into a group while they block is not in it", async () => {
    const refused = await interleave(
      "Conversations",
      () => start(ben, ann, cat),
      () => block(ann, ben),
    );
    expect(outcome(refused)).toEqual(denied);
    expect(await listed(ann)).toEqual([]);
  });
});
