import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Frame, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
let moderator: Person;
const clients = new Clients(() => stack);

beforeAll(async () => {
  stack = await startStack({ push: "in-process" });
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
  moderator = await world.newMemberWith("moderate_messages");
});
afterEach(() => clients.closeAll());

const say = async (content = "rude", path = world.path, who = world.owner) =>
  (await stack.api(`POST ${path}`, { token: who.token, body: { content } })).body;
const report = (who: Person, seq: number | string, body: object = {}, path = world.path) =>
  stack.api(`POST ${path}/${seq}/report`, { token: who.token, body });
const reports = () => `/servers/${world.serverId}/reports`;
const list = (who: Person, query = "") => stack.api(`GET ${reports()}?${query}`, { token: who.token });
const resolve = (who: Person, seq: number | string) => stack.api(`DELETE ${reports()}/${seq}`, { token: who.token });
const answerOf = ({ status, body }: Frame) => [status, body?.code];
const audit = async () => (await world.byOwner<{ entries: Frame[] }>(`GET /servers/${world.serverId}/audit`)).entries;
const makePrivate = (...allowed: Person[]) =>
  world.byOwner(`POST /servers/${world.serverId}/channels`, {
    name: "private",
    kind: "text",
    private: true,
    allowed_user_ids: allowed.map(({ user }) => user.id),
  });
const pathOf = ({ id }: { id: string }) => `/servers/${world.serverId}/channels/${id}/messages`;

describe("a report", () => {
  test("shows the message to the moderators as it stood, also when it is deleted then", async () => {
    const said = await say("rude");
    expect(answerOf(await report(world.guest, 1, { reason: " it hurts " }))).toEqual([204, undefined]);
    await stack.api(`DELETE ${world.path}/1`, { token: world.owner.token });
    const { status, body } = await list(moderator);
    expect([status, body]).toEqual([
      200,
      {
        reports: [
          {
            seq: 1,
            created_at: expect.any(Number),
            author: expect.objectContaining({ id: world.guest.user.id }),
            reason: "it hurts",
            message: { channel_id: world.channelId, seq: 1, author: said.author, content: "rude", created_at: said.created_at },
            resolved_at: null,
            resolved_by: null,
          },
        ],
        has_more: false,
        next_cursor: null,
      },
    ]);
  });

  test("is made by whoever sees the channel, of a message that is there", async () => {
    const closed = pathOf(await makePrivate());
    await say("rude");
    await say("rude", closed);
    await say("gone");
    await stack.api(`DELETE ${world.path}/2`, { token: world.owner.token });
    await world.byOwner(`PATCH /servers/${world.serverId}/members/${world.guest.user.id}`, { timeout_until: Date.now() + 60_000 });
    expect(answerOf(await report(world.guest, 1))).toEqual([204, undefined]);
    expect(answerOf(await report(await stack.register(), 1))).toEqual([404, "server.not_found"]);
    expect(answerOf(await report(world.guest, 1, {}, closed))).toEqual([404, "channel.not_found"]);
    for (const seq of [2, 3, 0, "one", "1.0"]) {
      expect([seq, ...answerOf(await report(world.guest, seq))]).toEqual([seq, 404, "message.not_found"]);
    }
    expect(answerOf(await report(world.guest, 1, { reason: "x".repeat(501) }))).toEqual([400, "input.invalid"]);
    expect((await list(moderator)).body.reports).toHaveLength(1);
  });

  test("that is repeated changes nothing; somebody else's, and one of another message, are others", async () => {
    await say();
    await say();
    await Promise.all(Array.from({ length: 10 }, () => report(world.guest, 1, { reason: "first" })));
    await report(world.guest, 1, { reason: "second" });
    await report(world.guest, 2);
    await report(moderator, 1);
    const { reports: found } = (await list(moderator)).body;
    expect(found.map(({ seq, author, message, reason }: Frame) => [seq, author.id, message.seq, reason])).toEqual([
      [3, moderator.user.id, 1, null],
      [2, world.guest.user.id, 2, null],
      [1, world.guest.user.id, 1, "first"],
    ]);
  });

  test("is a new one, when the same person's of the same message was dealt with", async () => {
    await say();
    for (const [seq, reason] of ["first", "again", "and again"].entries()) {
      expect(answerOf(await report(world.guest, 1, { reason }))).toEqual([204, undefined]);
      await report(world.guest, 1, { reason: "a repeat" });
      expect(answerOf(await resolve(moderator, seq + 1))).toEqual([204, undefined]);
    }
    expect((await list(moderator)).body.reports.map(({ reason }: Frame) => reason)).toEqual(["and again", "again", "first"]);
  });

  test("is refused for the 21st time within ten minutes, for this account", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / 600_000) * 600_000 });
    try {
      world = await startCommunity(stack); // whose tokens are of this time
      moderator = await world.newMemberWith("moderate_messages");
      for (let i = 0; i < 21; i++) await say(String(i));
      const answers = [];
      for (let i = 1; i <= 21; i++) answers.push((await report(world.guest, i)).status);
      expect(answers).toEqual([...Array<number>(20).fill(204), 429]);
      const refused = await report(world.guest, 21);
      expect([refused.body.code, Number(refused.headers.get("retry-after")) <= 600]).toEqual(["limit.report", true]);
      expect((await report(moderator, 21)).status).toBe(204);
      vi.setSystemTime(Date.now() + 600_000);
      expect((await report(world.guest, 21)).status).toBe(204);
    } finally {
      vi.useRealTimers();
    }
  });

  test("is told once to those moderators who see the channel, and to nobody else", async () => {
    const insider = await world.newMemberWith("moderate_messages");
    const closed = pathOf(await makePrivate(world.guest, insider));
    await say("rude", closed);
    await say("rude");
    const server = `server:${world.serverId}`;
    const listeners = await Promise.all([world.owner, insider, moderator, world.guest].map((who) => clients.listen(who, server)));
    await report(world.guest, 1, {}, closed);
    await report(world.guest, 1, {}, closed);
    await report(world.guest, 1);
    for (const listener of listeners) await listener.ask({ action: "ping" });
    const heard = listeners.map(({ frames }) => frames.filter(({ type }) => type === "report_created"));
    const frame = (seq: number) => ({ type: "report_created", topic: server, server_id: world.serverId, seq });
    expect(heard).toEqual([[frame(1), frame(2)], [frame(1), frame(2)], [frame(2)], []]);
  });
});

