import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { interleave } from "../testing/interleave";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

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
  vi.useRealTimers();
  await clients.closeAll();
});

interface Invite {
  code: string;
  use_count: number;
  created_by: string;
}

const HOUR_MS = 3_600_000;
const invitesPath = (code = "") => `/servers/${world.serverId}/invites${code && `/${code}`}`;
const invite = (who: Person, body: object = {}) => stack.api(`POST ${invitesPath()}`, { token: who.token, body });
const make = async (who: Person, body?: object): Promise<Invite> => (await invite(who, body)).body;
const join = ({ token }: Person, code: string) => stack.api(`POST /invites/${code}/join`, { token });
const revoke = async ({ token }: Person, code: string, path = invitesPath(code)) => {
  const { status, body } = await stack.api(`DELETE ${path}`, { token });
  return [status, body?.code];
};
const memberCount = async () => (await stack.api(`GET /servers/${world.serverId}`, { token: world.owner.token })).body.member_count;

async function listAll({ token }: Person, limit = 100) {
  const invites: Invite[] = [];
  const pages: number[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await stack.api(`GET ${invitesPath()}?limit=${limit}${cursor ? `&cursor=${cursor}` : ""}`, { token });
    invites.push(...body.invites);
    pages.push(body.invites.length);
    expect(body.has_more).toBe(body.next_cursor !== null);
    cursor = body.next_cursor;
  } while (cursor);
  return { invites, codes: invites.map(({ code }) => code), pages };
}

