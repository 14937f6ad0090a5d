import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clients } from "../testing/clients";
import { startCommunity, type Community } from "../testing/community";
import { conversing } from "../testing/conversing";
import { image, upload } from "../testing/files";
import { interleave, interleaveAt } from "../testing/interleave";
import { PASSWORD, startStack, uniqueName, type Person, type Stack } from "../testing/stack";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());
const clients = new Clients(() => stack);
afterAll(() => clients.closeAll());

const remove = ({ token }: Pick<Person, "token">, password = PASSWORD) => stack.api("DELETE /auth/me", { token, body: { password } });
const login = ({ user }: Person) => stack.api("POST /auth/login", { body: { email: user.email, password: PASSWORD } });
const say = ({ path }: Community, { token }: Person, content: string) => stack.api(`POST ${path}`, { token, body: { content } });

const conversation = conversing(() => stack);

interface Said {
  seq: number;
  content: string | null;
  author: { id: string; username: string; display_name: string | null; avatar_url: string | null };
}
const saidIn = async ({ path, owner }: Community): Promise<Said[]> =>
  (await stack.api(`GET ${path}?limit=100`, { token: owner.token })).body.messages;
const namesIn = async (here: Community) => (await saidIn(here)).map(({ author }) => author.username);
const membersOf = async ({ serverId, owner }: Community): Promise<string[]> => {
  const { body } = await stack.api(`GET /servers/${serverId}/members?limit=100`, { token: owner.token });
  return (body.members as { user_id: string }[]).map(({ user_id }) => user_id);
};

/** So many messages in an empty log, faster than by sending them. */
async function fill(log_id: string, count: number, authorOf: (seq: number) => Person): Promise<void> {
  const { transactWrite } = await import("../../../core/src/lib/dynamo");
  const puts = Array.from({ length: count }, (_, i) => {
    const { id, username } = authorOf(i + 1).user;
    const author = { id, username, display_name: null, avatar_url: null };
    return { table: "Messages" as const, put: { log_id, seq: i + 1, author, content: `${i}`, created_at: Date.now() } };
  });
  for (let i = 0; i < count; i += 100) await transactWrite(puts.slice(i, i + 100));
}

/** The account is gone, with all that is said of it where it was. */
async function expectGone(person: Person, ...places: Community[]): Promise<void> {
  expect((await login(person)).status).toBe(401);
  const observer = places[0]?.owner ?? (await stack.register());
  expect((await stack.api(`GET /users/${person.user.id}`, { token: observer.token })).status).toBe(404);
  const found = await stack.api(`GET /users/search?q=${person.user.username}`, { token: observer.token });
  expect(found.body.users).toEqual([]);
  for (const here of places) {
    expect(await membersOf(here)).not.toContain(person.user.id);
    expect(JSON.stringify(await saidIn(here))).not.toContain(person.user.username);
  }
}

