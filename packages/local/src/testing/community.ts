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
  return { owner, guest, serverId: server.id, channelId, path, topic: `channel:${channelId}`, join };
}
