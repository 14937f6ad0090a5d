import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleave } from "../testing/interleave";
import { startStack, type Frame, type Stack } from "../testing/stack";
import { answerOf, elsewhere, forgetAnnouncements, noSeqs, talkIn, type Talk } from "../testing/talk";

let stack: Stack;
let world: Community;
let talk: Talk;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
  talk = talkIn(stack, world);
});
afterEach(() => clients.closeAll());

const seqsOf = ({ messages }: Frame): number[] => messages.map(({ seq }: Frame) => seq);
const pinned = async () => seqsOf((await talk.pins(world.guest)).body);
const sayMany = async (count: number) => {
  for (let i = 1; i <= count; i++) await talk.say(world.guest, `${i}`);
};
/** Rows of the table, which no route shows. */
async function rowsOf(logId: string): Promise<number[]> {
  const client = new DynamoDBClient({ endpoint: process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "" });
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: "Messages",
      KeyConditionExpression: "log_id = :log",
      ExpressionAttributeValues: { ":log": { S: logId } },
      ConsistentRead: true,
    }),
  );
  client.destroy();
  return Items.map(({ seq }) => Number(seq?.N));
}

describe("a pin", () => {
  test("is set and taken off by those who moderate messages, and seen by all who see the channel", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    const almost = await world.newMemberWith("moderate_members", "manage_channels", "manage_server");
    const outsider = await stack.register();
    await sayMany(2);
    for (const who of [almost, world.guest]) {
      expect(answerOf(await talk.pin(who, 1))).toEqual([403, "auth.denied"]);
      expect(answerOf(await talk.unpin(who, 1))).toEqual([403, "auth.denied"]);
    }
    for (const answer of [await talk.pin(outsider, 1), await talk.pins(outsider)])
      expect(answerOf(answer)).toEqual([404, "server.not_found"]);
    expect((await talk.pin(moderator, 1)).status).toBe(204);
    expect((await talk.message(world.guest, 1)).pinned).toBe(true);
    expect(await pinned()).toEqual([1]);
    expect((await talk.unpin(moderator, 1)).status).toBe(204);
    expect((await talk.message(world.guest, 1)).pinned).toBe(false);
    expect(await pinned()).toEqual([]);
  });

  test("again changes nothing; nor does taking off what is not pinned", async () => {
    await sayMany(1);
    for (let i = 0; i < 2; i++) expect((await talk.pin(world.owner, 1)).status).toBe(204);
    expect((await talk.message(world.guest, 1)).revision).toBe(2);
    for (let i = 0; i < 2; i++) expect((await talk.unpin(world.owner, 1)).status).toBe(204);
    expect((await talk.message(world.guest, 1)).revision).toBe(3);
  });

  test("is shown with the whole message as its reader sees it, the newest message first whenever it was pinned", async () => {
    await sayMany(3);
    await talk.say(world.owner, "answer", { reply_to: 2 });
    await talk.react(world.guest, 3, "👍");
    for (const seq of [3, 1, 4]) await talk.pin(world.owner, seq);
    const { status, body } = await talk.pins(world.guest);
    expect([status, body.has_more, body.next_cursor]).toEqual([200, false, null]);
    expect(body.messages).toEqual((await talk.page(world.guest)).filter(({ seq }) => seq !== 2));
    expect(body.messages[0].reply_to.content).toBe("2");
    expect(body.messages[1].reactions).toEqual([{ emoji: "👍", count: 1, me: true }]);
  });

  test("is paged by a cursor, without one that is none", async () => {
    await sayMany(5);
    for (let seq = 1; seq <= 5; seq++) await talk.pin(world.owner, seq);
    const pages: number[][] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { body }: Frame = await talk.pins(world.guest, `limit=2${cursor && `&cursor=${cursor}`}`);
      expect(body.has_more).toBe(body.next_cursor !== null);
      pages.push(seqsOf(body));
      cursor = body.next_cursor;
    }
    expect(pages).toEqual([[5, 4], [3, 2], [1]]);
    for (const query of ["cursor=x", "cursor=0", "cursor=", "limit=0", "limit=101", "before=3"]) {
      expect([query, ...answerOf(await talk.pins(world.guest, query))]).toEqual([query, 400, "input.invalid"]);
    }
  });

  test("finds nothing by a number that is none, nor what was deleted, which is pinned no more", async () => {
    await sayMany(2);
    for (const seq of [1, 2]) await talk.pin(world.owner, seq);
    await talk.remove(world.guest, 1);
    for (const seq of [...noSeqs, 1]) {
      expect([seq, ...answerOf(await talk.pin(world.owner, seq))]).toEqual([seq, 404, "message.not_found"]);
      expect([seq, ...answerOf(await talk.unpin(world.owner, seq))]).toEqual([seq, 404, "message.not_found"]);
    }
    expect((await talk.message(world.owner, 1)).pinned).toBe(false);
    expect(await rowsOf(`pins:${world.topic}`)).toEqual([1, 2]);
    expect(await pinned()).toEqual([2]);
    expect(await rowsOf(`pins:${world.topic}`)).toEqual([2]); // cleared away by whoever found it
  });

  test("is told to those who look at the channel before it is answered, and again by another process", async () => {
    await sayMany(1);
    const looking = await clients.listen(world.guest, world.topic);
    await talk.pin(world.owner, 1);
    const message = await talk.message(world.guest, 1);
    const told = { type: "message_updated", topic: world.topic, seq: 1, message };
    expect(looking.frames.at(-1)).toEqual(told);
    forgetAnnouncements();
    await talk.pin(world.owner, 1);
    expect(await talk.updatesOf(looking)).toEqual([told, told]);
  });

  test("and its taking off, at once and many times, end as one of them: the mark and the list agree", async () => {
    await sayMany(1);
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 ? talk.pin : talk.unpin)(world.owner, 1)));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(204));
      const isPinned = (await talk.message(world.guest, 1)).pinned;
      expect([await pinned(), await rowsOf(`pins:${world.topic}`)]).toEqual(isPinned ? [[1], [1]] : [[], []]);
    }
  });

  test("that meets an edit keeps it; that meets a deletion is none", async () => {
    await sayMany(2);
    expect((await interleave("Messages", () => talk.pin(world.owner, 1), () => elsewhere(() => talk.edit(world.guest, 1, "edited")))).status).toBe(204); // prettier-ignore
    expect(await talk.message(world.guest, 1)).toMatchObject({ content: "edited", pinned: true });
    const late = await interleave("Messages", () => talk.pin(world.owner, 2), () => elsewhere(() => talk.remove(world.guest, 2))); // prettier-ignore
    expect(answerOf(late)).toEqual([404, "message.not_found"]);
    expect([await pinned(), await rowsOf(`pins:${world.topic}`)]).toEqual([[1], [1]]);
  });
});

describe("what was pinned goes", () => {
  test("with its channel", async () => {
    const { id } = await world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "other", kind: "text" });
    const there = talkIn(stack, world, `/servers/${world.serverId}/channels/${id}/messages`);
    await there.say(world.owner);
    await there.pin(world.owner, 1);
    expect(await rowsOf(`pins:channel:${id}`)).toEqual([1]);
    await world.byOwner(`DELETE /servers/${world.serverId}/channels/${id}`);
    expect([await rowsOf(`channel:${id}`), await rowsOf(`pins:channel:${id}`)]).toEqual([[], []]);
  });

  test("with its server", async () => {
    await sayMany(1);
    await talk.pin(world.owner, 1);
    await world.byOwner(`DELETE /servers/${world.serverId}`);
    expect([await rowsOf(world.topic), await rowsOf(`pins:${world.topic}`)]).toEqual([[], []]);
  });
});