describe("the deletion of an account", () => {
  test("takes it out of every server, and its name out of what it said; what others said stays as it is", async () => {
    const [here, there] = await Promise.all([startCommunity(stack), startCommunity(stack)]);
    const { guest, owner } = here;
    await there.join(guest);
    await stack.api("PATCH /users/@me", { token: guest.token, body: { display_name: "Ada" } });
    await say(here, guest, "one");
    await say(here, owner, "two");
    await say(there, guest, "three");
    const listener = await clients.listen(owner, `server:${here.serverId}`);
    expect((await remove(guest)).status).toBe(204);
    await expectGone(guest, here, there);
    const [two, one] = await saidIn(here);
    expect(one).toMatchObject({
      content: "one",
      author: { id: guest.user.id, username: "deleted", display_name: null, avatar_url: null },
      revision: 2,
      edited_at: null,
    });
    expect(two).toMatchObject({ content: "two", author: { id: owner.user.id, username: owner.user.username }, revision: 1 });
    await listener.next(({ type, user_id }) => type === "member_left" && user_id === guest.user.id);
    const { body: server } = await stack.api(`GET /servers/${here.serverId}`, { token: owner.token });
    expect(server.member_count).toBe(1);
  });

  test("frees both names, and ends its sessions, sockets and tickets", async () => {
    const person = await stack.register();
    const other = (await login(person)).body as Person;
    const socket = await stack.connect(other.token);
    const own = await stack.connect(person.token);
    const closed = Promise.all([socket, own].map((client) => new Promise((resolve) => client.socket.once("close", resolve))));
    expect((await remove(person)).status).toBe(204);
    await closed;
    for (const { token, refresh_token } of [person, other]) {
      expect((await stack.api("GET /auth/me", { token })).status).toBe(401);
      expect((await stack.api("POST /realtime/ticket", { token })).status).toBe(401);
      expect((await stack.api("POST /auth/refresh", { body: { refresh_token } })).status).toBe(401);
      const made = await stack.api("POST /servers", { token, body: { name: uniqueName("s") } }); // its access token is in time yet
      expect([made.status, made.body.code]).toEqual([404, "account.not_found"]);
    }
    const again = await stack.register(person.user.username);
    expect(again.user.id).not.toBe(person.user.id);
  });

  test("is refused for a wrong password, in a session that has ended, and by another's password", async () => {
    const [person, other] = await Promise.all([stack.register(), stack.register()]);
    const wrong = await remove(person, "not the password");
    expect([wrong.status, wrong.body.code]).toEqual([401, "auth.invalid"]);
    await stack.api("POST /auth/logout", { token: other.token });
    expect((await remove(other)).status).toBe(401);
    for (const one of [person, other]) expect((await login(one)).status).toBe(200);
  });

  test("is refused to who owns a server, by its name, and changes nothing; handed over or deleted it is no hindrance", async () => {
    const here = await startCommunity(stack);
    const { body: server } = await stack.api(`GET /servers/${here.serverId}`, { token: here.owner.token });
    await say(here, here.owner, "mine");
    const refused = await remove(here.owner);
    expect([refused.status, refused.body.code]).toEqual([409, "server.owner_must_transfer"]);
    expect(refused.body.error).toContain(server.name);
    expect(await namesIn(here)).toEqual([here.owner.user.username]);
    expect((await stack.api("PATCH /users/@me", { token: here.owner.token, body: { bio: "still here" } })).status).toBe(200);
    const { body: second } = await stack.api("POST /servers", { token: here.owner.token, body: { name: uniqueName("s") } });
    await here.byOwner(`POST /servers/${here.serverId}/owner`, { user_id: here.guest.user.id });
    expect((await remove(here.owner)).status).toBe(409);
    expect((await stack.api(`DELETE /servers/${second.id}`, { token: here.owner.token })).status).toBe(204);
    expect((await remove(here.owner)).status).toBe(204);
    await expectGone(here.owner, { ...here, owner: here.guest });
  });

  test("takes the name out of private channels that it does not see, and out of messages that were deleted", async () => {
    const here = await startCommunity(stack);
    const { guest } = here;
    await say(here, guest, "deleted");
    await stack.api(`DELETE ${here.path}/1`, { token: guest.token });
    await here.byOwner(`PATCH /servers/${here.serverId}/channels/${here.channelId}`, { private: true });
    expect((await remove(guest)).status).toBe(204);
    expect(await saidIn(here)).toMatchObject([{ content: null, author: { username: "deleted" } }]);
  });

  test("of a long log finds all, and no more than there are", async () => {
    const here = await startCommunity(stack);
    await fill(here.topic, 1_203, (seq) => (seq % 10 === 1 ? here.guest : here.owner));
    expect((await remove(here.guest)).status).toBe(204);
    const names = new Map<string, number>();
    for (let before = 1_204; before > 1; before -= 100) {
      const { body } = await stack.api(`GET ${here.path}?limit=100&before=${before}`, { token: here.owner.token });
      for (const { author } of body.messages as Said[]) names.set(author.username, (names.get(author.username) ?? 0) + 1);
    }
    expect(Object.fromEntries(names)).toEqual({ deleted: 121, [here.owner.user.username]: 1_082 });
  });

  test("in conversations takes the name out; a direct one stays for the other, who cannot write to nobody, and a group goes on", async () => {
    const [gone, ann, ben] = (await conversation.people(3)) as [Person, Person, Person];
    const direct = await conversation.started(gone, ann);
    const group = await conversation.started(gone, ann, ben);
    for (const id of [direct, group]) {
      await conversation.say(gone, id, "mine");
      await conversation.say(ann, id, "hers");
    }
    await conversation.block(gone, ben);
    expect((await remove(gone)).status).toBe(204);
    for (const id of [direct, group]) {
      const { body } = await stack.api(`GET /dms/${id}/messages`, { token: ann.token });
      expect((body.messages as Said[]).map(({ author }) => author.username)).toEqual([ann.user.username, "deleted"]);
    }
    const shown = async (id: string) =>
      (await stack.api(`GET /dms/${id}`, { token: ann.token })).body.users as { id: string; username: string }[];
    expect((await shown(direct)).map(({ id, username }) => [id, username]).sort()).toEqual(
      [
        [gone.user.id, "deleted"],
        [ann.user.id, ann.user.username],
      ].sort(),
    );
    expect((await shown(group)).map(({ id }) => id).sort()).toEqual([ann.user.id, ben.user.id].sort());
    const [refused, allowed] = [await conversation.say(ann, direct, "hello?"), await conversation.say(ann, group, "hello")];
    expect([refused.status, refused.body.code, allowed.status]).toEqual([403, "auth.denied", 201]);
    const listed = await stack.api("GET /dms", { token: ann.token });
    expect(listed.body.conversations).toHaveLength(2);
    expect((await conversation.start(ben, gone)).status).toBe(404);
  });

  test("takes its avatar away", async () => {
    const person = await stack.register();
    const id = await upload(stack, person, image(), "avatar");
    const { body } = await stack.api("PATCH /users/@me", { token: person.token, body: { avatar: id } });
    const isThere = async () => (await fetch(`${stack.url}${body.avatar_url}`)).status;
    expect(await isThere()).toBe(200);
    expect((await remove(person)).status).toBe(204);
    expect(await isThere()).toBe(404);
  });

  test("nobody else is called as those who were deleted are", async () => {
    const body = { email: `${uniqueName()}@example.org`, username: "DELETED", password: PASSWORD };
    const refused = await stack.api("POST /auth/register", { body });
    expect([refused.status, Object.keys(refused.body.details)]).toEqual([400, ["username"]]);
  });
});

