import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { image, upload } from "../testing/files";
import { interleave, interleaveAt } from "../testing/interleave";
import { startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
const clients = new Clients(() => stack);
afterAll(() => clients.closeAll());

const change = ({ token }: Person, body: object) => stack.api("PATCH /users/@me", { token, body });
const profileOf = async (id: string, { token }: Person) => (await stack.api(`GET /users/${id}`, { token })).body;

interface Shown {
  id: string;
  username: string;
  display_name: string | null;
  avatar_url: string | null;
}
const memberAs = async ({ serverId, owner }: Community, { user }: Person): Promise<Shown> => {
  const { body } = await stack.api(`GET /servers/${serverId}/members?limit=100`, { token: owner.token });
  return (body.members as { user_id: string; user: Shown }[]).find(({ user_id }) => user_id === user.id)?.user as Shown;
};

describe("a profile", () => {
  test("is what an account says of itself, and has no e-mail address", async () => {
    const [one, other] = await Promise.all([stack.register(), stack.register()]);
    const changed = await change(one, { display_name: "  Ada  Lovelace ", bio: "line one\r\nline two " });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...one.user, display_name: "Ada  Lovelace" });
    expect((await stack.api("GET /auth/me", { token: one.token })).body).toEqual(changed.body);
    const { email: _, ...seen } = changed.body;
    expect(await profileOf(one.user.id, other)).toEqual({ ...seen, bio: "line one\nline two" });
    expect(await profileOf("@me", one)).toEqual({ ...seen, bio: "line one\nline two" });
  });

  test("what is left out stays, and null and what nobody sees take away", async () => {
    const one = await stack.register();
    await change(one, { display_name: "Ada", bio: "hello" });
    await change(one, { bio: "\u200b \u00ad" });
    expect(await profileOf("@me", one)).toMatchObject({ display_name: "Ada", bio: null });
    await change(one, { display_name: null, bio: "again", avatar: null });
    expect(await profileOf("@me", one)).toMatchObject({ display_name: null, bio: "again", avatar_url: null });
    expect((await change(one, {})).status).toBe(200);
  });

  test.each([
    ["a display name of 65 characters", { display_name: "x".repeat(65) }, "display_name"],
    ["a display name of two lines", { display_name: "a\nb" }, "display_name"],
    ["a bio of 501 characters", { bio: "🔑".repeat(501) }, "bio"],
    ["an avatar that is no upload", { avatar: "https://example.org/me.png" }, "avatar"],
    ["an unknown key", { username: "other" }, "username"],
  ])("refuses %s and says where", async (_, body, path) => {
    const answer = await change(await stack.register(), body);
    expect([answer.status, answer.body.code, Object.keys(answer.body.details)]).toEqual([400, "input.invalid", [path]]);
  });

  test("takes 64 characters for a name and 500 for a bio, whatever they weigh", async () => {
    const body = { display_name: "🔑".repeat(64), bio: "🔑".repeat(500) };
    expect((await change(await stack.register(), body)).status).toBe(200);
  });

  test("has an avatar that was uploaded for it, by its owner; the former one goes", async () => {
    const [here, other] = [await startCommunity(stack), await stack.register()];
    const one = here.guest;
    const first = await upload(stack, one, image(), "avatar");
    const { body: changed } = await change(one, { avatar: first });
    expect(changed.avatar_url).toBe(`/api/files/${first}`);
    expect((await profileOf(one.user.id, other)).avatar_url).toBe(changed.avatar_url);
    expect((await memberAs(here, one)).avatar_url).toBe(changed.avatar_url);
    expect((await stack.api(`POST ${here.path}`, { token: one.token, body: { content: "hi" } })).body.author.avatar_url).toBe(
      changed.avatar_url,
    );
    const statusOf = async (url: string) => (await fetch(`${stack.url}${url}`)).status;
    expect(await statusOf(changed.avatar_url as string)).toBe(200);
    const second = await upload(stack, one, image(), "avatar");
    expect((await change(one, { avatar: second })).body.avatar_url).toBe(`/api/files/${second}`);
    expect((await change(one, { avatar: second })).status).toBe(200); // a repeat
    expect([await statusOf(`/api/files/${first}`), await statusOf(`/api/files/${second}`)]).toEqual([404, 200]);
    expect((await change(one, { avatar: null })).body.avatar_url).toBeNull();
    expect(await statusOf(`/api/files/${second}`)).toBe(404);
  });

  test("takes no avatar that is another's, for something else, used, not there, or no image", async () => {
    const [one, other] = await Promise.all([stack.register(), stack.register()]);
    const text = { bytes: Buffer.from("no image"), filename: "a.png", content_type: "image/png" };
    const mine = await upload(stack, one, image(), "avatar");
    const refused = async (avatar: string, who = one) => {
      const { status, body } = await change(who, { avatar });
      return [status, body.code];
    };
    expect(await refused(mine, other)).toEqual([404, "upload.not_found"]);
    expect(await refused(await upload(stack, one, image(), "icon"))).toEqual([404, "upload.not_found"]);
    expect(await refused("upl_0000000000000000")).toEqual([404, "upload.not_found"]);
    expect(await refused(await upload(stack, one, text, "avatar"))).toEqual([400, "input.invalid"]);
    expect((await change(one, { avatar: mine })).status).toBe(200);
    await change(one, { avatar: null });
    expect(await refused(mine)).toEqual([409, "upload.used"]);
    expect((await profileOf("@me", one)).avatar_url).toBeNull();
  });

  test("of nobody is not found", async () => {
    const one = await stack.register();
    for (const id of ["usr_0000000000000000", "usr_", "nobody", "srv_0000000000000000"]) {
      const answer = await stack.api(`GET /users/${id}`, { token: one.token });
      expect([id, answer.status, answer.body.code]).toEqual([id, 404, "account.not_found"]);
    }
  });

  test("can be changed so often, and no more", async () => {
    const one = await stack.register();
    const answers = await Promise.all(Array.from({ length: 41 }, () => change(one, {})));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused[0]?.body.code).toBe("limit.profile");
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(20);
  });
});

