import { inThisProcess } from "@agora/core/in-this-process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Meter } from "../meter/meter";
import { Clients } from "../testing/clients";
import { conversing } from "../testing/conversing";
import { startStack, type Frame, type Person, type SocketClient, type Stack } from "../testing/stack";

/* Who hears of what is said in a conversation, by which topic, and what that costs. */

const MINUTE = 60_000;
const meter = new Meter();
let stack: Stack;
let ann: Person;
let ben: Person;
let cat: Person;
const { call, start, started, say, people } = conversing(() => stack);
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack({ push: "in-process", observe: meter.observe });
});
afterAll(async () => {
  meter.stop();
  await stack.close();
});
beforeEach(async () => {
  // A clock that stands still at the start of a minute: a burst of talk ends when a test says so.
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / MINUTE) * MINUTE });
  [ann, ben, cat] = (await people(3)) as [Person, Person, Person];
});
afterEach(async () => {
  vi.useRealTimers();
  await clients.closeAll();
});

const own = ({ user }: Person) => `user:${user.id}`;
const listen = (who: Person, ...topics: string[]) => clients.listen(who, own(who), ...topics);
/** What came so far. An answer that comes back says that all before it has come. */
async function heard(client: SocketClient, type = "new_message"): Promise<Frame[]> {
  await client.ask({ action: "ping" });
  return client.frames.filter((frame) => frame.type === type);
}
const contents = async (client: SocketClient) => (await heard(client)).map(({ message }) => message.content);