describe("a deletion that ended half way", () => {
  const end = () => Promise.reject(new Error("the process ended"));
  const command =
    (kind: string, ...texts: string[]) =>
    (sent: unknown) => {
      const text = JSON.stringify(sent);
      return (sent as object).constructor.name === kind && texts.every((one) => text.includes(one));
    };

  test("goes on after a new log-in, wherever it ended", { timeout: 120_000 }, async () => {
    const here = await startCommunity(stack);
    let last = 0;
    for (let wasEnded = true; wasEnded;) {
      const guest = await here.newMember();
      await say(here, guest, "said");
      const key = await stack.api("POST /auth/keys", { token: guest.token, body: { name: "a script", scopes: ["messages:read"] } });
      last++;
      let calls = 0;
      const isLast = () => ++calls === last;
      wasEnded = await interleaveAt(isLast, () => remove(guest), end).then(
        () => true,
        () => false, // it has made fewer calls
      );
      // It can log in until it is gone, and if it is gone, then wholly.
      const again = await login(guest);
      if (again.status === 200) expect([last, (await remove(again.body as Person)).status]).toEqual([last, 204]);
      await expectGone(guest, here);
      expect([last, (await stack.api("GET /auth/me", { token: key.body.secret })).status]).toEqual([last, 401]);
    }
    expect(last).toBeGreaterThan(30);
  });

  test("has begun: nobody finds the account, and it makes nothing that would outlive it", async () => {
    const here = await startCommunity(stack);
    const { guest } = here;
    const isLeaving = command("TransactWriteItemsCommand", "member_count");
    expect((await interleaveAt(isLeaving, () => remove(guest), end)).status).toBe(500);
    expect((await stack.api(`GET /users/${guest.user.id}`, { token: here.owner.token })).status).toBe(404);
    const { body } = await stack.api(`GET /users/search?q=${guest.user.username}`, { token: here.owner.token });
    expect(body.users).toEqual([]);
    for (const refused of [
      await stack.api("POST /servers", { token: guest.token, body: { name: uniqueName("s") } }),
      await stack.api("PATCH /users/@me", { token: guest.token, body: { bio: "no" } }),
      await stack.api("POST /auth/keys", { token: guest.token, body: { name: "no", scopes: ["messages:read"] } }),
    ])
      expect([refused.status, refused.body.code]).toEqual([404, "account.not_found"]);
    expect((await remove(guest)).status).toBe(204);
    await expectGone(guest, here);
  });

  test("in the midst of a log does not begin at its end again", async () => {
    const here = await startCommunity(stack);
    await fill(here.topic, 1_100, (seq) => (seq % 10 === 1 ? here.guest : here.owner));
    const isNote = command("UpdateItemCommand", "SET erasing", '"before"');
    let notes = 0;
    const isSecondNote = (sent: unknown) => isNote(sent) && ++notes === 2;
    expect((await interleaveAt(isSecondNote, () => remove(here.guest), end)).status).toBe(500);
    let begun = false;
    const isFirstLook = (sent: unknown) => !begun && (begun = command("QueryCommand", "Messages", here.topic, "author.username")(sent));
    const from: unknown[] = [];
    const look = (sent: unknown) => {
      if (!isFirstLook(sent)) return false;
      from.push((sent as { input: { ExpressionAttributeValues: Record<string, { N: string }> } }).input.ExpressionAttributeValues[":to"]);
      return true;
    };
    expect(
      (
        await interleaveAt(
          look,
          () => remove(here.guest),
          () => Promise.resolve(),
        )
      ).status,
    ).toBe(204);
    expect(from).toEqual([{ N: "600" }]);
    await expectGone(here.guest, here);
  });

  test("of a server that it had deleted goes on with that, too", async () => {
    const founder = await stack.register();
    const { body: server } = await stack.api("POST /servers", { token: founder.token, body: { name: uniqueName("s") } });
    const isForgetting = command("TransactWriteItemsCommand", "Servers", server.id, "Members");
    const deleted = await interleaveAt(isForgetting, () => stack.api(`DELETE /servers/${server.id}`, { token: founder.token }), end);
    expect(deleted.status).toBe(500);
    expect((await remove(founder)).status).toBe(204);
    await expectGone(founder);
  });
});