describe("a change of a profile", () => {
  test("is seen in every server that the account is in, told there and to the own devices, and keeps what the member has there", async () => {
    const [here, there] = await Promise.all([startCommunity(stack), startCommunity(stack)]);
    const { guest } = here;
    await there.join(guest);
    await stack.api(`PATCH /servers/${here.serverId}/members/@me`, { token: guest.token, body: { nickname: "Bee" } });
    const own = await clients.listen(guest, `user:${guest.user.id}`);
    const others = await Promise.all([here, there].map(({ owner, serverId }) => clients.listen(owner, `server:${serverId}`)));
    await change(guest, { display_name: "Ada" });
    const shown = { id: guest.user.id, username: guest.user.username, display_name: "Ada", avatar_url: null };
    for (const place of [here, there]) expect(await memberAs(place, guest)).toEqual(shown);
    const told = await Promise.all(others.map((client) => client.next(({ type }) => type === "member_updated")));
    expect(told.map(({ member }) => [member.user, member.nickname])).toEqual([
      [shown, "Bee"],
      [shown, null],
    ]);
    const { email: _, ...user } = guest.user;
    expect((await own.next(({ type }) => type === "user_updated")).user).toEqual({ ...user, display_name: "Ada" });
    const said = await stack.api(`POST ${here.path}`, { token: guest.token, body: { content: "hello" } });
    expect(said.body.author).toEqual(shown);
  });

  test("of two at the same moment every server shows the one that the profile shows", async () => {
    const here = await startCommunity(stack);
    const names = Array.from({ length: 8 }, (_, i) => `Name ${i}`);
    await Promise.all(names.map((display_name) => change(here.guest, { display_name })));
    const { display_name } = await profileOf("@me", here.guest);
    expect(names).toContain(display_name);
    expect((await memberAs(here, here.guest)).display_name).toBe(display_name);
  });

  test("that comes to a server late does not take a newer one away", async () => {
    const here = await startCommunity(stack);
    const isRenewal = (command: unknown) => JSON.stringify(command).includes("SET #user = :user");
    await interleaveAt(
      isRenewal,
      () => change(here.guest, { display_name: "Older" }),
      () => change(here.guest, { display_name: "Newer" }),
    );
    expect((await memberAs(here, here.guest)).display_name).toBe("Newer");
  });

  test("goes on where it ended, when it is repeated", async () => {
    const here = await startCommunity(stack);
    const isRenewal = (command: unknown) => JSON.stringify(command).includes("SET #user = :user");
    const ended = await interleaveAt(
      isRenewal,
      () => change(here.guest, { display_name: "Ada" }),
      () => Promise.reject(new Error("the process ended")),
    );
    expect(ended.status).toBe(500);
    expect([(await profileOf("@me", here.guest)).display_name, (await memberAs(here, here.guest)).display_name]).toEqual(["Ada", null]);
    expect((await change(here.guest, { display_name: "Ada" })).status).toBe(200);
    expect((await memberAs(here, here.guest)).display_name).toBe("Ada");
  });

  test("while somebody joins does not leave the former name there: they are to join again", async () => {
    const [here, joiner] = await Promise.all([startCommunity(stack), stack.register()]);
    const { body: invite } = await stack.api(`POST /servers/${here.serverId}/invites`, { token: here.owner.token, body: {} });
    const join = () => stack.api(`POST /invites/${invite.code}/join`, { token: joiner.token });
    const answer = await interleave("Members", join, () => change(joiner, { display_name: "Ada" }));
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    expect((await join()).status).toBe(200);
    expect((await memberAs(here, joiner)).display_name).toBe("Ada");
  });

  test("while somebody makes a server does not leave the former name there", async () => {
    const founder = await stack.register();
    const body = { name: uniqueName("s") };
    const create = () => stack.api("POST /servers", { token: founder.token, body });
    const answer = await interleave("Members", create, () => change(founder, { display_name: "Ada" }));
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    const made = await create();
    expect(made.status).toBe(201);
    const { body: listed } = await stack.api(`GET /servers/${made.body.id}/members`, { token: founder.token });
    expect(listed.members[0].user.display_name).toBe("Ada");
  });
});

