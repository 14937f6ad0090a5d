import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startCommunity, type Community } from "../testing/community";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
let world: Community;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
beforeEach(async () => {
  world = await startCommunity(stack);
});

interface Role {
  id: string;
  name: string;
  permissions: string[];
}

const rolesPath = (id = "") => `/servers/${world.serverId}/roles${id && `/${id}`}`;
const memberPath = ({ user }: Person) => `/servers/${world.serverId}/members/${user.id}`;
const say = async (who: Person, signature: string, body?: object) => {
  const answer = await stack.api(signature, { token: who.token, ...(body ? { body } : {}) });
  return [answer.status, answer.body?.code];
};
const serverOf = async (who: Person) => (await stack.api(`GET /servers/${world.serverId}`, { token: who.token })).body;
const rolesOf = async () => (await serverOf(world.owner)).roles as Role[];
const everyone = async () => (await rolesOf()).at(-1) as Role;

describe("roles", () => {
  test("a new one stands above everyone and below the others; it gives what it says to those who have it", async () => {
    const { status, body: first } = await stack.api(`POST ${rolesPath()}`, {
      token: world.owner.token,
      body: { name: "Mods", color: "#33AAcc", permissions: ["moderate_members", "manage_channels", "manage_channels"] },
    });
    expect([status, first]).toEqual([
      201,
      { id: expect.stringMatching(/^rol_/), name: "Mods", color: "#33aacc", permissions: ["manage_channels", "moderate_members"] },
    ]);
    const second = await world.makeRole();
    expect((await rolesOf()).map(({ name, id }) => (name === "everyone" ? name : id))).toEqual([first.id, second, "everyone"]);

    const make = { name: "by-a-mod", kind: "text" };
    expect(await say(world.guest, `POST /servers/${world.serverId}/channels`, make)).toEqual([403, "auth.denied"]);
    await world.byOwner(`PATCH ${memberPath(world.guest)}`, { role_ids: [first.id] });
    expect((await say(world.guest, `POST /servers/${world.serverId}/channels`, make))[0]).toBe(201);
    const { me } = await serverOf(world.guest);
    expect(me.role_ids).toEqual([first.id]);
    expect(me.permissions.sort()).toEqual(
      ["attach_files", "create_invites", "manage_channels", "moderate_members", "send_messages", "use_voice"].sort(),
    );
  });

  test("what everyone may do is changed for everyone at once; its name stays, and it cannot be deleted", async () => {
    const { id } = await everyone();
    const send = () => say(world.guest, `POST ${world.path}`, { content: "hello" });
    expect((await send())[0]).toBe(201);
    await world.byOwner(`PATCH ${rolesPath(id)}`, { permissions: ["create_invites"] });
    expect(await send()).toEqual([403, "auth.denied"]);
    expect((await say(world.owner, `POST ${world.path}`, { content: "hello" }))[0]).toBe(201);
    expect(await say(world.owner, `PATCH ${rolesPath(id)}`, { name: "all" })).toEqual([403, "auth.denied"]);
    expect(await say(world.owner, `DELETE ${rolesPath(id)}`)).toEqual([403, "auth.denied"]);
  });

  test("one that is deleted gives nothing any more, and is nobody's", async () => {
    const mod = await world.newMemberWith("manage_channels");
    expect((await say(mod, `POST /servers/${world.serverId}/channels`, { name: "a", kind: "text" }))[0]).toBe(201);
    await world.byOwner(`DELETE ${rolesPath(mod.roleId)}`);
    expect(await say(mod, `POST /servers/${world.serverId}/channels`, { name: "b", kind: "text" })).toEqual([403, "auth.denied"]);
    expect((await serverOf(mod)).me.role_ids).toEqual([]);
    const { members } = (await stack.api(`GET /servers/${world.serverId}/members`, { token: mod.token })).body;
    expect(members.find(({ user_id }: { user_id: string }) => user_id === mod.user.id).role_ids).toEqual([]);
    expect(await say(world.owner, `DELETE ${rolesPath(mod.roleId)}`)).toEqual([404, "role.not_found"]);
    expect(await say(world.owner, `PATCH ${memberPath(mod)}`, { role_ids: [mod.roleId] })).toEqual([404, "role.not_found"]);
  });

  test("at most 50 besides everyone, however many are made at once", async () => {
    const made = await Promise.all(
      Array.from({ length: 55 }, (_, i) => say(world.owner, `POST ${rolesPath()}`, { name: `r${i}`, permissions: [] })),
    );
    expect(made.filter(([status]) => status === 201)).toHaveLength(50);
    expect(made.filter(([, code]) => code === "server.roles_full")).toHaveLength(5);
    const roles = await rolesOf();
    expect(new Set(roles.map(({ id }) => id)).size).toBe(51);
  }, 30_000);

  test.each([
    [{ name: "" }, "name"],
    [{ name: "x".repeat(101) }, "name"],
    [{ name: "x", color: "red" }, "color"],
    [{ name: "x", permissions: ["fly"] }, "permissions.0"],
    [{ name: "x", owner: true }, "owner"],
  ])("%j is refused with its place", async (body, place) => {
    const answer = await stack.api(`POST ${rolesPath()}`, { token: world.owner.token, body });
    expect([answer.status, Object.keys(answer.body.details)]).toEqual([400, [place]]);
  });
});

