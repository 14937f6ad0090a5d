import { BatchGetItemCommand, DynamoDBClient, QueryCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleaveAt, interleavePut } from "../testing/interleave";
import { startStack, type Frame, type Person, type Stack } from "../testing/stack";

/* Nobody hears or reads what they may not see any more, however calls fall between one another. As on AWS: who listens stands in the table alone. */

let stack: Stack;
let world: Community;
const clients = new Clients(() => stack);
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});
afterEach(async () => {
  await clients.closeAll();
});

const channelPath = (id = "") => `/servers/${world.serverId}/channels${id && `/${id}`}`;
const memberPath = (who: Person) => `/servers/${world.serverId}/members/${who.user.id}`;
const call = (who: Person, signature: string, body?: object) => stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
const make = (body: object = {}) => world.byOwner(`POST ${channelPath()}`, { name: "new", kind: "text", ...body });
const send = (who: Person, id: string, content = "hello") => call(who, `POST ${channelPath(id)}/messages`, { content });
const update = (start: string) => (command: unknown) =>
  command instanceof UpdateItemCommand && command.input.UpdateExpression?.startsWith(start) === true;

/** What was said that came to a socket by now. */
async function heard(client: { frames: Frame[] }): Promise<string[]> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return client.frames.filter(({ type }) => type === "new_message").map(({ message }) => message.content);
}

test("who hands a server on hears nothing of the private channels any more, also if the first call ended half way", async () => {
  const { id } = await make({ private: true, allowed_user_ids: [world.guest.user.id] });
  const ears = await clients.listen(world.owner, `channel:${id}`);
  const hand = () => call(world.owner, `POST /servers/${world.serverId}/owner`, { user_id: world.guest.user.id });
  expect((await failing(isListing(id), hand)).status).toBe(503);
  expect((await hand()).body.code).toBe("auth.denied");
  await send(world.guest, id, "between us");
  expect(await heard(ears)).toEqual([]);
  expect((await call(world.owner, `GET ${channelPath(id)}/messages`)).status).toBe(404);
});

test("taking a role away that failed behind its write is finished by the repeat", async () => {
  const member = await world.newMemberWith();
  const { id } = await make({ private: true, allowed_role_ids: [member.roleId] });
  const ears = await clients.listen(member, `channel:${id}`);
  const take = () => call(world.owner, `PATCH ${memberPath(member)}`, { role_ids: [] });
  expect((await failing(isListing(id), take)).status).toBe(503);
  expect((await take()).status).toBe(200);
  await send(world.owner, id, "secret");
  expect(await heard(ears)).toEqual([]);
});

test("who unsubscribes and subscribes at once is found when the channel is hidden", async () => {
  const { id } = await make();
  const topic = `channel:${id}`;
  const ears = await clients.listen(world.guest, topic);
  const leave = () => ears.ask({ action: "unsubscribe", topics: [topic] });
  await interleaveAt(update("DELETE topics"), leave, () => ears.ask({ action: "subscribe", topics: [{ topic }] }));
  await world.byOwner(`PATCH ${channelPath(id)}`, { private: true });
  await send(world.owner, id, "secret");
  expect(await heard(ears)).toEqual([]);
});

test("a subscribe whose right was looked up before the channel was hidden hears nothing of what is said before its second look", async () => {
  const { id } = await make();
  const topic = `channel:${id}`;
  const ears = await clients.connect(world.guest);
  const isLook = (command: unknown) =>
    command instanceof BatchGetItemCommand && JSON.stringify(command.input).includes(world.guest.user.id);
  const answer = await interleavePut(
    "Connections",
    topic,
    () => ears.ask({ action: "subscribe", topics: [{ topic }] }),
    async () => {
      await world.byOwner(`PATCH ${channelPath(id)}`, { private: true });
      void interleaveAt(
        isLook,
        () => ears.next(({ type }) => type === "subscribed"),
        () => send(world.owner, id, "secret"),
      );
    },
  );
  expect(answer.denied).toEqual([topic]);
  expect(await heard(ears)).toEqual([]);
});

test("deleting a mention tells nobody who does not see the channel", async () => {
  const { id } = await make({ private: true, allowed_user_ids: [world.guest.user.id] });
  await send(world.owner, id, `<@${world.guest.user.id}>`);
  await world.byOwner(`PATCH ${channelPath(id)}`, { allowed_user_ids: [] });
  const ears = await clients.listen(world.guest, `user:${world.guest.user.id}`);
  await world.byOwner(`DELETE ${channelPath(id)}/messages/1`);
  await heard(ears);
  expect(ears.frames.map(({ type }) => type)).toEqual(["subscribed"]);
});

