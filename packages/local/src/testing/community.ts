import { uniqueName, type Person, type Stack } from "./stack";

export interface Community {
  owner: Person;
  guest: Person;
  serverId: string;
  channelId: string;
  /** Of the channel's messages. */
  path: string;
  topic: string;
  join(person: Person): Promise<void>;
  /** A new account that is a member. */
  newMember(): Promise<Person>;
  /** A role with these permissions, below those that were made before. */
  makeRole(...permissions: string[]): Promise<string>;
  /** A new member with a new role that has these permissions. */
  newMemberWith(...permissions: string[]): Promise<Person & { roleId: string }>;
  /** What must not be refused, done by the owner; answers the body. */
  byOwner<T = { id: string }>(signature: string, body?: object): Promise<T>;
}

/** Two people in a server with one channel. */
export async function startCommunity(stack: Stack): Promise<Community> {
  const [owner, guest] = await Promise.all([stack.register(), stack.register()]);
  const { body: server } = await stack.api("POST /servers", { token: owner.token, body: { name: uniqueName("s") } });
  const { body: invite } = await stack.api(`POST /servers/${server.id}/invites`, { token: owner.token, body: {} });
  const join = async ({ token }: Person) => {
    const { status } = await stack.api(`POST /invites/${invite.code}/join`, { token });
    if (status !== 200) throw new Error(`joining answered ${status}`);
  };
  await join(guest);
  const channelId = server.channels[0].id as string;
  const path = `/servers/${server.id}/channels/${channelId}/messages`;

  const world: Community = {
    owner,
    guest,
    serverId: server.id,
    channelId,
    path,
    topic: `channel:${channelId}`,
    join,
    async newMember() {
      const person = await stack.register();
      await join(person);
      return person;
    },
    async makeRole(...permissions) {
      const { id } = await world.byOwner(`POST /servers/${server.id}/roles`, { name: uniqueName("role"), permissions });
      return id;
    },
    async newMemberWith(...permissions) {
      const [person, roleId] = await Promise.all([world.newMember(), world.makeRole(...permissions)]);
      await world.byOwner(`PATCH /servers/${server.id}/members/${person.user.id}`, { role_ids: [roleId] });
      return { ...person, roleId };
    },
    async byOwner<T>(signature: string, body?: object) {
      const answer = await stack.api(signature, { token: owner.token, ...(body ? { body } : {}) });
      if (answer.status >= 300) throw new Error(`${signature} answered ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body as T;
    },
  };
  return world;
}
