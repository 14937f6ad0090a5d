import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { conversing, outcome } from "../testing/conversing";
import { countHits } from "../testing/hits";
import { interleave, interleaveAt } from "../testing/interleave";
import { startStack, type Person, type Stack } from "../testing/stack";

/* Direct conversations: that there is one for each two people, who sees it where, and what can be done in it. */

let stack: Stack;
let ann: Person;
let ben: Person;
let eve: Person;
const { call, start, started, say, listed, people } = conversing(() => stack);
beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  [ann, ben, eve] = (await people(3)) as [Person, Person, Person];
});

const stateFor = async (who: Person, id: string) => (await call(who, `GET /dms/${id}`)).body;

describe("starting one", () => {
  test("makes it once, and answers the same one from then on, whoever asks", async () => {
    const first = await start(ann, ben);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      kind: "direct",
      name: null,
      created_by: ann.user.id,
      head: 0,
      last_read: 0,
      mention_count: 0,
      blocked: false,
      last_activity_at: first.body.created_at,
    });
    expect(first.body.users.map(({ id }: { id: string }) => id).sort()).toEqual([ann.user.id, ben.user.id].sort());
    expect(JSON.stringify(first.body)).not.toContain("@example.org");
    for (const again of [await start(ann, ben), await start(ben, ann)]) {
      expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    }
    expect(await started(ann, eve)).not.toBe(first.body.id);
  });

  test("by both at once, sixty times, is one conversation, made once", async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => (i % 2 ? start(ann, ben) : start(ben, ann))));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(59).fill(200), 201]);
    expect([await listed(ann), await listed(ben)]).toEqual([[answers[0]?.body.id], [answers[0]?.body.id]]);
  });

  test("is held to people who exist, and to others", async () => {
    const refusedAs = async (user_ids: unknown) => outcome(await call(ann, "POST /dms", { user_ids }));
    expect(await refusedAs(["usr_0000000000000000"])).toEqual([404, "account.not_found"]);
    expect(await refusedAs([ben.user.id, "usr_0000000000000000"])).toEqual([404, "account.not_found"]);
    for (const nobody of [[], [ann.user.id], ["ben"], "all", Array(40).fill(ben.user.id)]) {
      expect(await refusedAs(nobody)).toEqual([400, "input.invalid"]);
    }
    expect(await listed(ann)).toEqual([]);
  });

  test("leaves out oneself and doubles", async () => {
    const { body } = await call(ann, "POST /dms", { user_ids: [ann.user.id, ben.user.id, ben.user.id] });
    expect([body.kind, body.id]).toEqual(["direct", await started(ben, ann)]);
  });

  test("too often is refused, and what is there is answered all the same", async () => {
    const id = await started(ann, ben);
    await countHits(`start-conversation#${ann.user.id}`, 3_600, 200);
    const refused = await start(ann, eve);
    expect(outcome(refused)).toEqual([429, "limit.conversations"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await start(ann, ben)).body.id).toBe(id);
  });
});

