import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { conversing, outcome } from "../testing/conversing";
import { interleave, interleavePut } from "../testing/interleave";
import { startStack, type Person, type SocketClient, type Stack } from "../testing/stack";

/* Groups: who may do what, how people come and go, and that nothing is heard or read by who is not in one. As on AWS: who listens stands in the table alone. */

let stack: Stack;
let ann: Person;
let ben: Person;
let cat: Person;
let eve: Person;
const { call, started, say, listed, people } = conversing(() => stack);
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  [ann, ben, cat, eve] = (await people(4)) as [Person, Person, Person, Person];
});
afterEach(() => clients.closeAll());

const patch = (who: Person, id: string, body: object) => call(who, `PATCH /dms/${id}`, body);
const leave = (who: Person, id: string) => call(who, `DELETE /dms/${id}`);
const idsOf = ({ body }: { body: { users: { id: string }[] } }) => body.users.map(({ id }) => id);
const isClosedMeanwhile = (error: Error) => expect(error.message).toContain("closed with 1000");
const userIds = (...some: Person[]) => some.map(({ user }) => user.id);
/** What was said that came to a socket by now. */
async function heard({ frames }: SocketClient): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 150));
  return frames.filter(({ type }) => type === "new_message").map(({ message }) => message.content);
}
async function rowsOf(key: string, value: string, table: string) {
  const client = new DynamoDBClient({});
  const { Items } = await client.send(
    new QueryCommand({ TableName: table, KeyConditionExpression: `${key} = :v`, ExpressionAttributeValues: { ":v": { S: value } } }),
  );
  client.destroy();
  return Items ?? [];
}

describe("a group", () => {
  test("shows for everybody at once, and is another one each time", async () => {
    const id = await started(ann, ben, cat);
    for (const who of [ann, ben, cat]) expect(await listed(who)).toEqual([id]);
    expect(await listed(eve)).toEqual([]);
    expect(await started(ann, ben, cat)).not.toBe(id);
    expect((await call(ben, `GET /dms/${id}`)).body).toMatchObject({ kind: "group", name: null, created_by: ann.user.id });
  });

  test("is named by anybody in it; a name has a letter that one sees, or there is none", async () => {
    const id = await started(ann, ben, cat);
    expect((await patch(ben, id, { name: "  Ours \u202E" })).body.name).toBe("Ours");
    expect((await patch(cat, id, { name: "\u200B" })).body.name).toBeNull();
    expect((await patch(cat, id, { name: "x".repeat(100) })).body.name).toBe("x".repeat(100));
    expect((await patch(cat, id, { name: null })).body.name).toBeNull();
    for (const bad of [{ name: "x".repeat(101) }, { name: "a\nb" }, { name: 7 }, { title: "x" }]) {
      expect(outcome(await patch(ann, id, bad))).toEqual([400, "input.invalid"]);
    }
    expect(outcome(await patch(eve, id, { name: "mine" }))).toEqual([404, "conversation.not_found"]);
  });

  test("is joined by whom anybody in it adds, who reads what was said before", async () => {
    const id = await started(ann, ben, cat);
    await say(ann, id, "before");
    expect(outcome(await call(eve, `GET /dms/${id}/messages`))).toEqual([404, "conversation.not_found"]);
    expect(idsOf(await patch(ben, id, { add_user_ids: userIds(eve, ben) }))).toEqual(expect.arrayContaining(userIds(ann, ben, cat, eve)));
    expect(await listed(eve)).toEqual([id]);
    expect((await call(eve, `GET /dms/${id}/messages`)).body.messages[0].content).toBe("before");
    expect(idsOf(await patch(ben, id, { add_user_ids: userIds(eve) })).length).toBe(4); // again changes nothing
    expect(outcome(await patch(ben, id, { add_user_ids: ["usr_0000000000000000"] }))).toEqual([404, "account.not_found"]);
  });

  test("has room for ten, also when many are added at once", async () => {
    const many = await people(10);
    const id = await started(ann, ...many.slice(0, 5));
    const adding = await Promise.all(many.slice(5).flatMap((one) => [patch(ann, id, { add_user_ids: userIds(one) })]));
    expect(adding.map(outcome).sort()).toEqual([
      [200, undefined],
      [200, undefined],
      [200, undefined],
      [200, undefined],
      [409, "conversation.full"],
    ]);
    expect(idsOf(await call(ann, `GET /dms/${id}`)).length).toBe(10);
    expect(outcome(await patch(ann, id, { add_user_ids: userIds(eve) }))).toEqual([409, "conversation.full"]);
    const swapped = await patch(ann, id, { add_user_ids: userIds(eve), remove_user_ids: userIds(many[0] ?? eve) });
    expect([swapped.status, idsOf(swapped).length]).toEqual([200, 10]);
    expect(outcome(await call(ann, "POST /dms", { user_ids: userIds(...many) }))).toEqual([400, "input.invalid"]);
    expect((await call(ann, "POST /dms", { user_ids: userIds(...many.slice(1), ann) })).status).toBe(201);
  });

  test("is left by nobody but those whom its maker removes, who remove not themselves", async () => {
    const id = await started(ann, ben, cat);
    expect(outcome(await patch(ben, id, { remove_user_ids: userIds(cat) }))).toEqual([403, "auth.denied"]);
    expect(outcome(await patch(ann, id, { remove_user_ids: userIds(ann) }))).toEqual([400, "input.invalid"]);
    expect(outcome(await patch(ann, id, { remove_user_ids: userIds(eve), add_user_ids: userIds(eve) }))).toEqual([400, "input.invalid"]);
    expect(idsOf(await patch(ann, id, { remove_user_ids: userIds(cat, eve) }))).toEqual(expect.arrayContaining(userIds(ann, ben)));
    expect(outcome(await call(cat, `GET /dms/${id}`))).toEqual([404, "conversation.not_found"]);
    expect(await listed(cat)).toEqual([]);
    await leave(ann, id);
    expect(outcome(await patch(ben, id, { remove_user_ids: userIds(ann) }))).toEqual([403, "auth.denied"]); // nobody has inherited it
  });
});

