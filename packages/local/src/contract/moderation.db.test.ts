import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { startStack, type Person, type Stack } from "../testing/stack";

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

const memberPath = (who: Person | string) => `/servers/${world.serverId}/members/${typeof who === "string" ? who : who.user.id}`;
const banPath = (who: Person | string = "") => `/servers/${world.serverId}/bans${who && `/${typeof who === "string" ? who : who.user.id}`}`;
const call = (who: Person, signature: string, body?: object) => stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
const outcome = async (who: Person, signature: string, body?: object) => {
  const answer = await call(who, signature, body);
  return [answer.status, answer.body?.code];
};
const DENIED = [403, "auth.denied"];

describe("rank", () => {
  test("whoever moderates members does so below their own highest role", async () => {
    const senior = await world.newMemberWith("moderate_members");
    const junior = await world.newMemberWith("moderate_members");
    for (const act of [
      (by: Person, to: Person) => outcome(by, `PATCH ${memberPath(to)}`, { nickname: "x" }),
      (by: Person, to: Person) => outcome(by, `PATCH ${memberPath(to)}`, { timeout_until: Date.now() + 60_000 }),
    ]) {
      expect((await act(senior, junior))[0]).toBe(200);
      expect(await act(junior, senior)).toEqual(DENIED);
      expect(await act(senior, world.owner)).toEqual(DENIED);
      await world.byOwner(`PATCH ${memberPath(junior)}`, { timeout_until: null });
    }
    const equal = await world.newMember();
    await world.byOwner(`PATCH ${memberPath(equal)}`, { role_ids: [senior.roleId] });
    expect(await outcome(equal, `DELETE ${memberPath(senior)}`)).toEqual(DENIED);
    expect(await outcome(equal, `PUT ${banPath(senior)}`)).toEqual(DENIED);
    expect(await outcome(junior, `DELETE ${memberPath(senior)}`)).toEqual(DENIED);
    expect(await outcome(junior, `PUT ${banPath(senior)}`)).toEqual(DENIED);
    expect(await outcome(senior, `PUT ${banPath(world.owner)}`)).toEqual(DENIED);
    expect(await outcome(senior, `PUT ${banPath(senior)}`)).toEqual(DENIED);
    expect((await outcome(senior, `DELETE ${memberPath(junior)}`))[0]).toBe(204);
    expect((await outcome(world.owner, `PUT ${banPath(senior)}`))[0]).toBe(200);
  });
});

describe("a nickname", () => {
  test("is one's own to choose, and is seen by all; another's only for moderators", async () => {
    const ears = await clients.listen(world.owner, `server:${world.serverId}`);
    const { status, body } = await call(world.guest, `PATCH ${memberPath("@me")}`, { nickname: "  Captain " });
    expect([status, body.nickname, body.user_id]).toEqual([200, "Captain", world.guest.user.id]);
    await ears.next(({ type, member }) => type === "member_updated" && member.nickname === "Captain");
    expect(await outcome(world.guest, `PATCH ${memberPath(world.owner)}`, { nickname: "Sailor" })).toEqual(DENIED);
    for (const nothing of ["", "  ", "\u200b", "\u3164", "\u2800\ufe0f"]) {
      expect((await call(world.guest, `PATCH ${memberPath("@me")}`, { nickname: nothing })).body.nickname).toBe(null);
    }
    // Whoever may change nobody else is told so before anything else, and learns nothing of who is a member.
    for (const body of [{ nickname: "x" }, { nickname: 7 }, {}]) {
      expect(await outcome(world.guest, `PATCH ${memberPath(world.owner)}`, body)).toEqual(DENIED);
      expect(await outcome(world.guest, `PATCH ${memberPath("usr_0000000000000000")}`, body)).toEqual(DENIED);
    }
    expect(await outcome(world.owner, `PATCH ${memberPath("usr_0000000000000000")}`, { nickname: "x" })).toEqual([404, "member.not_found"]);
    expect((await outcome(world.guest, `PATCH ${memberPath(world.guest)}`, { nickname: 7 }))[1]).toBe("input.invalid");
  });
});

