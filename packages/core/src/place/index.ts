import type { Account } from "../lib/actor";
import { channelLog, conversationLog, isId, serverOfChannel } from "../lib/id";
import { idOf, kindOf } from "../lib/topic";
import type { Permission } from "../protocol/role";
import { inChannel } from "../server/access";
import { placeOfChannel } from "./channel";
import { enterConversation } from "./conversation";
import type { Place, PlacePath } from "./place";

export type { ChannelPath, ConversationPath, Place, PlacePath, Reader, Readership } from "./place";

/**
 * Enters a place, to read in it, or to do what takes a permission.
 * @throws server.not_found, channel.not_found, conversation.not_found, auth.denied. Cost: 3 read units, 1 call; a conversation 1 read unit.
 */
export async function enter(actor: Account, path: PlacePath, permission?: Permission): Promise<Place> {
  if ("dm_id" in path) return enterConversation(actor, path, permission !== undefined);
  return placeOfChannel(await inChannel(actor, path.server_id, path.channel_id, permission));
}

/** The log of the place that a path may lead to; undefined for one that leads nowhere. To begin reading while it is being entered. */
export function logOf(path: PlacePath): string | undefined {
  if ("dm_id" in path) return isId("dm", path.dm_id) ? conversationLog(path.dm_id) : undefined;
  return serverOfChannel(path.channel_id) === undefined ? undefined : channelLog(path.channel_id);
}

/** Where a topic like `channel:<id>` or `dm:<id>` leads; undefined if it is not the topic of a place. */
export function placeOfTopic(topic: string): PlacePath | undefined {
  const id = idOf(topic);
  switch (kindOf(topic)) {
    case "dm":
      return { dm_id: id };
    case "channel": {
      const server_id = serverOfChannel(id);
      return server_id === undefined ? undefined : { server_id, channel_id: id };
    }
    default:
      return undefined;
  }
}
