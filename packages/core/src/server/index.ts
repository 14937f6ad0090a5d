import * as account from "../account/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { channelLog, everyoneRoleId, isId, newChannelId, newId } from "../lib/id";
import { assertCursor } from "../lib/page";
import { serverTopic } from "../lib/topic";
import * as log from "../log/index";
import * as member from "../member/index";
import { limits } from "../protocol/limits";
import type { PageQuery } from "../protocol/primitives";
import type { Channel, ChannelState, CreateChannelBody, CreateServerBody, Member, ServerDetail, ServerPage } from "../protocol/server";
import { canonicalKey } from "../protocol/text";
import * as readState from "../read-state/index";
import { announce } from "../realtime/publish";
import { asMember, everyonePermissions, membershipOf, withPermission } from "./access";
import type { Membership } from "./access";
import * as store from "./store";

/** A table's key has at most 2,048 bytes, and some single characters are written out as many. */
const MAX_KEY_BYTES = 1_024;
const FIRST_CHANNEL = "general";

/** A channel as it is when it is new. */
const newChannel = (serverId: string, name: string, topic: string | null = null): Channel => ({
  id: newChannelId(serverId),
  server_id: serverId,
  name,
  kind: "text",
  topic,
  created_at: Date.now(),
});

/**
 * Makes a server with its first channel and its owner, or nothing.
 * @throws server.name_taken
 * Cost: 1 read unit, 1 transaction of 4 writes (10 write units with the index).
 */
export async function create(actor: Account, { name }: CreateServerBody): Promise<ServerDetail> {
  const key = canonicalKey(name);
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) {
    throw new AppError("input.invalid", "This name is too long once it is written out.", { details: { name: "is too long" } });
  }
  const user = await account.me(actor);
  const server = { id: newId("srv"), name, owner_id: user.id, icon_url: null, created_at: Date.now(), member_count: 1 };
  const channel = newChannel(server.id, FIRST_CHANNEL);
  const owner = member.draft(server.id, user);
  try {
    await store.create(server, channel, owner);
  } catch (error) {
    if (!(error instanceof TransactionFailed && error.failed[0])) throw error;
    throw new AppError("server.name_taken", "There is a server with this name already. Choose another one.", { cause: error });
  }
  return detail(membershipOf(server, owner), [{ ...channel, head: 0, recent: false, last_read: 0, mention_count: 0 }], actor);
}

/**
 * A server as the actor sees it, with how far each channel has come and how far they have read.
 * @throws server.not_found. Cost: 2 read units, 1 per 4 KB of channels, 1 for each channel's head, 2 for the read marks.
 */
export async function get(actor: Account, { server_id }: { server_id: string }): Promise<ServerDetail> {
  const [membership, channels] = await Promise.all([
    asMember(actor, server_id),
    isId("srv", server_id) ? store.listChannels(server_id) : [],
  ]);
  return detail(membership, await withState(membership.member, channels), actor);
}

function detail({ server, member, permissions }: Membership, channels: ChannelState[], actor: Account): ServerDetail {
  return {
    ...server,
    channels,
    roles: [{ id: everyoneRoleId(server.id), name: "everyone", color: null, permissions: [...everyonePermissions] }],
    me: { user_id: actor.user_id, role_ids: member.role_ids, permissions: [...permissions], nickname: member.nickname },
  };
}

async function withState(reader: Member, channels: Channel[]): Promise<ChannelState[]> {
  const [markOf, ends] = await Promise.all([readState.ofServer(reader), Promise.all(channels.map(({ id }) => log.end(channelLog(id))))]);
  const burst = Date.now() - limits.burstMs - limits.burstMarginMs;
  return channels.map((channel, i) => {
    const { head = 0, at = 0 } = ends[i] ?? {};
    return { ...channel, head, recent: at > burst, ...markOf(channelLog(channel.id)) };
  });
}

/**
 * The servers of the actor, and whether something in them is unread.
 * Cost: half a read unit per 4 KB of memberships; for each server half a read unit, 1 per 4 KB of channels, 1 for each channel, and 2 for the read marks.
 */
export async function list(actor: Account, { limit, cursor }: PageQuery): Promise<ServerPage> {
  const { items, next } = await store.listMemberships(actor.user_id, limit, assertCursor("srv", cursor));
  const servers = await store.listServers(items.map((member) => member.server_id));
  const membershipIn = new Map(items.map((item) => [item.server_id, item]));
  const listed = await Promise.all(
    servers.map(async (server) => {
      const mine = membershipIn.get(server.id);
      const channels = mine ? await withState(mine, await store.listChannels(server.id)) : [];
      return {
        ...server,
        recent: channels.some((channel) => channel.recent),
        unread: channels.some(({ head, last_read }) => head > last_read),
        mention_count: channels.reduce((sum, { mention_count }) => sum + mention_count, 0),
      };
    }),
  );
  return { servers: listed, has_more: next !== null, next_cursor: next };
}

/** @throws server.not_found, auth.denied, server.channels_full. Cost: 1.5 read units, 1 transaction of 2 writes, one push to each listener of the server. */
export async function createChannel(
  actor: Account,
  { server_id, name, topic }: CreateChannelBody & { server_id: string },
): Promise<Channel> {
  await withPermission(actor, server_id, "manage_channels");
  const channel = newChannel(server_id, name, topic || null);
  try {
    await store.addChannel(channel);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    throw new AppError("server.channels_full", `A server has at most ${limits.channelsPerServerMax} channels.`, { cause: error });
  }
  const topicName = serverTopic(server_id);
  await announce(topicName, { type: "channel_created", topic: topicName, channel });
  return channel;
}