describe("nobody grants what they do not have, or touches what stands at or above them", () => {
  test("making and changing roles", async () => {
    const high = await world.makeRole("manage_server");
    const manager = await world.newMemberWith("manage_roles", "manage_channels");
    const low = await world.makeRole("manage_channels");

    expect((await say(manager, `POST ${rolesPath()}`, { name: "ok", permissions: ["manage_channels"] }))[0]).toBe(201);
    expect(await say(manager, `POST ${rolesPath()}`, { name: "no", permissions: ["manage_server"] })).toEqual([403, "auth.denied"]);
    expect((await say(manager, `PATCH ${rolesPath(low)}`, { name: "renamed" }))[0]).toBe(200);
    expect(await say(manager, `PATCH ${rolesPath(low)}`, { permissions: ["manage_channels", "mention_everyone"] })).toEqual([
      403,
      "auth.denied",
    ]);
    for (const above of [high, manager.roleId]) {
      expect(await say(manager, `PATCH ${rolesPath(above)}`, { name: "mine" })).toEqual([403, "auth.denied"]);
      expect(await say(manager, `DELETE ${rolesPath(above)}`)).toEqual([403, "auth.denied"]);
    }
    expect((await say(manager, `DELETE ${rolesPath(low)}`))[0]).toBe(204);
    expect(await say(world.guest, `POST ${rolesPath()}`, { name: "no" })).toEqual([403, "auth.denied"]);
  });

  test("a role that has more than oneself can be made smaller, and does not give it back", async () => {
    const manager = await world.newMemberWith("manage_roles");
    const low = await world.makeRole("manage_server", "manage_channels");
    expect((await say(manager, `PATCH ${rolesPath(low)}`, { permissions: ["manage_server"] }))[0]).toBe(200);
    expect(await say(manager, `PATCH ${rolesPath(low)}`, { permissions: ["manage_server", "manage_channels"] })).toEqual([
      403,
      "auth.denied",
    ]);
  });

  test("giving and taking roles", async () => {
    const high = await world.makeRole("manage_server");
    const manager = await world.newMemberWith("manage_roles");
    const [harmless, strong] = [await world.makeRole(), await world.makeRole("manage_channels")];

    expect((await say(manager, `PATCH ${memberPath(world.guest)}`, { role_ids: [harmless] }))[0]).toBe(200);
    for (const role_ids of [
      [harmless, high],
      [harmless, manager.roleId],
      [harmless, strong],
    ]) {
      expect(await say(manager, `PATCH ${memberPath(world.guest)}`, { role_ids })).toEqual([403, "auth.denied"]);
    }
    expect(await say(manager, `PATCH ${memberPath(manager)}`, { role_ids: [] })).toEqual([403, "auth.denied"]);
    expect((await say(manager, `PATCH ${memberPath(manager)}`, { role_ids: [manager.roleId, harmless] }))[0]).toBe(200);
    await world.byOwner(`PATCH ${memberPath(world.guest)}`, { role_ids: [strong, harmless] });
    expect((await say(manager, `PATCH ${memberPath(world.guest)}`, { role_ids: [harmless] }))[0]).toBe(200); // one may take what one cannot give
    const boss = await world.newMember();
    await world.byOwner(`PATCH ${memberPath(boss)}`, { role_ids: [high] });
    expect(await say(manager, `PATCH ${memberPath(boss)}`, { role_ids: [high, harmless] })).toEqual([403, "auth.denied"]);
    expect(await say(world.guest, `PATCH ${memberPath(world.guest)}`, { role_ids: [strong] })).toEqual([403, "auth.denied"]);
  });

  test("whoever has several stands as high as the highest of them", async () => {
    const manager = await world.newMemberWith("manage_roles");
    const [between, low] = [await world.makeRole(), await world.makeRole()];
    await world.byOwner(`PATCH ${memberPath(manager)}`, { role_ids: [low, manager.roleId] });
    expect((await say(manager, `PATCH ${rolesPath(between)}`, { name: "x" }))[0]).toBe(200);
    await world.byOwner(`PATCH ${memberPath(world.guest)}`, { role_ids: [low, between] });
    expect((await say(manager, `PATCH ${memberPath(world.guest)}`, { role_ids: [between] }))[0]).toBe(200);
    await world.byOwner(`PATCH ${memberPath(world.guest)}`, { role_ids: [between, manager.roleId] });
    expect(await say(manager, `PATCH ${memberPath(world.guest)}`, { role_ids: [manager.roleId] })).toEqual([403, "auth.denied"]);
  });

  test("ordering them", async () => {
    const high = await world.makeRole("manage_server");
    const manager = await world.newMemberWith("manage_roles");
    const [a, b] = [await world.makeRole(), await world.makeRole()];
    const order = (who: Person, ...ids: string[]) => say(who, `PUT ${rolesPath()}`, { order: ids });

    expect((await order(manager, high, manager.roleId, b, a))[0]).toBe(200);
    expect((await rolesOf()).map(({ id }) => id).slice(0, 4)).toEqual([high, manager.roleId, b, a]);
    expect(await order(manager, high, a, manager.roleId, b)).toEqual([403, "auth.denied"]);
    expect(await order(manager, manager.roleId, high, b, a)).toEqual([403, "auth.denied"]);
    expect(await order(world.owner, (await everyone()).id)).toEqual([404, "role.not_found"]);
    expect((await order(world.owner, a, b, manager.roleId, high))[0]).toBe(200);
    // The manager is the third now, and has nothing to say to the first two.
    expect(await say(manager, `PATCH ${rolesPath(a)}`, { name: "x" })).toEqual([403, "auth.denied"]);
    expect((await say(manager, `PATCH ${rolesPath(high)}`, { name: "x" }))[0]).toBe(200);
  });
});