describe("who leaves, or is put out", () => {
  const goings: [string, (id: string) => Promise<{ status: number }>, number][] = [
    ["who leaves", (id) => leave(cat, id), 204],
    ["who is put out", (id) => patch(ann, id, { remove_user_ids: userIds(cat) }), 200],
  ];
  test.each(goings)("%s: their devices are told, and hear and read nothing any more", async (_, go, status) => {
    const id = await started(ann, ben, cat);
    const [looking, elsewhere] = [await clients.listen(cat, `dm:${id}`), await clients.listen(cat, `user:${cat.user.id}`)];
    const stays = await clients.listen(ben, `user:${ben.user.id}`);
    await say(ann, id, "one");
    expect((await go(id)).status).toBe(status);
    expect(await elsewhere.next(({ type }) => type === "conversation_left")).toMatchObject({ conversation_id: id });
    const again = await clients.connect(cat);
    const { denied } = await again.ask({ action: "subscribe", topics: [{ topic: `dm:${id}` }, { topic: `user:${cat.user.id}` }] });
    expect(denied).toEqual([`dm:${id}`]);
    await say(ann, id, "two");
    expect([await heard(looking), await heard(elsewhere), await heard(again), await heard(stays)]).toEqual([
      ["one"],
      ["one"],
      [],
      ["one", "two"],
    ]);
    const { conversation } = stays.frames.findLast(({ type }) => type === "conversation_updated");
    expect(conversation.users.length).toBe(2);
    for (const [method, body] of [
      ["GET /messages"],
      ["POST /messages", { content: "x" }],
      ["PUT /read", { seq: 1 }],
      ["POST /typing"],
    ] as const) {
      const [verb, path] = method.split(" ");
      expect(outcome(await call(cat, `${verb} /dms/${id}${path}`, body))).toEqual([404, "conversation.not_found"]);
    }
    expect(outcome(await leave(cat, id))).toEqual([404, "conversation.not_found"]);
  });

  test("hears nothing of what others say while they go, from the acknowledgement on", async () => {
    const id = await started(ann, ben, cat);
    let isGone = false;
    const late: string[] = [];
    const listen = async () => {
      const socket = await clients.connect(cat);
      socket.socket.on("message", (data) => isGone && String(data).includes("new_message") && late.push(String(data)));
      await socket.ask({ action: "subscribe", topics: [{ topic: `dm:${id}` }, { topic: `user:${cat.user.id}` }] });
    };
    await listen();
    let isOver = false;
    const talk = async (who: Person) => {
      for (let i = 0; !isOver; i++) expect((await say(who, id, `${i}`)).status).toBe(201);
    };
    // Their devices come back as fast as they can, and ask for what they had.
    const comeBack = async () => {
      while (!isOver) await listen().catch(isClosedMeanwhile);
    };
    const [first, second, third] = [talk(ann), talk(ben), comeBack()];
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await leave(cat, id)).status).toBe(204);
    isGone = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
    isOver = true;
    await Promise.all([first, second, third]);
    expect(late).toEqual([]);
  });

  test("hears nothing of what was about to be said when they went, also not on a device that came back since", async () => {
    const id = await started(ann, ben, cat);
    let back: SocketClient | undefined;
    const said = await interleavePut(
      "Messages",
      `dm:${id}`,
      () => say(ann, id, "between us"),
      async () => {
        await leave(cat, id);
        back = await clients.listen(cat, `user:${cat.user.id}`);
      },
    );
    expect([said.status, back && (await heard(back))]).toEqual([201, []]);
  });

  test("at the same moment as somebody is added", async () => {
    const id = await started(ann, ben, cat);
    const added = await interleave(
      "Conversations",
      () => patch(cat, id, { add_user_ids: userIds(eve) }),
      () => leave(cat, id),
    );
    expect(outcome(added)).toEqual([404, "conversation.not_found"]);
    expect(idsOf(await call(ann, `GET /dms/${id}`))).toEqual(expect.arrayContaining(userIds(ann, ben)));
    expect(await listed(eve)).toEqual([]);
  });
});