describe("the list", () => {
  test("has it for who starts it at once, and for the other with the first message", async () => {
    const id = await started(ann, ben);
    expect([await listed(ann), await listed(ben)]).toEqual([[id], []]);
    expect((await say(ann, id)).status).toBe(201);
    expect([await listed(ann), await listed(ben)]).toEqual([[id], [id]]);
  });

  test("has it for the other also if whoever stored the first message ended before noting it", async () => {
    const id = await started(ann, ben);
    const { send } = DynamoDBClient.prototype;
    DynamoDBClient.prototype.send = function (this: DynamoDBClient, command: unknown, ...rest: unknown[]) {
      if (JSON.stringify((command as { input?: object }).input ?? {}).includes("SET last_activity_at"))
        return Promise.reject(new TypeError("the process ends here"));
      return (send as (...all: unknown[]) => unknown).call(this, command, ...rest);
    } as typeof send;
    try {
      expect((await say(ann, id, "one")).status).toBe(500);
    } finally {
      DynamoDBClient.prototype.send = send;
    }
    expect(await listed(ben)).toEqual([]);
    await say(ann, id, "two"); // in the same burst
    expect(await listed(ben)).toEqual([id]);
  });

  test("goes by what was said last, to the moment", async () => {
    const [one, two, three] = [await started(ann, ben), await started(ann, eve), await started(ann, ben, eve)];
    expect(await listed(ann)).toEqual([three, two, one]);
    await say(ann, one, "a");
    await say(eve, two, "b");
    expect(await listed(ann)).toEqual([two, one, three]);
    await say(ben, one, "c"); // in the same burst, which moves nothing in the index
    expect(await listed(ann)).toEqual([one, two, three]);
  });

  test("is paged, each of them once", async () => {
    const others = await people(5);
    const ids: string[] = [];
    for (const other of others) ids.push(await started(ann, other));
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 0; pages < 5; pages++) {
      const { body } = await call(ann, `GET /dms?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...body.conversations.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor ?? "";
      expect(body.has_more).toBe(body.next_cursor !== null);
      if (!body.has_more) break;
    }
    expect(seen).toEqual(ids.reverse());
    for (const bad of ["x", "1.dm_", "dm_1", "-1.dm_0", "1.srv_0"]) {
      expect(outcome(await call(ann, `GET /dms?cursor=${bad}`))).toEqual([400, "input.invalid"]);
    }
  });

  test("of one person says nothing of those of others", async () => {
    const id = await started(ann, ben);
    await say(ann, id);
    expect(await listed(eve)).toEqual([]);
    expect(outcome(await call(eve, `GET /dms/${id}`))).toEqual([404, "conversation.not_found"]);
  });
});

describe("closing one", () => {
  test("takes it out of the own list alone, until something is said in it", async () => {
    const id = await started(ann, ben);
    await say(ann, id, "one");
    expect((await call(ben, `DELETE /dms/${id}`)).status).toBe(204);
    expect([await listed(ann), await listed(ben)]).toEqual([[id], []]);
    expect((await stateFor(ben, id)).head).toBe(1); // it can still be read
    await say(ann, id, "two"); // in the same burst
    expect(await listed(ben)).toEqual([id]);
    await call(ben, `DELETE /dms/${id}`);
    expect((await start(ben, ann)).status).toBe(200);
    expect(await listed(ben)).toEqual([id]);
  });

  test("loses no message that is said while it is closed, on whichever side of it that falls", async () => {
    const id = await started(ann, ben);
    await say(ann, id, "one");
    const isClosing = () => call(ben, `DELETE /dms/${id}`);
    const isUpdate = (command: unknown) => JSON.stringify((command as { input?: object }).input ?? {}).includes("SET closed_through");
    await interleaveAt(isUpdate, isClosing, () => say(ann, id, "two"));
    expect(await listed(ben)).toEqual([id]);
    await isClosing();
    expect(await listed(ben)).toEqual([]);
  });

  test("passes over many that were closed, in pages that may be short", async () => {
    const others = await people(6);
    const ids: string[] = [];
    for (const other of others) ids.push(await started(ann, other));
    for (const id of ids.slice(1)) await call(ann, `DELETE /dms/${id}`);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: { conversations: { id: string }[]; next_cursor: string | null } = (
        await call(ann, `GET /dms?limit=1${cursor && `&cursor=${cursor}`}`)
      ).body;
      seen.push(...page.conversations.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(ids.slice(0, 1));
  });
});

describe("in it", () => {
  test("messages are as in a channel: exactly once, paged, deleted by who said them", async () => {
    const id = await started(ann, ben);
    const send = () => call(ann, `POST /dms/${id}/messages`, { content: "once", nonce: "n", after: 0 });
    const [first, again] = [await send(), await send()];
    expect([first.status, again.status, again.body.seq]).toEqual([201, 200, first.body.seq]);
    expect(first.body).toMatchObject({
      log_id: `dm:${id}`,
      seq: 1,
      content: "once",
      author: { id: ann.user.id, username: ann.user.username },
    });
    await say(ben, id, "two");
    const { body: page } = await call(ben, `GET /dms/${id}/messages?limit=1`);
    expect([page.messages[0].content, page.has_more, page.next_cursor, page.head]).toEqual(["two", true, 2, 2]);
    expect(outcome(await call(ben, `DELETE /dms/${id}/messages/1`))).toEqual([403, "auth.denied"]);
    expect(outcome(await call(ben, `DELETE /dms/${id}/messages/9`))).toEqual([404, "message.not_found"]);
    expect((await call(ann, `DELETE /dms/${id}/messages/1`)).status).toBe(204);
    expect((await call(ben, `GET /dms/${id}/messages`)).body.messages[1].content).toBeNull();
  });

  test("what is said is changed, answered, reacted to and pinned, by anybody in it as far as it is theirs", async () => {
    const id = await started(ann, ben);
    await say(ann, id, "one");
    const answer = await call(ben, `POST /dms/${id}/messages`, { content: "two", reply_to: 1 });
    expect(answer.body.reply_to).toMatchObject({ seq: 1, author: { id: ann.user.id }, content: "one" });
    expect((await call(ann, `PATCH /dms/${id}/messages/1`, { content: `<@${ben.user.id}>` })).body.mentions).toEqual([ben.user.id]);
    expect(outcome(await call(ben, `PATCH /dms/${id}/messages/1`, { content: "mine" }))).toEqual([403, "auth.denied"]);
    const reaction = `/dms/${id}/messages/1/reactions/${encodeURIComponent("👍")}`;
    expect((await call(ben, `PUT ${reaction}`)).status).toBe(204);
    expect((await call(ben, `PUT /dms/${id}/pins/1`)).status).toBe(204);
    const { body } = await call(ben, `GET /dms/${id}/pins`);
    expect(body.messages).toMatchObject([{ seq: 1, pinned: true, reactions: [{ emoji: "👍", count: 1, me: true }] }]);
    for (const path of [`PUT ${reaction}`, `PUT /dms/${id}/pins/1`, `GET /dms/${id}/pins`]) {
      expect(outcome(await call(eve, path))).toEqual([404, "conversation.not_found"]);
    }
  });

  test("an author is called as they are called now", async () => {
    const id = await started(ann, ben);
    expect((await say(ann, id)).body.author).toEqual({
      id: ann.user.id,
      username: ann.user.username,
      display_name: null,
      avatar_url: null,
    });
  });

  test("those are mentioned who are in it; roles and everyone are text", async () => {
    const id = await started(ann, ben);
    const content = `<@${ben.user.id}> <@${eve.user.id}> <@&rol_0000000000000000> @everyone`;
    const { body } = await say(ann, id, content);
    expect([body.content, body.mentions, body.mentioned_role_ids]).toEqual([content, [ben.user.id], undefined]);
    expect(await stateFor(ben, id)).toMatchObject({ head: 1, last_read: 0, mention_count: 1 });
    expect(await stateFor(ann, id)).toMatchObject({ mention_count: 0 });
  });

  test("a mark moves forward to the last message, and takes the mentions with it", async () => {
    const id = await started(ann, ben);
    await say(ann, id, `<@${ben.user.id}>`);
    await say(ann, id, "two");
    const mark = (seq: number) => call(ben, `PUT /dms/${id}/read`, { seq });
    expect((await mark(99)).body).toEqual({ last_read: 2, mention_count: 0 });
    expect((await mark(1)).body).toEqual({ last_read: 2, mention_count: 0 });
    const { body } = await call(ben, "GET /dms");
    expect(body.conversations[0]).toMatchObject({ id, head: 2, last_read: 2, mention_count: 0 });
    expect(outcome(await call(eve, `PUT /dms/${id}/read`, { seq: 1 }))).toEqual([404, "conversation.not_found"]);
  });

  test("a direct one takes nobody else in and has no name", async () => {
    const id = await started(ann, ben);
    for (const body of [{ name: "us" }, { add_user_ids: [eve.user.id] }, { remove_user_ids: [ben.user.id] }]) {
      expect(outcome(await call(ann, `PATCH /dms/${id}`, body))).toEqual([403, "auth.denied"]);
    }
    expect((await stateFor(ann, id)).users.length).toBe(2);
  });
});

test("who starts one while the other does finds theirs", async () => {
  const other = () => start(ben, ann);
  let theirs: Awaited<ReturnType<typeof other>> | undefined;
  const mine = await interleave(
    "Conversations",
    () => start(ann, ben),
    async () => (theirs = await other()),
  );
  expect([theirs?.status, mine.status]).toEqual([201, 200]);
  expect(mine.body.id).toBe(theirs?.body.id);
  expect(await listed(ann)).toEqual([mine.body.id]);
});
