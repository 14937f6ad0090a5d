import type { Agora } from "./agora";

interface Person {
  id: string;
  email: string;
  token: string;
}

export interface Community {
  server_id: string;
  channels: string[];
  /** All of them members; the first one owns it. */
  people: Person[];
}

interface Session {
  token: string;
  user: { id: string };
}

export const PASSWORD = "a long enough password";
/** Argon2 fills the cores. */
const REGISTERING_AT_ONCE = 2;

export async function createCommunity({ http }: Agora, size: { people: number; channels: number }): Promise<Community> {
  const owner = await register(http);
  const { token } = owner;
  const server = await http.json<{ id: string; channels: { id: string }[] }>("POST", "/servers", {
    token,
    body: { name: `bench ${owner.id}` },
  });
  const { code } = await http.json<{ code: string }>("POST", `/servers/${server.id}/invites`, { token, body: {} });
  const channels = server.channels.map(({ id }) => id);
  while (channels.length < size.channels) {
    const body = { name: `channel ${channels.length}`, kind: "text" };
    channels.push((await http.json<{ id: string }>("POST", `/servers/${server.id}/channels`, { token, body })).id);
  }
  const people = [owner];
  let left = size.people - 1;
  const join = async () => {
    while (left-- > 0) {
      const person = await register(http);
      await http.json("POST", `/invites/${code}/join`, { token: person.token });
      people.push(person);
    }
  };
  await Promise.all(Array.from({ length: REGISTERING_AT_ONCE }, join));
  return { server_id: server.id, channels, people };
}

let count = 0;
async function register(http: Agora["http"]): Promise<Person> {
  const username = `bench_${(count++).toString(36)}`;
  const body = { email: `${username}@example.org`, username, password: PASSWORD };
  const session = await http.json<Session>("POST", "/auth/register", { body });
  return { id: session.user.id, email: body.email, token: session.token };
}

export const messagesPath = ({ server_id }: Community, channelId: string): string => `/servers/${server_id}/channels/${channelId}/messages`;