describe("the list of reports", () => {
  test("is for those who moderate messages", async () => {
    const almost = await world.newMemberWith("moderate_members", "manage_server", "manage_channels");
    expect(answerOf(await list(world.guest))).toEqual([403, "auth.denied"]);
    expect(answerOf(await list(almost))).toEqual([403, "auth.denied"]);
    expect(answerOf(await list(await stack.register()))).toEqual([404, "server.not_found"]);
    expect((await list(moderator)).body).toEqual({ reports: [], has_more: false, next_cursor: null });
    for (const cursor of ["0", "x", "1.5", "chn_1"]) {
      expect(answerOf(await list(moderator, `cursor=${cursor}`))).toEqual([400, "input.invalid"]);
    }
  });

  test("is paged, the newest first, without what a moderator does not see, and ends where theirs ends", async () => {
    const closed = pathOf(await makePrivate(world.guest));
    for (let i = 0; i < 4; i++) {
      await say("open");
      await say("closed", closed);
    }
    // 1, 3, 5, 7 are of the private channel, and so is the oldest.
    for (let i = 1; i <= 4; i++) {
      await report(world.guest, i, {}, closed);
      await report(world.guest, i);
    }
    const pagesOf = async (who: Person, limit: number) => {
      const pages: number[][] = [];
      for (let cursor = ""; ;) {
        const { body } = await list(who, `limit=${limit}${cursor}`);
        pages.push(body.reports.map(({ seq }: Frame) => seq));
        expect(body.has_more).toBe(body.next_cursor !== null);
        if (body.next_cursor === null) return pages;
        cursor = `&cursor=${body.next_cursor}`;
      }
    };
    expect(await pagesOf(world.owner, 3)).toEqual([[8, 7, 6], [5, 4, 3], [2, 1]]); // prettier-ignore
    expect(await pagesOf(moderator, 3)).toEqual([[8, 6, 4], [2]]);
    expect(await pagesOf(moderator, 2)).toEqual([[8, 6], [4, 2]]); // prettier-ignore
    expect(await pagesOf(moderator, 1)).toEqual([[8], [6], [4], [2]]);
    expect(await pagesOf(moderator, 100)).toEqual([[8, 6, 4, 2]]);
  });

  test("does not show what was said in a channel that is gone", async () => {
    const closed = await makePrivate(world.guest);
    await say("rude", pathOf(closed));
    await report(world.guest, 1, {}, pathOf(closed));
    await world.byOwner(`DELETE /servers/${world.serverId}/channels/${closed.id}`);
    expect((await list(world.owner)).body.reports).toEqual([]);
    expect(answerOf(await resolve(world.owner, 1))).toEqual([404, "report.not_found"]);
  });
});

describe("a report that has been dealt with", () => {
  test("says by whom, once, and stands in the audit log, however many do it at once", async () => {
    const said = await say();
    await report(world.guest, 1);
    const before = await audit();
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => resolve(i % 2 ? moderator : world.owner, 1)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(204));
    const [found] = (await list(moderator)).body.reports;
    expect([world.owner.user.id, moderator.user.id]).toContain(found.resolved_by);
    expect(found.resolved_at).toEqual(expect.any(Number));
    const [line, ...others] = await audit();
    expect(others).toEqual(before);
    expect(line).toMatchObject({
      action: "report.resolve",
      author: { id: found.resolved_by },
      target: { id: `${world.channelId}/1`, name: said.author.username },
    });
    expect((await resolve(moderator, 1)).status).toBe(204);
    expect((await list(moderator)).body.reports).toEqual([found]);
  });

  test("was so by somebody who may, and sees the channel", async () => {
    const closed = pathOf(await makePrivate(world.guest));
    await say("rude", closed);
    await say();
    await report(world.guest, 1, {}, closed);
    await report(world.guest, 1);
    expect(answerOf(await resolve(world.guest, 2))).toEqual([403, "auth.denied"]);
    expect(answerOf(await resolve(await stack.register(), 2))).toEqual([404, "server.not_found"]);
    expect(answerOf(await resolve(moderator, 1))).toEqual([404, "report.not_found"]);
    for (const seq of [3, 0, "one"]) expect(answerOf(await resolve(moderator, seq))).toEqual([404, "report.not_found"]);
    expect(answerOf(await resolve(moderator, 2))).toEqual([204, undefined]);
    expect(answerOf(await resolve(world.owner, 1))).toEqual([204, undefined]);
  });
});
