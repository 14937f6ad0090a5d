import * as v from "valibot";
import { getItem, getItems, query, queryAll, transactWrite } from "../lib/dynamo";
import { Channel, Member, Server } from "../protocol/server";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { limits } from "../protocol/limits";
import { canonicalKey } from "../protocol/text";

/*
 * Servers
 * | id    | name | owner_id | icon_url | member_count | channel_count | created_at |
 *
 * Names: `server#<canonical name>` → server_id
 *
 * Channels
 * | server_id | id    | name | kind | topic | created_at |
 *
 * Members, with what is shown of a person, so that a list of members is one query
 * | server_id | user_id | user: {id, username, display_name, avatar_url} | nickname | role_ids | joined_at |
 */

const ServerRow = v.object({ ...Server.entries, member_count: v.number() });
export type ServerRow = v.InferOutput<typeof ServerRow>;
const ServerItem = v.object(Server.entries);
const ChannelRow = v.object(Channel.entries);
const MemberRow = v.object(Member.entries);

/** What decides about rights, in one call. The membership is read consistently, so that a removal holds from the moment it is stored. */
export async function findForAccess(
  serverId: string,
  userId: string,
  channelId?: string,
): Promise<{ server: ServerRow | undefined; member: Member | undefined; channel: Channel | undefined }> {
  const read = (consistent: boolean) =>
    getItems({
      Servers: { keys: [{ id: serverId }], consistent },
      Members: { keys: [{ server_id: serverId, user_id: userId }], consistent: true },
      ...(channelId === undefined ? {} : { Channels: { keys: [{ server_id: serverId, id: channelId }], consistent } }),
    });
  let found = await read(false);
  const isMember = found.Members?.length === 1;
  const lacks = found.Servers?.length !== 1 || (channelId !== undefined && found.Channels?.length !== 1);
  // A replica may not have what was made a moment ago. Outsiders are not worth a second look.
  if (isMember && lacks) found = await read(true);
  const [server, member, channel] = [found.Servers?.[0], found.Members?.[0], found.Channels?.[0]];
  return {
    server: server && v.parse(ServerRow, server),
    member: member && v.parse(MemberRow, member),
    channel: channel && v.parse(ChannelRow, channel),
  };
}

export async function findServer(serverId: string): Promise<ServerRow | undefined> {
  const item = await getItem("Servers", { id: serverId });
  return item && v.parse(ServerRow, item);
}

/** @throws TransactionFailed: its first part is the name. */
export async function create(server: ServerRow, channel: Channel, owner: Member): Promise<void> {
  await transactWrite([
    {
      table: "Names",
      put: { name: `server#${canonicalKey(server.name)}`, server_id: server.id },
      condition: "attribute_not_exists(#name)",
      names: { "#name": "name" },
    },
    { table: "Servers", put: { ...server, channel_count: 1 }, condition: "attribute_not_exists(id)" },
    { table: "Channels", put: channel },
    { table: "Members", put: owner },
  ]);
}

/** In the order in which they were made: a server has few, and they are shown all at once. */
export async function listChannels(serverId: string): Promise<Channel[]> {
  const items = await queryAll("Channels", { key: "server_id = :server", values: { ":server": serverId }, consistent: true });
  return items.map((item) => v.parse(ChannelRow, item)).sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
}

/** @throws TransactionFailed: the server has as many channels as it may. */
export async function addChannel(channel: Channel): Promise<void> {
  await transactWrite([
    { table: "Channels", put: channel },
    {
      table: "Servers",
      key: { id: channel.server_id },
      update: "ADD channel_count :one",
      condition: "attribute_exists(id) AND (attribute_not_exists(channel_count) OR channel_count < :max)",
      values: { ":one": 1, ":max": limits.channelsPerServerMax },
    },
  ]);
}

/** The servers of a page of memberships, in the order of the ids. */
export async function listServers(ids: string[]): Promise<Server[]> {
  if (ids.length === 0) return [];
  const { Servers } = await getItems({ Servers: { keys: ids.map((id) => ({ id })) } });
  const byId = new Map((Servers ?? []).map((item) => [item["id"], v.parse(ServerItem, item)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** @throws TransactionFailed: its first part is the member. */
export async function removeMember(serverId: string, userId: string): Promise<void> {
  await transactWrite([
    { table: "Members", key: { server_id: serverId, user_id: userId }, delete: true, condition: "attribute_exists(user_id)" },
    { table: "Servers", key: { id: serverId }, update: "ADD member_count :less", values: { ":less": -1 } },
  ]);
}

/** Those of the accounts who are members. Cost: 1 read unit each. */
export async function findMembers(serverId: string, userIds: readonly string[]): Promise<Member[]> {
  if (userIds.length === 0) return [];
  const { Members } = await getItems({
    Members: { keys: userIds.map((user_id) => ({ server_id: serverId, user_id })), consistent: true },
  });
  return (Members ?? []).map((item) => v.parse(MemberRow, item));
}

export async function listMembers(serverId: string, limit: number, cursor: string | undefined): Promise<Slice<Member>> {
  const { items } = await query("Members", {
    key: "server_id = :server",
    values: { ":server": serverId },
    limit: limit + 1,
    consistent: true,
    startKey: cursor === undefined ? undefined : { server_id: serverId, user_id: cursor },
  });
  return slice(
    items.map((item) => v.parse(MemberRow, item)),
    limit,
    (member) => member.user_id,
  );
}

/** Where somebody is a member, in the order of the servers' ids. */
export async function listMemberships(userId: string, limit: number, cursor: string | undefined): Promise<Slice<Member>> {
  const { items } = await query("Members", {
    index: "by_user",
    key: "user_id = :user",
    values: { ":user": userId },
    limit: limit + 1,
    startKey: cursor === undefined ? undefined : { user_id: userId, server_id: cursor },
  });
  return slice(
    items.map((item) => v.parse(MemberRow, item)),
    limit,
    (member) => member.server_id,
  );
}