describe("the search for accounts", () => {
  const stem = uniqueName("find");
  let seeker: Person;
  beforeAll(async () => {
    [seeker] = await Promise.all([stack.register(), ...["a", "b", "c", "_", ".", "9"].map((end) => stack.register(`${stem}${end}`))]);
  });
  const search = (query: string) => stack.api(`GET /users/search?${query}`, { token: seeker.token });
  const namesIn = ({ body }: { body: { users: { username: string }[] } }) => body.users.map(({ username }) => username.slice(stem.length));

  test("finds by what the username begins with, however it is written, without an e-mail address", async () => {
    const found = await search(`q=${encodeURIComponent(`\u200b${stem.toUpperCase()}`)}`);
    expect(namesIn(found)).toEqual([".", "9", "_", "a", "b", "c"]);
    expect(Object.keys(found.body.users[0]).sort()).toEqual(["avatar_url", "created_at", "display_name", "id", "username"]);
    expect(namesIn(await search(`q=${stem}a`))).toEqual(["a"]);
    expect((await search(`q=${stem}zz`)).body).toEqual({ users: [], has_more: false, next_cursor: null });
    expect(namesIn(await search(`q=${stem.slice(0, 2)}&limit=100`)).length).toBeGreaterThanOrEqual(6);
  });

  test("is paged, without a gap and without somebody twice", async () => {
    const all: string[] = [];
    let cursor = "";
    do {
      const page = await search(`q=${stem}&limit=2${cursor}`);
      all.push(...namesIn(page));
      expect(page.body.has_more).toBe(page.body.next_cursor !== null);
      cursor = page.body.next_cursor === null ? "" : `&cursor=${page.body.next_cursor}`;
    } while (cursor !== "");
    expect(all).toEqual([".", "9", "_", "a", "b", "c"]);
  });

  test("takes two characters, and what no name begins with finds nobody", async () => {
    for (const q of ["", "q=", "q=a", "q=%E2%80%8Ba", `q=${"x".repeat(101)}`, "q=ab&q=cd"]) {
      const answer = await search(q);
      expect([q, answer.status, answer.body.code]).toEqual([q, 400, "input.invalid"]);
    }
    for (const q of ["a b", "\u{1F600}\u{1F600}", "ﷺ".repeat(100), "x".repeat(100), "%_"]) {
      const answer = await search(`q=${encodeURIComponent(q)}`);
      expect([q, answer.status, answer.body.users]).toEqual([q, q === "ﷺ".repeat(100) ? 400 : 200, q === "ﷺ".repeat(100) ? undefined : []]);
    }
  });

  test("refuses a cursor that it did not give", async () => {
    for (const cursor of ["zzzz", "A", "%00", "\u{1F600}", "usr_0000000000000000"]) {
      const answer = await search(`q=${stem}&cursor=${encodeURIComponent(cursor)}`);
      expect([cursor, answer.status, answer.body.code]).toEqual([cursor, 400, "input.invalid"]);
    }
  });

  test("finds a display name as it is now", async () => {
    const person = await stack.register(uniqueName("named"));
    await change(person, { display_name: "Ada" });
    const { body } = await search(`q=${person.user.username}`);
    expect(body.users).toMatchObject([{ id: person.user.id, display_name: "Ada" }]);
  });

  test("can be asked so often, and no more", async () => {
    const one = await stack.register();
    const ask = () => stack.api(`GET /users/search?q=${stem}`, { token: one.token });
    const answers = await Promise.all(Array.from({ length: 241 }, ask));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused[0]?.body.code).toBe("limit.search");
    expect((await search(`q=${stem}`)).status).toBe(200);
  });
});
