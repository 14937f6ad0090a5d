import * as audit from "../audit/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { channelLog, newChannelId } from "../lib/id";
import { logger } from "../lib/logger";
import { serverTopic } from "../lib/topic";
import { eraseMessages } from "../message/files";
import type { Channel, ChannelList, CreateChannelBody, OrderChannelsBody, UpdateChannelBody } from "../protocol/channel";
import { limits } from "../protocol/limits";
import { announce } from "../realtime/publish";
import { audienceOf, inChannel, withPermission } from "../server/access";
import type { Membership } from "../server/access";
import { announceServer } from "../server/announce";
import type { ServerRow } from "../server/store";
import { silenceIn } from "./sight";
import * as store from "./store";

interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** A channel as it is when it is new. */
export function newChannel(serverId: string, { name, kind, ...given }: CreateChannelBody): Channel {
  return {
    id: newChannelId(serverId),
    server_id: serverId,
    name,
    kind,
    topic: given.topic ?? null,
    category: given.category ?? null,
    slow_mode_seconds: given.slow_mode_seconds ?? 0,
    private: given.private ?? false,
    allowed_role_ids: given.allowed_role_ids ?? [],
    allowed_user_ids: given.allowed_user_ids ?? [],
    created_at: Date.now(),
  };
}

/**
 * Makes a channel. One that is private is told to nobody else.
 * @throws server.not_found, auth.denied, input.invalid (a role that is not there), server.channels_full
 * Cost: 3 read units, 1 transaction of 3 writes, one push to each listener of the server who may see it.
 */
export async function create(actor: Account, { server_id, ...body }: CreateChannelBody & { server_id: string }): Promise<Channel> {
  const channel = newChannel(server_id, body);
  await audit
    .change(server_id, async () => {
      const membership = await withPermission(actor, server_id, "manage_channels");
      assertRolesExist(membership, body.allowed_role_ids);
      const changes = audit.changesOf({}, body);
      const note = { action: "channel.create" as const, target: targetOf(channel), changes, isHidden: channel.private };
      return { by: membership.member, writes: store.createWrites(channel), note, value: undefined };
    })
    .catch((error: unknown) => {
      if (!(error instanceof TransactionFailed)) throw error;
      throw new AppError("server.channels_full", `A server has at most ${limits.channelsPerServerMax} channels.`, { cause: error });
    });
  await tell(channel, "channel_created");
  return channel;
}

/**
 * Changes a channel. When this returns, nobody who may not see it any more hears or reads it.
 * @throws server.not_found, channel.not_found, auth.denied, input.invalid (a role that is not there), unavailable: to be repeated
 * Cost: 4 read units, 1 transaction of 2 writes, one push to each listener of the server; see `silenceIn` for one that is private.
 */
export async function update(actor: Account, { server_id, channel_id, ...body }: UpdateChannelBody & ChannelPath): Promise<Channel> {
  const { before, after } = await audit.change(server_id, async () => {
    const { channel, ...membership } = await inChannel(actor, server_id, channel_id, "manage_channels");
    const before = present(membership.server, channel);
    const after: Channel = { ...before, ...body };
    assertRolesExist(membership, body.allowed_role_ids);
    const changes = audit.changesOf<Channel>(before, after);
    const isHidden = before.private || after.private;
    const note = changes.length > 0 ? { action: "channel.update" as const, target: targetOf(after), changes, isHidden } : null;
    return { by: membership.member, writes: [store.updateWrite(after)], note, value: { before, after } };
  });
  await silenceIn(after);
  const sawBefore = audienceOf(before);
  const seesNow = audienceOf(after);
  await tell(after, "channel_updated");
  if (seesNow) {
    const hasLost = async (userIds: readonly string[]) => {
      const [saw, sees] = await Promise.all([sawBefore ? sawBefore(userIds) : new Set(userIds), seesNow(userIds)]);
      return new Set([...saw].filter((id) => !sees.has(id)));
    };
    const topic = serverTopic(server_id);
    await announce(topic, { type: "channel_deleted", topic, server_id, channel_id }, hasLost);
  }
  return after;
}

