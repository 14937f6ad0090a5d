import { inThisProcess } from "@agora/core/in-this-process";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleave } from "../testing/interleave";
import { startStack, type Frame, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});
afterEach(() => clients.closeAll());

const say = async (who: Person, content = "hello", path = world.path) =>
  (await stack.api(`POST ${path}`, { token: who.token, body: { content } })).body as { seq: number };
const remove = (who: Person, seq: number | string, path = world.path) => stack.api(`DELETE ${path}/${seq}`, { token: who.token });
const removeMany = (who: Person, seqs: unknown, path = world.path) =>
  stack.api(`POST ${path}/bulk-delete`, { token: who.token, body: { seqs } });
const page = async (who: Person, query = "", path = world.path) =>
  (await stack.api(`GET ${path}?${query}`, { token: who.token })).body.messages as Frame[];
const audit = async () => (await world.byOwner<{ entries: Frame[] }>(`GET /servers/${world.serverId}/audit`)).entries;
const answerOf = ({ status, body }: Frame) => [status, body?.code];
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
const timeOut = (who: Person) =>
  world.byOwner(`PATCH /servers/${world.serverId}/members/${who.user.id}`, { timeout_until: Date.now() + 60_000 });
/** A channel that only the owner sees. */
const makeHidden = () => world.byOwner(`POST /servers/${world.serverId}/channels`, { name: "hidden", kind: "text", private: true });
const pathOf = ({ id }: { id: string }) => `/servers/${world.serverId}/channels/${id}/messages`;
/** As another process would be, which has told nobody yet. */
const forgetAnnouncements = () => inThisProcess("announced", () => new Map()).clear();

