import type { Account } from "../lib/actor";
import { channelLog, serverOfChannel } from "../lib/id";
import type { Permission } from "../protocol/role";
import { inChannel } from "../server/access";
import { placeOfChannel } from "./channel";
import type { Place, PlacePath } from "./place";

export type { ChannelPath, Place, PlacePath, Reader, Readership } from "./place";

/**
 * Enters a place, to read in it, or to do what takes a permission.
 * @throws server.not_found, channel.not_found, auth.denied. Cost: 3 read units, 1 call.
 */
export async function enter(actor: Account, { server_id, channel_id }: PlacePath, permission?: Permission): Promise<Place> {
  return placeOfChannel(await inChannel(actor, server_id, channel_id, permission));
}

/** The log of the place that a path may lead to; undefined for one that leads nowhere. To begin reading while it is being entered. */
export function logOf({ channel_id }: PlacePath): string | undefined {
  return serverOfChannel(channel_id) === undefined ? undefined : channelLog(channel_id);
}

/** Where a topic like `channel:<id>` leads; undefined if it is not the topic of a place. */
export function placeOfTopic(topic: string): PlacePath | undefined {
  if (!topic.startsWith("channel:")) return undefined;
  const channel_id = topic.slice("channel:".length);
  const server_id = serverOfChannel(channel_id);
  return server_id === undefined ? undefined : { server_id, channel_id };
}