test("a hint goes by what the channel is when it is told, not by what it was when somebody began to speak", async () => {
  const { id } = await make();
  const ears = await clients.listen(world.guest, `server:${world.serverId}`);
  const hide = () => world.byOwner(`PATCH ${channelPath(id)}`, { private: true });
  expect((await interleavePut("Messages", id, () => send(world.owner, id), hide)).status).toBe(201);
  await heard(ears);
  expect(ears.frames.map(({ type }) => type)).toEqual(["subscribed", "channel_deleted"]);
});

test("by the socket one speaks in a private channel as by REST, within what the socket's function is granted", async () => {
  const { id } = await make({ private: true, allowed_user_ids: [world.guest.user.id] });
  const aside = await clients.listen(world.owner, `server:${world.serverId}`);
  const socket = await clients.listen(world.guest, `channel:${id}`);
  expect((await socket.ask({ action: "send", topic: `channel:${id}`, content: "x" })).type).toBe("sent");
  await aside.next(({ type }) => type === "unread");
});

test("a mention on its way is not told to who does not see the channel any more", async () => {
  const { id } = await make({ private: true, allowed_user_ids: [world.guest.user.id] });
  const ears = await clients.listen(world.guest, `user:${world.guest.user.id}`);
  const hide = () => world.byOwner(`PATCH ${channelPath(id)}`, { allowed_user_ids: [] });
  await interleaveAt(update("ADD mentions"), () => send(world.owner, id, `<@${world.guest.user.id}>`), hide);
  await heard(ears);
  expect(ears.frames.map(({ type }) => type)).toEqual(["subscribed"]);
});

test.each([
  ["removed", "DELETE", "members"],
  ["banned, and let in again,", "PUT", "bans"],
])("who was %s does not come back into the private channels that named them", async (_, method, list) => {
  const { id } = await make({ private: true, allowed_user_ids: [world.guest.user.id] });
  expect((await call(world.guest, `GET ${channelPath(id)}/messages`)).status).toBe(200);
  await world.byOwner(`${method} /servers/${world.serverId}/${list}/${world.guest.user.id}`, method === "PUT" ? {} : undefined);
  if (list === "bans") await world.byOwner(`DELETE /servers/${world.serverId}/bans/${world.guest.user.id}`);
  await world.join(world.guest);
  expect((await call(world.guest, `GET ${channelPath(id)}/messages`)).status).toBe(404);
});

describe("the audit log", () => {
  test("says to those who do not manage channels that something was done to a private one, and not what or to which", async () => {
    const [manager, sees] = [await world.newMemberWith("manage_server"), await world.newMemberWith("manage_server", "manage_channels")];
    const { id } = await make({ name: "layoffs", private: true });
    await send(world.owner, id);
    const mod = await world.newMemberWith("moderate_messages", "manage_channels");
    await call(mod, `DELETE ${channelPath(id)}/messages/1`);
    await world.byOwner(`PATCH ${channelPath(id)}`, { private: false });
    await world.byOwner(`PATCH ${channelPath(id)}`, { topic: "open now" });
    const linesFor = async (who: Person) => {
      const { entries } = (await call(who, `GET /servers/${world.serverId}/audit?limit=20`)).body;
      return entries.filter(({ action }: { action: string }) => /channel|message/.test(action));
    };
    expect((await linesFor(sees)).map(({ target }: { target: { id: string } }) => target.id.includes(id))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    const [open, ...hidden] = await linesFor(manager);
    expect([open.target.id, open.changes.length]).toEqual([id, 1]);
    expect(hidden.map(({ target, changes }: { target: unknown; changes: unknown[] }) => [target, changes])).toEqual([
      [null, []],
      [null, []],
      [null, []],
    ]);
  });
});

/** The question who listens to the channel. */
const isListing = (channelId: string) => (command: unknown) =>
  command instanceof QueryCommand && JSON.stringify(command.input.ExpressionAttributeValues).includes(`"channel:${channelId}"`);

/** Does it while the next such command is throttled for good. */
async function failing<T>(isSuch: (command: unknown) => boolean, act: () => Promise<T>): Promise<T> {
  const { send: sendReally } = DynamoDBClient.prototype;
  const throttled = Object.assign(new Error("slow down"), { name: "ThrottlingException", $metadata: { httpStatusCode: 400 } });
  DynamoDBClient.prototype.send = function (this: DynamoDBClient, ...args: unknown[]) {
    if (isSuch(args[0])) return Promise.reject(throttled);
    return (sendReally as (this: DynamoDBClient, ...args: unknown[]) => Promise<unknown>).apply(this, args);
  } as typeof sendReally;
  try {
    return await act();
  } finally {
    DynamoDBClient.prototype.send = sendReally;
  }
}