describe("when the last one leaves", () => {
  test("nothing of it is left", async () => {
    const id = await started(ann, ben, cat);
    for (let i = 0; i < 30; i++) await say(ann, id, `${i}`);
    await call(ben, `PUT /dms/${id}/pins/3`);
    expect((await rowsOf("log_id", `pins:dm:${id}`, "Messages")).length).toBe(1);
    for (const who of [ann, ben, cat]) expect((await leave(who, id)).status).toBe(204);
    expect(await rowsOf("log_id", `dm:${id}`, "Messages")).toEqual([]);
    expect(await rowsOf("log_id", `pins:dm:${id}`, "Messages")).toEqual([]);
    expect(await rowsOf("id", id, "Conversations")).toEqual([]);
    expect(await listed(cat)).toEqual([]);
  });

  test("all at once, too", async () => {
    const id = await started(ann, ben, cat);
    await say(ann, id);
    const all = await Promise.all([ann, ben, cat].map((who) => leave(who, id)));
    expect(all.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(await rowsOf("id", id, "Conversations")).toEqual([]);
    expect(await rowsOf("log_id", `dm:${id}`, "Messages")).toEqual([]);
  });

  test("what one call did not erase is erased by the next look at the list", async () => {
    const id = await started(ann, ben, cat);
    await say(ann, id);
    await Promise.all([leave(ben, id), leave(cat, id)]);
    const { send } = DynamoDBClient.prototype;
    DynamoDBClient.prototype.send = function (this: DynamoDBClient, command: unknown, ...rest: unknown[]) {
      if ((command as object).constructor.name === "BatchWriteItemCommand") return Promise.reject(new TypeError("the process ends here"));
      return (send as (...all: unknown[]) => unknown).call(this, command, ...rest);
    } as typeof send;
    try {
      expect((await leave(ann, id)).status).toBe(500);
    } finally {
      DynamoDBClient.prototype.send = send;
    }
    expect(outcome(await call(ann, `GET /dms/${id}`))).toEqual([404, "conversation.not_found"]);
    expect((await rowsOf("log_id", `dm:${id}`, "Messages")).length).toBe(1);
    expect(await listed(ann)).toEqual([]);
    expect(await rowsOf("log_id", `dm:${id}`, "Messages")).toEqual([]);
    expect(await rowsOf("id", id, "Conversations")).toEqual([]);
  });
});