describe("invites", () => {
  test("lead from a preview without an account into the server, and its members hear of it", async () => {
    const ears = await clients.listen(world.owner, `server:${world.serverId}`);
    const { name } = (await stack.api(`GET /servers/${world.serverId}`, { token: world.owner.token })).body;
    const made = await invite(world.owner, { expires_in_hours: 1.5, max_uses: 2 });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      server_id: world.serverId,
      server_name: name,
      created_by: world.owner.user.id,
      max_uses: 2,
      use_count: 0,
    });
    expect(made.body.expires_at - made.body.created_at).toBe(1.5 * HOUR_MS);
    const preview = await stack.api(`GET /invites/${made.body.code.toUpperCase()}`);
    expect(preview.body).toEqual({
      code: made.body.code,
      server_id: world.serverId,
      server_name: name,
      member_count: 2,
      expires_at: made.body.expires_at,
    });

    const person = await stack.register();
    const joined = await join(person, made.body.code.toUpperCase());
    expect([joined.status, joined.body.id, joined.body.member_count]).toEqual([200, world.serverId, 3]);
    expect(joined.body.me.permissions).toContain("send_messages");
    expect(joined.body.me.permissions).not.toContain("manage_server");
    await ears.next(({ type, member }) => type === "member_joined" && member.user_id === person.user.id);
    const members = await stack.api(`GET /servers/${world.serverId}/members`, { token: person.token });
    expect(members.body.members.map(({ user_id }: { user_id: string }) => user_id)).toContain(person.user.id);

    const again = await join(person, made.body.code);
    expect([again.status, again.body.code]).toEqual([409, "member.exists"]);
    expect((await stack.api("GET /servers", { token: person.token })).body.servers).toHaveLength(1);
  });

  test("of 60 who want 20 uses at once, 20 get in", async () => {
    const { code } = await make(world.owner, { max_uses: 20 });
    const people = await Promise.all(Array.from({ length: 60 }, () => stack.register()));
    const answers = await Promise.all(people.map((person) => join(person, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
    expect(answers.filter(({ body }) => body.code === "invite.exhausted")).toHaveLength(40);
    expect(await memberCount()).toBe(22);
    expect((await listAll(world.owner)).invites.find((other) => other.code === code)?.use_count).toBe(20);
    const preview = await stack.api(`GET /invites/${code}`);
    expect([preview.status, preview.body.code]).toEqual([410, "invite.exhausted"]);
  });

  test("have a last use, which goes to one of those who want it at once; joins that fail burn none", async () => {
    const { code } = await make(world.owner, { max_uses: 2 });
    const banned = await stack.register();
    await world.byOwner(`PUT /servers/${world.serverId}/bans/${banned.user.id}`, {});
    for (let i = 0; i < 3; i++) {
      expect((await join(world.guest, code)).body.code).toBe("member.exists");
      expect((await join(banned, code)).body.code).toBe("member.banned");
    }
    expect((await join(await stack.register(), code)).status).toBe(200);
    const people = await Promise.all(Array.from({ length: 12 }, () => stack.register()));
    const answers = await Promise.all(people.map((person) => join(person, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === "invite.exhausted")).toHaveLength(11);
  });

  test("of 10 joins of one person at once one counts", async () => {
    const { code } = await make(world.owner, { max_uses: 5 });
    const person = await stack.register();
    const answers = await Promise.all(Array.from({ length: 10 }, () => join(person, code)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(409)]);
    expect((await listAll(world.owner)).invites.find((other) => other.code === code)?.use_count).toBe(1);
    expect(await memberCount()).toBe(3);
  });

  test("end when they expire, and are no longer listed", async () => {
    const { code } = await make(world.owner, { expires_in_hours: 0.01 });
    const person = await stack.register();
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + 0.009 * HOUR_MS);
    expect((await stack.api(`GET /invites/${code}`)).status).toBe(200);
    expect((await listAll(world.owner)).codes).toContain(code);
    vi.setSystemTime(Date.now() + 0.001 * HOUR_MS + 1);
    for (const answer of [await stack.api(`GET /invites/${code}`), await join(person, code)]) {
      expect([answer.status, answer.body.code]).toEqual([410, "invite.expired"]);
    }
    expect((await listAll(world.owner)).codes).not.toContain(code);
  });

  test.each([
    { max_uses: 0 },
    { max_uses: 1.5 },
    { expires_in_hours: 0 },
    { expires_in_hours: -1 },
    { expires_in_hours: "1" },
    { uses: 1 },
  ])("are not made with %j", async (body) => {
    expect((await invite(world.owner, body)).body.code).toBe("input.invalid");
  });

  test("need no body where nothing is to be said; what is required is still missed", async () => {
    expect((await stack.api(`POST ${invitesPath()}`, { token: world.owner.token })).status).toBe(201);
    const nameless = await stack.api("POST /servers", { token: world.owner.token });
    expect([nameless.status, nameless.body.details]).toEqual([400, { name: "is missing" }]);
  });

  test("that were never made are not found", async () => {
    for (const code of ["0000000000000", "../x", "%00", "a".repeat(300)]) {
      const path = `/invites/${encodeURIComponent(code)}`;
      expect((await stack.api(`GET ${path}`)).status).toBe(404);
      expect((await stack.api(`POST ${path}/join`, { token: world.guest.token })).status).toBe(404);
      expect((await revoke(world.owner, code, invitesPath(encodeURIComponent(code))))[0]).toBe(404);
    }
  });
});

describe("a list of invites", () => {
  test("has one's own, used up or not; with manage_server everybody's; and the server's present name", async () => {
    const manager = await world.newMemberWith("manage_server");
    const [own, used] = [await make(world.guest), await make(world.guest, { max_uses: 1 })];
    const others = await make(world.owner);
    await join(await stack.register(), used.code);
    const name = uniqueName("Renamed ");
    await world.byOwner(`PATCH /servers/${world.serverId}`, { name });

    const { invites } = await listAll(world.guest);
    const expected = [
      { ...own, server_name: name },
      { ...used, use_count: 1, server_name: name },
    ];
    expect(invites).toEqual(expected.sort((a, b) => (a.code < b.code ? -1 : 1)));
    const all = (await listAll(manager)).codes;
    for (const { code } of [own, used, others]) expect(all).toContain(code);
    expect((await listAll(world.guest)).codes).not.toContain(others.code);
    expect((await stack.api(`GET ${invitesPath()}`, { token: (await stack.register()).token })).body.code).toBe("server.not_found");
  });

  test("is paged without a gap or a double, also by somebody whose few are among many", async () => {
    const manager = await world.newMemberWith("manage_server");
    const made = [await make(world.guest)];
    for (let i = 0; i < 118; i++) made.push(await make(world.owner, { expires_in_hours: i % 2 ? 1 : null }));
    made.push(await make(world.guest), await make(world.guest));
    const seen = await listAll(manager, 7);
    expect(new Set(seen.codes).size).toBe(seen.codes.length);
    expect(seen.codes).toEqual(expect.arrayContaining(made.map(({ code }) => code)));
    expect(seen.codes).toHaveLength(122); // and the one by which the guest came
    expect(seen.pages.slice(0, -1).every((length) => length === 7)).toBe(true);

    const own = made.filter(({ created_by }) => created_by === world.guest.user.id).map(({ code }) => code);
    for (const limit of [1, 2, 3, 100]) {
      const { codes, pages } = await listAll(world.guest, limit);
      expect(codes).toEqual([...own].sort());
      expect(pages).toHaveLength(Math.ceil(3 / limit)); // no page is empty, and none is promised that would be
    }

    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + HOUR_MS });
    const { token } = (await stack.api("POST /auth/refresh", { body: { refresh_token: manager.refresh_token } })).body;
    expect((await listAll({ ...manager, token }, 7)).codes).toHaveLength(63);
  });

  test("takes no cursor that it has not given", async () => {
    for (const cursor of ["No-Code", "%00", "ABC", "a".repeat(65)]) {
      const { status, body } = await stack.api(`GET ${invitesPath()}?cursor=${cursor}`, { token: world.guest.token });
      expect([status, body.code]).toEqual([400, "input.invalid"]);
    }
  });
});