describe("a time-out", () => {
  test("leaves somebody to read, until it is over", async () => {
    const mod = await world.newMemberWith("moderate_members", "manage_channels");
    const until = Date.now() + 1_200;
    expect((await call(mod, `PATCH ${memberPath(world.guest)}`, { timeout_until: until })).body.timeout_until).toBe(until);
    const silenced: [string, object | undefined][] = [
      [`POST ${world.path}`, { content: "x" }],
      [`POST ${world.path.replace(/messages$/, "typing")}`, undefined],
      [`POST /servers/${world.serverId}/invites`, {}],
      [`PATCH ${memberPath("@me")}`, { nickname: "x" }],
    ];
    for (const [signature, body] of silenced) expect(await outcome(world.guest, signature, body)).toEqual(DENIED);
    const socket = await clients.listen(world.guest, world.topic);
    expect(await socket.ask({ action: "send", topic: world.topic, content: "x" })).toMatchObject({ type: "error", code: "auth.denied" });
    expect((await call(world.guest, `GET ${world.path}`)).status).toBe(200);
    const { me } = (await call(world.guest, `GET /servers/${world.serverId}`)).body;
    expect([me.permissions, me.timeout_until]).toEqual([[], until]);
    await new Promise((resolve) => setTimeout(resolve, until - Date.now() + 50));
    expect((await outcome(world.guest, `POST ${world.path}`, { content: "x" }))[0]).toBe(201);
  });

  test("takes a moderator's rights too; nobody lifts their own", async () => {
    const mod = await world.newMemberWith("moderate_members");
    await world.byOwner(`PATCH ${memberPath(mod)}`, { timeout_until: Date.now() + 60_000 });
    expect(await outcome(mod, `DELETE ${memberPath(world.guest)}`)).toEqual(DENIED);
    expect(await outcome(mod, `PATCH ${memberPath("@me")}`, { timeout_until: null })).toEqual(DENIED);
    await world.byOwner(`PATCH ${memberPath(mod)}`, { timeout_until: null });
    expect((await outcome(mod, `DELETE ${memberPath(world.guest)}`))[0]).toBe(204);
  });

  test("lasts 28 days at most", async () => {
    const day = 24 * 60 * 60 * 1000;
    const { status, body } = await call(world.owner, `PATCH ${memberPath(world.guest)}`, { timeout_until: Date.now() + 28 * day + 60_000 });
    expect([status, Object.keys(body.details)]).toEqual([400, ["timeout_until"]]);
    expect((await outcome(world.owner, `PATCH ${memberPath(world.guest)}`, { timeout_until: Date.now() + 28 * day - 60_000 }))[0]).toBe(
      200,
    );
  });
});

describe("a ban", () => {
  test("removes at once, keeps out by every way until it is lifted, and says why to those who may know", async () => {
    const gone = await clients.listen(world.guest, world.topic, `user:${world.guest.user.id}`);
    const put = await call(world.owner, `PUT ${banPath(world.guest)}`, { reason: "spam" });
    const { id, username } = world.guest.user;
    expect([put.status, put.body]).toEqual([
      200,
      {
        server_id: world.serverId,
        user_id: id,
        user: { id, username, display_name: null, avatar_url: null },
        reason: "spam",
        created_by: world.owner.user.id,
        created_at: expect.any(Number),
      },
    ]);
    expect(gone.socket.readyState).toBe(gone.socket.CLOSED);
    expect(gone.frames).toContainEqual({ type: "kicked", topic: `user:${id}`, server_id: world.serverId, reason: "ban" });
    expect(await outcome(world.guest, `GET /servers/${world.serverId}`)).toEqual([404, "server.not_found"]);

    const invite = await world.byOwner<{ code: string }>(`POST /servers/${world.serverId}/invites`, { max_uses: 1 });
    expect(await outcome(world.guest, `POST /invites/${invite.code}/join`)).toEqual([403, "member.banned"]);
    expect((await call(world.owner, `GET ${banPath(world.guest)}`)).body).toEqual(put.body);
    expect((await call(world.owner, `GET ${banPath()}`)).body).toEqual({ bans: [put.body], has_more: false, next_cursor: null });

    expect(await outcome(world.owner, `DELETE ${banPath(world.guest)}`)).toEqual([204, undefined]);
    expect(await outcome(world.owner, `DELETE ${banPath(world.guest)}`)).toEqual([404, "ban.not_found"]);
    expect(await outcome(world.owner, `GET ${banPath(world.guest)}`)).toEqual([404, "ban.not_found"]);
    expect((await outcome(world.guest, `POST /invites/${invite.code}/join`))[0]).toBe(200); // the refused try burnt no use
    expect((await call(world.owner, `GET /servers/${world.serverId}`)).body.member_count).toBe(2);
  });

  test("can be of somebody who is no member, and of nobody who is no account; a repeat changes the reason", async () => {
    const stranger = await stack.register();
    expect((await outcome(world.owner, `PUT ${banPath(stranger)}`, { reason: "a" }))[0]).toBe(200);
    expect((await call(world.owner, `PUT ${banPath(stranger)}`, { reason: "b" })).body.reason).toBe("b");
    expect((await call(world.owner, `PUT ${banPath(stranger)}`)).body.reason).toBe("b");
    await expect(world.join(stranger)).rejects.toThrow("403");
    for (const id of ["usr_0000000000000000", "usr_%00", "nobody"]) {
      expect(await outcome(world.owner, `PUT ${banPath(id)}`)).toEqual([404, "account.not_found"]);
    }
    expect((await call(world.owner, `GET /servers/${world.serverId}/members`)).body.members).toHaveLength(2);
  });

  test("of somebody who joins at that moment leaves no member who is banned, and the count is right", async () => {
    for (let round = 0; round < 6; round++) {
      const joiner = await stack.register();
      const [, banned] = await Promise.allSettled([world.join(joiner), call(world.owner, `PUT ${banPath(joiner)}`)]);
      expect(banned).toMatchObject({ status: "fulfilled", value: { status: 200 } });
      expect(await outcome(joiner, `GET /servers/${world.serverId}`)).toEqual([404, "server.not_found"]);
    }
    const { member_count } = (await call(world.owner, `GET /servers/${world.serverId}`)).body;
    expect(member_count).toBe((await call(world.owner, `GET /servers/${world.serverId}/members`)).body.members.length);
  });

  test("bans are listed page by page", async () => {
    for (let i = 0; i < 5; i++) await world.byOwner(`PUT ${banPath(await stack.register())}`, {});
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { body } = await call(world.owner, `GET ${banPath()}?limit=2${cursor ? `&cursor=${cursor}` : ""}`);
      seen.push(...body.bans.map(({ user_id }: { user_id: string }) => user_id));
      cursor = body.next_cursor;
    } while (cursor);
    expect([seen.length, new Set(seen).size]).toEqual([5, 5]);
  });
});