describe("what happens at the same moment as a deletion", () => {
  test("joining a server is refused, so that nobody stays who does not exist", async () => {
    const [here, person] = await Promise.all([startCommunity(stack), stack.register()]);
    const { body: invite } = await stack.api(`POST /servers/${here.serverId}/invites`, { token: here.owner.token, body: {} });
    const join = () => stack.api(`POST /invites/${invite.code}/join`, { token: person.token });
    const answer = await interleave("Members", join, () => remove(person));
    expect([answer.status, answer.body.code]).toEqual([503, "unavailable"]);
    await expectGone(person, here);
    expect((await stack.api(`GET /servers/${here.serverId}`, { token: here.owner.token })).body.member_count).toBe(2);
  });

  test("a log-in by the right password is a session of nobody, and is refused", async () => {
    const person = await stack.register();
    const isNewSession = (sent: unknown) =>
      (sent as object).constructor.name === "PutItemCommand" && JSON.stringify(sent).includes("generation");
    const late = await interleaveAt(
      isNewSession,
      () => login(person),
      () => remove(person),
    );
    expect([late.status, late.body.code]).toEqual([401, "auth.invalid"]);
  });

  test("a second deletion does no harm", async () => {
    const here = await startCommunity(stack);
    await say(here, here.guest, "said");
    const answers = await Promise.all([remove(here.guest), remove(here.guest), remove(here.guest)]);
    expect(answers.filter(({ status }) => status === 204).length).toBeGreaterThanOrEqual(1);
    for (const { status } of answers) expect([204, 401, 404, 503]).toContain(status);
    await expectGone(here.guest, here);
  });

  test("a change of the profile is refused, and does not bring the name back", async () => {
    const here = await startCommunity(stack);
    await say(here, here.guest, "said");
    const isChange = (sent: unknown) => JSON.stringify(sent).includes("ADD revision");
    const late = await interleaveAt(
      isChange,
      () => stack.api("PATCH /users/@me", { token: here.guest.token, body: { display_name: "Ada" } }),
      () => remove(here.guest),
    );
    expect([late.status, late.body.code]).toEqual([404, "account.not_found"]);
    await expectGone(here.guest, here);
  });
});