describe("revoking an invite", () => {
  test("is for who made it and for those who manage the server; for others it is not there", async () => {
    const manager = await world.newMemberWith("manage_server");
    const moderator = await world.newMemberWith("moderate_members", "manage_channels", "manage_roles", "create_invites");
    const ofOwner = await make(world.owner);
    for (const who of [world.guest, moderator]) expect(await revoke(who, ofOwner.code)).toEqual([404, "invite.not_found"]);
    expect(await revoke(await stack.register(), ofOwner.code)).toEqual([404, "server.not_found"]);
    expect((await stack.api(`GET /invites/${ofOwner.code}`)).status).toBe(200);

    const ofGuest = await make(world.guest);
    expect(await revoke(world.guest, ofGuest.code.toUpperCase())).toEqual([204, undefined]);
    expect(await revoke(manager, ofOwner.code)).toEqual([204, undefined]);
    for (const { code } of [ofGuest, ofOwner]) {
      expect(await revoke(manager, code)).toEqual([404, "invite.not_found"]);
      expect((await stack.api(`GET /invites/${code}`)).body.code).toBe("invite.not_found");
      expect((await join(await stack.register(), code)).body.code).toBe("invite.not_found");
      expect((await listAll(manager)).codes).not.toContain(code);
    }
    const { entries } = (await stack.api(`GET /servers/${world.serverId}/audit?limit=2`, { token: world.owner.token })).body;
    expect(entries).toMatchObject([
      { action: "invite.revoke", author: { id: manager.user.id }, target: { id: ofOwner.code, name: world.owner.user.id } },
      { action: "invite.revoke", author: { id: world.guest.user.id }, target: { id: ofGuest.code, name: world.guest.user.id } },
    ]);
  });

  test("is of the server in the path: who manages another one does not reach it from there", async () => {
    const { code } = await make(world.guest);
    const elsewhere = await startCommunity(stack);
    expect(await revoke(elsewhere.owner, code, `/servers/${elsewhere.serverId}/invites/${code}`)).toEqual([404, "invite.not_found"]);
    expect((await stack.api(`GET /invites/${code}`)).status).toBe(200);
  });

  test("by ten at once happens once, and stands in the audit log once", async () => {
    const { code } = await make(world.owner);
    const answers = await Promise.all(Array.from({ length: 10 }, () => revoke(world.owner, code)));
    expect(answers.map(([status]) => status).sort()).toEqual([204, ...Array<number>(9).fill(404)]);
    const { entries } = (await stack.api(`GET /servers/${world.serverId}/audit`, { token: world.owner.token })).body;
    expect(entries.filter(({ action }: { action: string }) => action === "invite.revoke")).toHaveLength(1);
  });

  test("keeps out also who has read the invite before and joins just then", async () => {
    const { code } = await make(world.owner);
    const person = await stack.register();
    const joining = interleave(
      "Members",
      () => join(person, code),
      async () => expect(await revoke(world.owner, code)).toEqual([204, undefined]),
    );
    expect((await joining).body.code).toBe("invite.not_found");
    expect(await memberCount()).toBe(2);
  });
});