describe("members", () => {
  test("are found by any of their names, whatever the case", async () => {
    const named = await world.newMember();
    await world.byOwner(`PATCH ${memberPath(named)}`, { nickname: "Zoë the Great" });
    const find = async (q: string) =>
      (await call(world.guest, `GET /servers/${world.serverId}/members?q=${encodeURIComponent(q)}`)).body.members.map(
        ({ user_id }: { user_id: string }) => user_id,
      );
    expect(await find("THE GREAT")).toEqual([named.user.id]);
    expect(await find(named.user.username.slice(1))).toEqual([named.user.id]);
    expect(await find("nobody is called so")).toEqual([]);
    expect((await call(world.guest, `GET /servers/${world.serverId}/members?q=`)).status).toBe(400);
  });
});

describe("the audit log", () => {
  test("has every act with who, what, whom and why, the newest first, and pages without a gap or a double", async () => {
    const mod = await world.newMemberWith("moderate_members", "manage_roles", "manage_channels");
    const other = await world.newMember();
    const { body: channel } = await call(mod, `POST /servers/${world.serverId}/channels`, { name: "c", kind: "text" });
    await call(mod, `PATCH /servers/${world.serverId}/channels/${channel.id}`, { topic: "t" });
    await call(mod, `PATCH /servers/${world.serverId}/channels/${channel.id}`, { topic: "t" }); // changes nothing
    await call(mod, `DELETE /servers/${world.serverId}/channels/${channel.id}`);
    await call(mod, `PATCH ${memberPath(other)}`, { nickname: "n" });
    await call(mod, `DELETE ${memberPath(other)}`);
    await call(mod, `PUT ${banPath(world.guest)}`, { reason: "why" });
    await call(mod, `DELETE ${banPath(world.guest)}`);
    const entries = [];
    let cursor: string | null = null;
    do {
      const { body } = await call(world.owner, `GET /servers/${world.serverId}/audit?limit=3${cursor ? `&cursor=${cursor}` : ""}`);
      entries.push(...body.entries);
      cursor = body.next_cursor;
    } while (cursor);
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => entries.length - i));
    const byMod = entries.filter(({ author }) => author.id === mod.user.id).reverse();
    expect(
      byMod.map(({ action, target, reason, changes }) => [action, target?.id, reason, changes.map(({ key }: { key: string }) => key)]),
    ).toEqual([
      ["channel.create", channel.id, null, ["name", "kind"]],
      ["channel.update", channel.id, null, ["topic"]],
      ["channel.delete", channel.id, null, []],
      ["member.update", other.user.id, null, ["nickname"]],
      ["member.kick", other.user.id, null, []],
      ["member.ban", world.guest.user.id, "why", []],
      ["member.unban", world.guest.user.id, null, []],
    ]);
    expect(byMod[1].changes).toEqual([{ key: "topic", before: null, after: "t" }]);
    expect(await outcome(mod, `GET /servers/${world.serverId}/audit`)).toEqual(DENIED);
    expect((await call(world.owner, `GET /servers/${world.serverId}/audit?cursor=x`)).status).toBe(400);
  });
});
