import * as v from "valibot";
import { deleteItem, getItem, queryAll } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { Channel } from "../protocol/channel";
import { limits } from "../protocol/limits";

/*
 * Channels
 * | server_id | id    | name | kind | topic | category | slow_mode_seconds | private | allowed_role_ids | allowed_user_ids | created_at | deleted_at |
 * | server_id | order | order: [channel id, …], as they were ordered last; newer ones come behind |
 *
 * A row with `deleted_at` is being cleared away, and counts as absent.
 */

const ORDER = "order";

/** What a transaction has room for beside what it is about. */
const WITHOUT_USER_MAX = 80;

const ChannelRow = v.object({
  ...Channel.entries,
  category: v.optional(Channel.entries.category, null),
  slow_mode_seconds: v.optional(Channel.entries.slow_mode_seconds, 0),
  private: v.optional(Channel.entries.private, false),
  allowed_role_ids: v.optional(Channel.entries.allowed_role_ids, []),
  allowed_user_ids: v.optional(Channel.entries.allowed_user_ids, []),
});

/** The channel that a row is; undefined for one that is being cleared away. */
export function toChannel(item: Record<string, unknown> | undefined): Channel | undefined {
  return item && !("deleted_at" in item) ? v.parse(ChannelRow, item) : undefined;
}

/** Cost: 1 read unit. */
export async function findChannel(serverId: string, channelId: string): Promise<Channel | undefined> {
  return toChannel(await getItem("Channels", { server_id: serverId, id: channelId }, { consistent: true }));
}

interface Listed {
  channels: Channel[];
  /** Ids of those that are being cleared away. */
  leftovers: string[];
}

/** All channels in their order: a server has few, and they are shown all at once. Cost: 1 read unit per 4 KB. */
export async function listAll(serverId: string): Promise<Listed> {
  const items = await queryAll("Channels", { key: "server_id = :server", values: { ":server": serverId }, consistent: true });
  const order = (items.find(({ id }) => id === ORDER)?.["order"] ?? []) as string[];
  const rows = items.filter(({ id }) => id !== ORDER);
  const channels = rows.flatMap((item) => toChannel(item) ?? []).sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
  return { channels: inOrder(channels, order), leftovers: rows.filter((row) => "deleted_at" in row).map(({ id }) => String(id)) };
}

export const list = async (serverId: string): Promise<Channel[]> => (await listAll(serverId)).channels;

/** Those that the order names first, as it has them; the others behind, as they were. */
export function inOrder<T extends { id: string }>(all: readonly T[], order: readonly string[]): T[] {
  const placeOf = new Map(order.map((id, i) => [id, i]));
  return all
    .map((one, i) => ({ one, place: placeOf.get(one.id) ?? order.length + i }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

/** For transactions; the server's own count bounds how many there are. Its second part fails if there are as many as there may be. */
export const createWrites = (channel: Channel): Write[] => [
  { table: "Channels", put: channel },
  {
    table: "Servers",
    key: { id: channel.server_id },
    update: "ADD channel_count :one",
    condition:
      "attribute_exists(id) AND attribute_not_exists(deleted_at) AND (attribute_not_exists(channel_count) OR channel_count < :max)",
    values: { ":one": 1, ":max": limits.channelsPerServerMax },
  },
];

/** Its first part fails if there is no such channel. */
export const updateWrite = (channel: Channel): Write => ({
  table: "Channels",
  put: channel,
  condition: "attribute_exists(id) AND attribute_not_exists(deleted_at)",
});

/** Takes an account out of those whom private channels name; of so many channels at most. Cost: 1 read unit per 4 KB of channels. */
export async function withoutUser(serverId: string, userId: string): Promise<Write[]> {
  const naming = (await list(serverId)).filter(({ allowed_user_ids }) => allowed_user_ids.includes(userId));
  return naming
    .slice(0, WITHOUT_USER_MAX)
    .map((channel) => updateWrite({ ...channel, allowed_user_ids: channel.allowed_user_ids.filter((id) => id !== userId) }));
}

export const orderWrite = (serverId: string, order: string[]): Write => ({
  table: "Channels",
  put: { server_id: serverId, id: ORDER, order },
});

/** From then on it is absent; its row stays until what was said in it is cleared away. */
export const deleteWrites = (serverId: string, channelId: string): Write[] => [
  {
    table: "Channels",
    key: { server_id: serverId, id: channelId },
    update: "SET deleted_at = :now",
    condition: "attribute_exists(id) AND attribute_not_exists(deleted_at)",
    values: { ":now": Date.now() },
  },
  { table: "Servers", key: { id: serverId }, update: "ADD channel_count :less", values: { ":less": -1 } },
];

export async function forget(serverId: string, channelId: string): Promise<void> {
  await deleteItem("Channels", { server_id: serverId, id: channelId });
}

/** The ids of all rows, that of the order among them. */
export async function listKeys(serverId: string): Promise<{ server_id: string; id: string }[]> {
  const items = await queryAll("Channels", {
    key: "server_id = :server",
    values: { ":server": serverId },
    project: "server_id, id",
    consistent: true,
  });
  return items as { server_id: string; id: string }[];
}