describe("what is said", () => {
  test("comes once to each device of everybody in it: by the conversation where it is looked at, else by the account", async () => {
    const id = await started(ann, ben);
    const [looking, elsewhere, sender, stranger] = [await listen(ben, `dm:${id}`), await listen(ben), await listen(ann), await listen(cat)];
    await say(ann, id, "one");
    await say(ann, id, "two"); // in the same burst: a hint would not come again
    for (const client of [looking, elsewhere, sender]) {
      expect(await contents(client)).toEqual(["one", "two"]);
      expect((await heard(client))[0]).toMatchObject({ topic: `dm:${id}`, seq: 1, message: { log_id: `dm:${id}` } });
    }
    expect(await contents(stranger)).toEqual([]);
  });

  test("comes in order, each message, also in a rush", async () => {
    const id = await started(ann, ben);
    const elsewhere = await listen(ben);
    await Promise.all(Array.from({ length: 30 }, (_, i) => say(ann, id, `${i}`)));
    expect((await heard(elsewhere)).map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  test("by the socket is as by a request, and who types is shown to those who look", async () => {
    const id = await started(ann, ben);
    const [typist, looking, elsewhere] = [await listen(ann, `dm:${id}`), await listen(ben, `dm:${id}`), await listen(ben)];
    typist.socket.send(JSON.stringify({ action: "typing", topic: `dm:${id}` }));
    expect(await looking.next(({ type }) => type === "typing")).toMatchObject({ topic: `dm:${id}`, user: { id: ann.user.id } });
    const { message } = await typist.ask({ action: "send", topic: `dm:${id}`, content: "hello", nonce: "n", after: 0 });
    expect(message).toMatchObject({ seq: 1, content: "hello", author: { username: ann.user.username } });
    expect([await contents(looking), await contents(elsewhere), (await heard(elsewhere, "typing")).length]).toEqual([
      ["hello"],
      ["hello"],
      0,
    ]);
  });

  test("while nobody listened is brought along by subscribing", async () => {
    const id = await started(ann, ben);
    for (const content of ["one", "two", "three"]) await say(ann, id, content);
    const client = await clients.connect(ben);
    const { topics } = await client.ask({ action: "subscribe", topics: [{ topic: `dm:${id}`, after: 1 }] });
    expect([topics[0].head, topics[0].entries.map(({ content }: { content: string }) => content)]).toEqual([3, ["two", "three"]]);
  });

  test("is told by a repeat, if the first call ended between storing it and telling", async () => {
    const id = await started(ann, ben);
    const elsewhere = await listen(ben);
    const send = () => call(ann, `POST /dms/${id}/messages`, { content: "once", nonce: "n", after: 0 });
    await send();
    inThisProcess("announced", () => new Map()).clear(); // as another process would be
    await send();
    expect((await heard(elsewhere)).map(({ seq }) => seq)).toEqual([1, 1]);
  });

  test("and deleted is told to those who look", async () => {
    const id = await started(ann, ben);
    await say(ann, id, "oops");
    const looking = await listen(ben, `dm:${id}`);
    await call(ann, `DELETE /dms/${id}/messages/1`);
    expect((await heard(looking, "message_deleted"))[0]).toMatchObject({ topic: `dm:${id}`, seq: 1, message: { content: null } });
  });
});

describe("the other devices of an account", () => {
  test("hear of a mark that is moved, and of a mention", async () => {
    const id = await started(ann, ben);
    const other = await listen(ben);
    await say(ann, id, `<@${ben.user.id}>`);
    await call(ben, `PUT /dms/${id}/read`, { seq: 1 });
    expect(
      (await heard(other, "read")).map(({ topic, last_read, mention_count, server_id }) => [topic, last_read, mention_count, server_id]),
    ).toEqual([
      [`dm:${id}`, 0, 1, undefined],
      [`dm:${id}`, 1, 0, undefined],
    ]);
  });

  test("hear of a conversation that is started, closed and opened again; a group's change is heard by all in it", async () => {
    const [mine, theirs] = [await listen(ann), await listen(ben)];
    const id = await started(ann, ben);
    expect((await heard(mine, "conversation_updated"))[0]).toMatchObject({ topic: own(ann), conversation: { id, kind: "direct" } });
    await call(ann, `DELETE /dms/${id}`);
    expect((await heard(mine, "conversation_left"))[0]).toMatchObject({ conversation_id: id });
    await start(ann, ben);
    expect((await heard(mine, "conversation_updated")).length).toBe(2);
    expect(await heard(theirs, "conversation_updated")).toEqual([]); // nothing was said yet
    const group = await started(ann, ben, cat);
    await call(ben, `PATCH /dms/${group}`, { name: "Ours" });
    for (const client of [mine, theirs]) {
      const [first, second] = (await heard(client, "conversation_updated")).slice(-2);
      expect([first.conversation.name, second.conversation.name, second.conversation.id]).toEqual([null, "Ours", group]);
    }
  });
});

describe("a message costs", () => {
  const once = { httpRequests: 1, lambdaRequests: 1 };
  async function unitsOf(run: () => Promise<unknown>) {
    meter.start({ engine: "dynoxide" });
    meter.reset();
    await run();
    const { writeUnits, readUnits, httpRequests, socketMessages, lambdaRequests } = meter.snapshot().units;
    return { writeUnits, readUnits, httpRequests, socketMessages, lambdaRequests };
  }
  const send = (id: string, nonce: string, after: number) => call(ann, `POST /dms/${id}/messages`, { content: "hello", nonce, after });
  /** As if another sandbox took the request: what this process remembers of the log's end is too old to be used. */
  const forgetTheEnd = () => vi.setSystemTime(Date.now() + 600);

  test("one write, and a push to who looks; the conversation, the author, the end and three lists of listeners are read", async () => {
    const id = await started(ann, ben);
    await clients.listen(ben, `dm:${id}`);
    await send(id, "first", 0);
    forgetTheEnd();
    expect(await unitsOf(() => send(id, "second", 1))).toEqual({ ...once, writeUnits: 1, readUnits: 1 + 1 + 0.5 + 3, socketMessages: 1 });
  });

  test("who is not looking one push more, and one read of who is in it by then", async () => {
    const id = await started(ann, ben);
    await clients.listen(ben, own(ben));
    await send(id, "first", 0);
    expect(await unitsOf(() => send(id, "second", 1))).toEqual({ ...once, writeUnits: 1, readUnits: 1 + 1 + 3 + 1, socketMessages: 1 });
  });

  test("once a minute, three writes for each in it: their lists are ordered by it", async () => {
    const id = await started(ann, ben);
    await send(id, "first", 0);
    vi.setSystemTime(Date.now() + MINUTE);
    expect(await unitsOf(() => send(id, "second", 1))).toEqual({
      ...once,
      writeUnits: 1 + 2 * 3,
      readUnits: 1 + 1 + 0.5 + 3,
      socketMessages: 0,
    });
  });
});