describe("deleting a message", () => {
  test("is for its author, and for those who moderate messages", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    const almost = await world.newMemberWith("moderate_members", "manage_channels", "manage_server");
    const outsider = await stack.register();
    for (let i = 0; i < 2; i++) await say(world.guest);
    expect(answerOf(await remove(world.owner, 1))).toEqual([204, undefined]);
    expect(answerOf(await remove(almost, 2))).toEqual([403, "auth.denied"]);
    expect(answerOf(await remove(outsider, 2))).toEqual([404, "server.not_found"]);
    expect(answerOf(await remove(moderator, 2))).toEqual([204, undefined]);
    await say(world.owner);
    expect(answerOf(await remove(world.guest, 3))).toEqual([403, "auth.denied"]);
    expect((await page(world.guest)).map(({ content }) => content)).toEqual(["hello", null, null]);
    await say(world.guest);
    expect(answerOf(await remove(world.guest, 4))).toEqual([204, undefined]);
  });

  test("is for authors also in a time-out, when moderators may not, and for nobody who was removed", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    for (const who of [world.guest, world.guest, moderator]) await say(who);
    await timeOut(world.guest);
    await timeOut(moderator);
    expect(answerOf(await remove(world.guest, 1))).toEqual([204, undefined]);
    expect(answerOf(await remove(moderator, 2))).toEqual([403, "auth.denied"]);
    expect(answerOf(await remove(moderator, 3))).toEqual([204, undefined]);
    await world.byOwner(`DELETE /servers/${world.serverId}/members/${world.guest.user.id}`);
    expect(answerOf(await remove(world.guest, 2))).toEqual([404, "server.not_found"]);
  });

  test("finds nothing in a channel that one does not see, whatever one may, nor by a number that is none", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    const hidden = pathOf(await makeHidden());
    await say(world.owner, "secret", hidden);
    expect(answerOf(await remove(moderator, 1, hidden))).toEqual([404, "channel.not_found"]);
    expect(answerOf(await removeMany(moderator, [1], hidden))).toEqual([404, "channel.not_found"]);
    expect(answerOf(await remove(world.owner, 1, hidden))).toEqual([204, undefined]);
    await say(world.owner);
    for (const seq of ["2", "0", "01", "-1", "1.5", "1e0", "one", "9007199254740993", "%00", "x".repeat(100)]) {
      expect([seq, ...answerOf(await remove(world.owner, seq))]).toEqual([seq, 404, "message.not_found"]);
    }
  });

  test("leaves its place, number, author and nonce, and nothing of what it said or to whom", async () => {
    const content = `<@${world.guest.user.id}> @everyone`;
    const { body: before } = await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content, nonce: "n1", after: 0 } });
    expect([before.mentions.length, before.mentioned_role_ids.length]).toEqual([1, 1]);
    await remove(world.owner, 1);
    const { mentioned_role_ids: _, ...rest } = before;
    const tombstone = { ...rest, content: null, deleted_at: expect.any(Number), revision: 2, mentions: [] };
    expect(await page(world.guest)).toEqual([tombstone]);
    expect(await page(world.guest, "after=0")).toEqual([tombstone]);
    const late = await clients.connect(world.guest);
    const { topics } = await late.ask({ action: "subscribe", topics: [{ topic: world.topic, after: 0 }] });
    expect(topics[0].entries).toEqual([tombstone]);
    for (const content of ["x", "y"]) {
      const repeat = await stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content, nonce: "n1", after: 0 } });
      expect([repeat.status, repeat.body]).toEqual([200, tombstone]);
      forgetAnnouncements();
    }
    expect((await say(world.owner)).seq).toBe(2);
  });

  test("is told once to those who look at the channel, in its place among what is said, and to nobody else", async () => {
    const looking = await clients.listen(world.guest, world.topic);
    const aside = await clients.listen(world.guest, `server:${world.serverId}`);
    await say(world.owner, "one");
    await remove(world.owner, 1);
    await say(world.owner, "two");
    await remove(world.owner, 1);
    for (const client of [looking, aside]) await client.ask({ action: "ping" });
    const heard = looking.frames.filter(({ topic }) => topic === world.topic).map(({ type, seq, message }) => [type, seq, message.content]);
    expect(heard).toEqual([
      ["new_message", 1, "one"],
      ["message_deleted", 1, null],
      ["new_message", 2, "two"],
    ]);
    const frame = looking.frames.find(({ type }) => type === "message_deleted");
    expect(frame.message).toEqual((await page(world.guest)).at(-1));
    expect(aside.frames.filter(({ type }) => type === "message_deleted")).toEqual([]);
  });

  test("again changes nothing, and tells it again if the first time ended before that", async () => {
    await say(world.guest);
    await remove(world.owner, 1);
    const [before] = await page(world.owner);
    const looking = await clients.listen(world.owner, world.topic);
    for (const who of [world.owner, world.guest]) {
      forgetAnnouncements();
      expect((await remove(who, 1)).status).toBe(204);
    }
    expect(await page(world.owner)).toEqual([before]);
    expect((await audit()).filter(({ action }) => action === "message.delete")).toHaveLength(1);
    await looking.ask({ action: "ping" });
    expect(looking.frames.filter(({ type }) => type === "message_deleted").map(({ message }) => message)).toEqual([before, before]);
  });

  test("by a moderator stands in the audit log, by its author it does not", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    for (const who of [world.guest, world.guest, moderator]) await say(who);
    const before = await audit();
    await remove(world.guest, 1);
    await remove(moderator, 3);
    expect(await audit()).toEqual(before);
    await remove(moderator, 2);
    const [line, ...others] = await audit();
    expect(others).toEqual(before);
    expect(line).toMatchObject({
      action: "message.delete",
      author: { id: moderator.user.id },
      target: { id: `${world.channelId}/2`, name: world.guest.user.username },
      changes: [],
    });
  });

  test("of 10 moderators and the author at once, one does it, and the log says so at most once", async () => {
    for (let round = 1; round <= 3; round++) {
      await say(world.guest);
      const all = [world.guest, ...Array<Person>(10).fill(world.owner)];
      const answers = await Promise.all(all.map((who) => remove(who, round)));
      // Where a transaction has the message in its hands just then, the author is asked to repeat it.
      expect(answers.slice(1).every(({ status }) => status === 204)).toBe(true);
      expect([204, 503]).toContain(answers[0]?.status);
    }
    expect((await page(world.owner)).map(({ content, revision }) => [content, revision])).toEqual(Array(3).fill([null, 2]));
    expect((await audit()).filter(({ action }) => action === "message.delete").length).toBeLessThanOrEqual(3);
  });
});

describe("what the author deletes between a moderator's look and their deletion", () => {
  test("stays as the author left it, and is not noted as the moderator's", async () => {
    await say(world.guest);
    const before = await audit();
    const deleted = () => remove(world.guest, 1);
    expect((await interleave("Messages", () => remove(world.owner, 1), deleted)).status).toBe(204);
    const [{ revision }] = (await page(world.owner)) as [Frame];
    expect([revision, await audit()]).toEqual([2, before]);
  });

  test("is left out of several, which are decided again", async () => {
    for (let i = 0; i < 3; i++) await say(world.guest);
    const { status, body } = await interleave("Messages", () => removeMany(world.owner, upTo(3)), () => remove(world.guest, 2)); // prettier-ignore
    expect([status, body]).toEqual([200, { deleted: 2 }]);
    expect((await page(world.owner)).map(({ revision }) => revision)).toEqual([2, 2, 2]);
    expect((await audit())[0]?.changes).toEqual([{ key: "seqs", before: null, after: [1, 3] }]);
  });
});