describe("changes of one server at the same moment", () => {
  test("of two who give a member roles at once, neither undoes what the other is told", async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => world.makeRole()));
    const given = await Promise.all(
      ids.map((id) => stack.api(`PATCH ${memberPath(world.guest)}`, { token: world.owner.token, body: { role_ids: [id] } })),
    );
    // Each answer was true when it was given: one after the other, the last one stays.
    expect(given.map(({ status }) => status)).toEqual(Array(6).fill(200));
    const { entries } = (await stack.api(`GET /servers/${world.serverId}/audit`, { token: world.owner.token })).body;
    const changes = entries.filter(({ action }: { action: string }) => action === "member.update").reverse();
    expect(changes).toHaveLength(6);
    let before: string[] = [];
    for (const {
      changes: [change],
    } of changes) {
      expect(change.before).toEqual(before);
      before = change.after;
    }
    expect((await serverOf(world.guest)).me.role_ids).toEqual(before);
  });

  test("whoever loses a right while they use it does nothing with it afterwards, and the audit log has all that was done", async () => {
    const manager = await world.newMemberWith("manage_channels");
    const make = (i: number) => say(manager, `POST /servers/${world.serverId}/channels`, { name: uniqueName(`c${i}`), kind: "text" });
    const making = Promise.all(Array.from({ length: 12 }, (_, i) => make(i)));
    await world.byOwner(`PATCH ${memberPath(manager)}`, { role_ids: [] });
    const late = await make(99);
    expect(late).toEqual([403, "auth.denied"]);
    const made = (await making).filter(([status]) => status === 201).length;
    const { entries } = (await stack.api(`GET /servers/${world.serverId}/audit?limit=100`, { token: world.owner.token })).body;
    const actions = entries.map(({ action }: { action: string }) => action).reverse();
    expect(actions.filter((action: string) => action === "channel.create")).toHaveLength(made);
    // In the log, which is the order of what happened, nothing of theirs stands behind the line that took the right away.
    expect(actions.lastIndexOf("channel.create")).toBeLessThan(actions.lastIndexOf("member.update"));
    expect(entries.map(({ seq }: { seq: number }) => seq)).toEqual(entries.map((_: unknown, i: number) => entries.length - i));
  });
});