/** How long a request goes on clearing away before it leaves the rest to the next one. */
const CLEARING_MS = 15_000;
const CLEARING_IN_PASSING_MS = 1_000;

/**
 * Deletes a channel with all that was said in it. When this returns it is absent for everybody; if much was said in it the rest is cleared away
 * when somebody who manages channels looks at the server.
 * @throws server.not_found, channel.not_found, auth.denied
 * Cost: 4 read units, 1 transaction of 3 writes, 1 write unit per KB of messages.
 */
export async function remove(actor: Account, { server_id, channel_id }: ChannelPath): Promise<void> {
  const channel = await audit.change(server_id, async () => {
    const { channel, member } = await inChannel(actor, server_id, channel_id, "manage_channels");
    const note = { action: "channel.delete" as const, target: targetOf(channel), isHidden: channel.private };
    return { by: member, writes: store.deleteWrites(server_id, channel_id), note, value: channel };
  });
  const topic = serverTopic(server_id);
  await announce(topic, { type: "channel_deleted", topic, server_id, channel_id }, audienceOf(channel));
  await clear(server_id, channel_id, Date.now() + CLEARING_MS);
}

async function clear(serverId: string, channelId: string, until: number): Promise<void> {
  if (await eraseMessages(channelLog(channelId), until)) await store.forget(serverId, channelId);
}

/** Goes on with what a deletion left, for a moment. Cost: 1 write unit per KB. */
export async function clearLeftovers(serverId: string, channelIds: readonly string[]): Promise<void> {
  const until = Date.now() + CLEARING_IN_PASSING_MS;
  try {
    for (const id of channelIds) if (Date.now() < until) await clear(serverId, id, until);
  } catch (error) {
    logger.warn("clearing.failed", { server_id: serverId }, error); // there will be another time
  }
}

/**
 * Puts the channels into an order; those that it does not name come behind, as they were.
 * @throws server.not_found, auth.denied, channel.not_found
 * Cost: 3 read units and 1 per 4 KB of channels, 1 transaction of 2 writes, one push to each listener of the server.
 */
export async function reorder(actor: Account, { server_id, order }: OrderChannelsBody & { server_id: string }): Promise<ChannelList> {
  const { server, channels } = await audit.change(server_id, async () => {
    const [{ server, member }, before] = await Promise.all([withPermission(actor, server_id, "manage_channels"), store.list(server_id)]);
    const isHere = new Set(before.map(({ id }) => id));
    if (!order.every((id) => isHere.has(id))) throw new AppError("channel.not_found", "There is no such channel here.");
    const channels = store.inOrder(before, order);
    const ids = channels.map(({ id }) => id);
    const isSame = ids.every((id, i) => id === before[i]?.id);
    const note = isSame ? null : { action: "channel.reorder" as const, target: null };
    return { by: member, writes: [store.orderWrite(server_id, ids)], note, value: { server, channels } };
  });
  await announceServer(server);
  return { channels };
}

const targetOf = ({ id, name }: Channel) => ({ id, name });

async function tell(channel: Channel, type: "channel_created" | "channel_updated"): Promise<void> {
  const topic = serverTopic(channel.server_id);
  await announce(topic, { type, topic, channel }, audienceOf(channel));
}

/** A channel without the roles that were deleted since it let them in. */
export function present({ roles }: ServerRow, channel: Channel): Channel {
  return { ...channel, allowed_role_ids: channel.allowed_role_ids.filter((id) => roles.some((role) => role.id === id)) };
}

/** @throws input.invalid */
function assertRolesExist({ server }: Pick<Membership, "server">, roleIds: readonly string[] = []): void {
  if (roleIds.every((id) => server.roles.some((role) => role.id === id))) return;
  throw new AppError("input.invalid", "allowed_role_ids names a role that is not there.", {
    details: { allowed_role_ids: "names a role that is not there" },
  });
}