describe("a mention that was deleted", () => {
  const countFor = async (who: Person) =>
    (await stack.api(`GET /servers/${world.serverId}`, { token: who.token })).body.channels[0].mention_count as number;
  const me = () => `<@${world.guest.user.id}>`;

  test("is no longer counted, whichever way somebody was meant, and the others stay", async () => {
    for (const content of [me(), "@everyone", `${me()} @everyone`, me(), "@everyone"]) await say(world.owner, content);
    expect(await countFor(world.guest)).toBe(5);
    const counts = [];
    for (const seq of [1, 2, 3, 3]) {
      await remove(world.owner, seq);
      counts.push(await countFor(world.guest));
    }
    expect(counts).toEqual([4, 3, 2, 2]);
    expect(await countFor(world.owner)).toBe(1);
    await removeMany(world.owner, [4, 5]);
    expect(await countFor(world.guest)).toBe(0);
  });

  test("is told to the devices of those who were named and have not read it, and to nobody else", async () => {
    const device = await clients.listen(world.guest, `user:${world.guest.user.id}`);
    const other = await clients.listen(world.owner, `user:${world.owner.user.id}`);
    for (let i = 0; i < 3; i++) await say(world.owner, me());
    await stack.api(`PUT ${world.path.replace(/messages$/, "read")}`, { token: world.guest.token, body: { seq: 1 } });
    const heard = device.frames.length;
    await remove(world.owner, 2);
    await device.ask({ action: "ping" });
    expect(device.frames.slice(heard).filter(({ type }) => type === "read")).toEqual([
      { type: "read", topic: world.topic, server_id: world.serverId, head: 3, last_read: 1, mention_count: 1 },
    ]);
    await other.ask({ action: "ping" });
    expect(other.frames.filter(({ type }) => type === "read")).toEqual([]);
  });

  test("is not counted again by a repeat of its sending, also in another process", async () => {
    const send = () => stack.api(`POST ${world.path}`, { token: world.owner.token, body: { content: me(), nonce: "n", after: 0 } });
    await send();
    await remove(world.owner, 1);
    forgetAnnouncements();
    expect((await send()).status).toBe(200);
    expect(await countFor(world.guest)).toBe(0);
  });
});

describe("deleting several", () => {
  test("is for those who moderate messages; what is absent or deleted is passed over", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    for (let i = 0; i < 5; i++) await say(world.guest);
    await remove(world.guest, 2);
    expect(answerOf(await removeMany(world.guest, [1]))).toEqual([403, "auth.denied"]);
    expect(answerOf(await removeMany(await stack.register(), [1]))).toEqual([404, "server.not_found"]);
    const looking = await clients.listen(world.guest, world.topic);
    const { status, body } = await removeMany(moderator, [1, 2, 3, 3, 99]);
    expect([status, body]).toEqual([200, { deleted: 2 }]);
    expect((await page(world.guest)).map(({ content }) => content === null)).toEqual([false, false, true, true, true]);
    expect((await removeMany(moderator, [1, 2, 3])).body).toEqual({ deleted: 0 });
    await looking.ask({ action: "ping" });
    expect(looking.frames.filter(({ type }) => type === "message_deleted").map(({ seq }) => seq)).toEqual([1, 3]);
    const lines = (await audit()).filter(({ action }) => action === "message.bulk_delete");
    expect(lines).toMatchObject([
      { author: { id: moderator.user.id }, target: { id: world.channelId }, changes: [{ key: "seqs", before: null, after: [1, 3] }] },
    ]);
  });

  test.each([
    ["none", []],
    ["101", upTo(101)],
    ["a text", ["1"]],
    ["0", [0]],
    ["a fraction", [1.5]],
  ])("refuses %s", async (_, seqs) => {
    expect(answerOf(await removeMany(world.owner, seqs))).toEqual([400, "input.invalid"]);
  });

  test("100 at once, while 10 people write and two moderators do the same: every number is there, and each is deleted once", async () => {
    await Promise.all(upTo(10).map(async () => { for (let i = 0; i < 10; i++) await say(world.guest); })); // prettier-ignore
    const writing = upTo(10).map(async () => {
      const said = [];
      for (let i = 0; i < 10; i++) said.push((await say(world.owner, "meanwhile")).seq);
      return said;
    });
    const answers = await Promise.all([removeMany(world.owner, upTo(100)), removeMany(world.owner, upTo(100).reverse())]);
    const said = (await Promise.all(writing)).flat();
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.reduce((sum, { body }) => sum + Number(body.deleted), 0)).toBe(100);
    expect(said.sort((a, b) => a - b)).toEqual(upTo(100).map((i) => i + 100));
    const all = [...(await page(world.owner, "after=0&limit=100")), ...(await page(world.owner, "after=100&limit=100"))];
    expect(all.map(({ seq }) => seq)).toEqual(upTo(200));
    expect(all.map(({ content, revision }) => [content, revision])).toEqual([
      ...Array(100).fill([null, 2]),
      ...Array(100).fill(["meanwhile", 1]),
    ]);
    const noted = (await audit()).filter(({ action }) => action === "message.bulk_delete").flatMap(({ changes }) => changes[0].after);
    expect(noted.sort((a: number, b: number) => a - b)).toEqual(upTo(100));
  });
});

