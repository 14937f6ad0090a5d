import { PASSWORD, type Person } from "@agora/local/testing/stack";
import { outcomeOf, type Operation, type World } from "./operation";
import { Place } from "./place";

/* What people do with their own account. Each run has an account of its own: the limits of these are low, and its password is another one afterwards. */

const NEXT = "the next long password";

const sessionOf = ({ refresh_token }: Person): string => refresh_token.split(".")[0] ?? "";
/** What the calls of the account's own requests name. */
const marksOf = (...sessions: Person[]): string[] => sessions.flatMap((one) => [one.user.id, one.user.email, sessionOf(one)]);

const changeProfile: Operation = {
  name: "change the profile",
  isAnsweredAtTheEnd: false,
  async prepare(world, _person, owner) {
    const guest = await world.client.register();
    const places = await Promise.all([1, 2].map(() => Place.make(world.client, owner, { messages: 0 })));
    for (const place of places) await place.join(guest, await place.invite({}));
    return {
      marks: [...marksOf(guest), ...places.flatMap(({ marks }) => marks)],
      async attempt() {
        const answer = await world.client.api("PATCH /users/@me", { token: guest.token, body: { display_name: "Ada" } });
        return outcomeOf(answer, (status) => status === 200);
      },
      async problems() {
        const { body } = await world.client.api(`GET /users/${guest.user.id}`, { token: owner.token });
        const shown = await Promise.all(places.map((place) => nameIn(world, place, owner, guest)));
        return [body.display_name as string, ...shown].flatMap((name, i) => (name === "Ada" ? [] : [`${i}: shown as ${name}`]));
      },
      end: () => Promise.resolve(),
    };
  },
};

async function nameIn({ client }: World, place: Place, owner: Person, { user }: Person): Promise<string> {
  const { body } = await client.api(`GET /servers/${place.serverId}/members`, { token: owner.token });
  const member = (body.members as { user_id: string; user: { display_name: string | null } }[]).find(({ user_id }) => user_id === user.id);
  return member ? String(member.user.display_name) : "nobody";
}

const changePassword: Operation = {
  name: "change the password",
  isAnsweredAtTheEnd: true,
  hashesPasswords: true,
  async prepare(world) {
    const own = await world.client.register();
    const login = (password: string) => world.client.api("POST /auth/login", { body: { email: own.user.email, password } });
    const other = (await login(PASSWORD)).body as Person;
    return {
      marks: marksOf(own, other),
      async attempt() {
        const body = { current_password: PASSWORD, new_password: NEXT };
        return outcomeOf(await world.client.api("POST /auth/password", { token: own.token, body }), (status) => status === 204);
      },
      async problems() {
        const [former, present] = [await login(PASSWORD), await login(NEXT)];
        const refresh = ({ refresh_token }: Person) => world.client.api("POST /auth/refresh", { body: { refresh_token } });
        const [mine, theirs] = [await refresh(own), await refresh(other)];
        const seen = [former.status, present.status, mine.status, theirs.status];
        return JSON.stringify(seen) === "[401,200,200,401]" ? [] : [`passwords and sessions answer ${JSON.stringify(seen)}`];
      },
      end: () => Promise.resolve(),
    };
  },
};

interface Key {
  id: string;
  secret: string;
}

/** What the account counts, and what is there to be counted. */
async function problemsOfCount({ client, row }: World, { token, user }: Person): Promise<string[]> {
  const { body } = await client.api("GET /auth/keys", { token });
  const [there, counted] = [(body.keys as Key[]).length, (await row("Users", { id: user.id }))?.["key_count"] ?? 0];
  return there === counted ? [] : [`${there} keys, of which ${JSON.stringify(counted)} are counted`];
}

const createKey: Operation = {
  name: "make an access key",
  isAnsweredAtTheEnd: true,
  async prepare(world) {
    const own = await world.client.register();
    const keys: Key[] = [];
    return {
      marks: marksOf(own),
      async attempt() {
        const answer = await world.client.api("POST /auth/keys", { token: own.token, body: { name: "a bot", scopes: ["messages:read"] } });
        if (answer.status === 201) keys.push(answer.body as Key);
        return outcomeOf(answer, (status) => status === 201);
      },
      async problems() {
        const seen = await Promise.all(keys.map(({ secret }) => world.client.api("GET /auth/me", { token: secret })));
        const wrong = seen.filter(({ status }) => status !== 200).map(({ status }) => `a key that was made answers ${status}`);
        return [...wrong, ...(await problemsOfCount(world, own))];
      },
      end: () => Promise.resolve(),
    };
  },
};

const revokeKey: Operation = {
  name: "revoke an access key",
  isAnsweredAtTheEnd: true,
  async prepare(world) {
    const own = await world.client.register();
    const make = () => world.client.api("POST /auth/keys", { token: own.token, body: { name: "a bot", scopes: ["messages:read"] } });
    const [key, kept] = [(await make()).body as Key, (await make()).body as Key];
    let attempts = 0;
    return {
      marks: [...marksOf(own), key.id],
      async attempt() {
        attempts++;
        const answer = await world.client.api(`DELETE /auth/keys/${key.id}`, { token: own.token });
        return outcomeOf(answer, (status, code) => status === 204 || (attempts > 1 && code === "key.not_found"));
      },
      async problems() {
        const whoIs = async ({ secret }: Key) => (await world.client.api("GET /auth/me", { token: secret })).status;
        const seen = [await whoIs(key), await whoIs(kept)];
        const wrong = JSON.stringify(seen) === "[401,200]" ? [] : [`the keys answer ${JSON.stringify(seen)}`];
        return [...wrong, ...(await problemsOfCount(world, own))];
      },
      end: () => Promise.resolve(),
    };
  },
};

const callByKey: Operation = {
  name: "call by an access key",
  isAnsweredAtTheEnd: true,
  async prepare(world) {
    const own = await world.client.register();
    const { body } = await world.client.api("POST /auth/keys", { token: own.token, body: { name: "a bot", scopes: ["messages:read"] } });
    const { id, secret } = body as Key;
    return {
      marks: [...marksOf(own), id],
      async attempt() {
        return outcomeOf(await world.client.api("GET /servers", { token: secret }), (status) => status === 200);
      },
      async problems() {
        // When it was used may be noted by the next call, but not by none.
        await world.client.api("GET /servers", { token: secret });
        const used = (await world.row("Sessions", { id }))?.["used_at"];
        return [...(typeof used === "number" ? [] : ["no use was noted"]), ...(await problemsOfCount(world, own))];
      },
      end: () => Promise.resolve(),
    };
  },
};

export const accountOperations: readonly Operation[] = [changeProfile, changePassword, createKey, revokeKey, callByKey];