describe("a ban that deletes", () => {
  const ban = (who: Person, target: Person, delete_message_hours?: number) =>
    stack.api(`PUT /servers/${world.serverId}/bans/${target.user.id}`, {
      token: who.token,
      body: delete_message_hours === undefined ? {} : { delete_message_hours },
    });

  test("takes what they said in these hours, in every channel, and nothing that others said", async () => {
    const moderator = await world.newMemberWith("moderate_members");
    const hidden = await world.byOwner(`POST /servers/${world.serverId}/channels`, {
      name: "hidden",
      kind: "text",
      private: true,
      allowed_user_ids: [world.guest.user.id],
    });
    for (let i = 0; i < 30; i++) await say(world.guest);
    await say(world.owner);
    await say(world.guest, "where the moderator does not look", pathOf(hidden));
    expect((await ban(moderator, world.guest, 1)).status).toBe(200);
    const shown = await page(world.owner);
    expect(shown.map(({ content }) => content)).toEqual(["hello", ...Array<null>(30).fill(null)]);
    expect((await page(world.owner, "", pathOf(hidden))).map(({ content }) => content)).toEqual([null]);
    const lines = (await audit()).filter(({ action }) => action === "message.bulk_delete");
    expect(lines.map(({ author, target }) => [author.id, target.id])).toEqual(
      expect.arrayContaining([[moderator.user.id, world.channelId], [moderator.user.id, hidden.id]]), // prettier-ignore
    );
    expect(lines.flatMap(({ changes }) => changes[0].after)).toHaveLength(31);
  });

  test("leaves what they said before these hours", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    try {
      await say(world.guest, "long ago");
      vi.setSystemTime(Date.now() + 10 * 60_000);
      await say(world.guest, "a little before");
      vi.setSystemTime(Date.now() + 30_000);
      await say(world.guest, "since then");
      const hours = (minutes: number) => minutes / 60;
      expect((await ban(world.owner, world.guest, hours(0.4))).status).toBe(200);
      expect((await page(world.owner)).map(({ content }) => content)).toEqual([null, "a little before", "long ago"]);
      expect((await ban(world.owner, world.guest, hours(11))).status).toBe(200);
      expect((await page(world.owner)).map(({ content }) => content)).toEqual([null, null, null]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("stops after 15 seconds with what is older, and a repeat goes on", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    try {
      for (let i = 0; i < 60; i++) await say(world.guest);
      await ban(world.owner, world.guest);
      const slowly = () => ban(world.owner, world.guest, 1);
      const stopped = await interleave("Messages", slowly, async () => vi.setSystemTime(Date.now() + 16_000));
      expect(answerOf(stopped)).toEqual([503, "unavailable"]);
      const left = (await page(world.owner, "limit=100")).filter(({ content }) => content !== null);
      expect(left.map(({ seq }) => seq)).toEqual(upTo(35).reverse());
      expect((await ban(world.owner, world.guest, 1)).status).toBe(200);
      expect((await page(world.owner, "limit=100")).filter(({ content }) => content !== null)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("without hours deletes nothing, and a repeat with hours goes on; who may not ban deletes nothing", async () => {
    const moderator = await world.newMemberWith("moderate_messages");
    await say(world.guest);
    expect(answerOf(await ban(moderator, world.guest, 1))).toEqual([403, "auth.denied"]);
    expect((await ban(world.owner, world.guest)).status).toBe(200);
    expect((await page(world.owner)).map(({ content }) => content)).toEqual(["hello"]);
    expect((await ban(world.owner, world.guest, 0.5)).status).toBe(200);
    expect((await page(world.owner)).map(({ content }) => content)).toEqual([null]);
    expect((await ban(world.owner, world.guest, 0.5)).status).toBe(200);
    expect((await audit()).filter(({ action }) => action === "message.bulk_delete")).toHaveLength(1);
  });
});
