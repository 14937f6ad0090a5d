import type { Account } from "../lib/actor";
import { channelLog, randomText, serverOfChannel } from "../lib/id";
import { serverTopic } from "../lib/topic";
import * as limit from "../limit/index";
import * as log from "../log/index";
import type { Draft, LogEntry } from "../log/index";
import type { Channel } from "../protocol/channel";
import { limits } from "../protocol/limits";
import type { Message, MessagePage, MessagePageQuery, SendMessageBody } from "../protocol/message";
import * as readState from "../read-state/index";
import { announceToOthers, publish } from "../realtime/publish";
import type { Hint } from "../realtime/publish";
import { audienceNow, inChannel } from "../server/access";
import { onceInThisProcess } from "./announce";
import { findSeeing, mentionedIn } from "./mentioned";
import { passSlowMode } from "./slow-mode";
import { isDeleted, toMessage } from "./stored";
import type { MessageEntry, StoredMessage } from "./stored";

export { remove, removeMany } from "./moderation";

interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** Enough chance that no two messages of one person meet. */
const NONCE_CHARACTERS = 16;

/** Where a topic like `channel:<id>` leads; undefined if it is not the topic of a channel. */
export function channelOfTopic(topic: string): ChannelPath | undefined {
  if (!topic.startsWith("channel:")) return undefined;
  const channel_id = topic.slice("channel:".length);
  const server_id = serverOfChannel(channel_id);
  return server_id === undefined ? undefined : { server_id, channel_id };
}

/**
 * Says something in a channel. When this returns, the message is stored under the next number of the channel and was pushed to everybody who
 * listens; when it throws, the sender repeats the same input, which says it once however often it is repeated (with `nonce` and `after`: see
 * `log.append`). A repeat pushes again unless this process did already, since the first call may have ended between the two.
 * @throws server.not_found, channel.not_found, auth.denied, limit.slow_mode, message.conflict, unavailable
 * Cost: 3 read units for the rights, half a read unit for the end of the log, 1 write unit more where `passSlowMode` asks, 1 write unit per KB, 1 read
 * unit per 4 KB of listeners, 1 push for each. Once in a minute of talk 1 read unit, and 1 push to everybody else who has the server in sight (in a
 * private channel 1 read unit for each more). For mentions see `mentionedIn` and `readState.noteMentions`.
 */
export async function send(
  actor: Account,
  { server_id, channel_id, content, nonce, after }: SendMessageBody & ChannelPath,
): Promise<{ message: Message; repeated: boolean }> {
  const logId = channelLog(channel_id);
  const lookBehind = nonce === undefined ? log.NO_COPY : after;
  const ahead = serverOfChannel(channel_id) !== undefined ? log.lookAhead(logId, lookBehind) : undefined;
  const membership = await inChannel(actor, server_id, channel_id, "send_messages");
  const name = nonce ?? randomText(NONCE_CHARACTERS);
  const passage = await passSlowMode(membership, { logId, nonce: name, after: lookBehind, ahead });
  const { members, roleIds } = await mentionedIn(content, membership);
  const draft: Draft<StoredMessage & LogEntry> = {
    author: membership.member.user,
    content,
    created_at: Date.now(),
    nonce: name,
    ...(members.length > 0 ? { mentions: members.map(({ user_id }) => user_id) } : {}),
    ...(roleIds.length > 0 ? { mentioned_role_ids: roleIds } : {}),
  };
  const { entry, repeated, previousAt } = await log.append<StoredMessage & LogEntry>(logId, draft, { after: passage.after, ahead });
  const message = toMessage(entry);
  if (repeated) await passage.wasSaid(message.created_at);
  await onceInThisProcess(`${logId}#${message.seq}`, async () => {
    // A repeat may come with another text; what counts is what is stored.
    const mentioned = repeated ? await findSeeing(membership, message.mentions) : members;
    const roles = message.mentioned_role_ids ?? [];
    const hint = opensBurst(message, previousAt) || roles.length > 0 ? hintOf(membership.channel, message, roles) : undefined;
    // At once, and nothing awaited before it where nothing is repeated: the order of publishing is that of the numbers.
    const [tellReaders] = await Promise.all([
      readState.noteMentions(logId, message.seq, mentioned, roles),
      publish(logId, { type: "new_message", topic: logId, seq: message.seq, message }, hint),
    ]);
    await tellReaders(audienceNow(membership.channel));
    // Whoever deleted it meanwhile may have looked for its mentions before they were noted.
    if (mentioned.length + roles.length > 0) await forgetIfDeleted(membership.channel, message.seq);
  });
  return { message, repeated };
}

async function forgetIfDeleted(channel: Channel, seq: number): Promise<void> {
  const entry = await log.find<MessageEntry>(channelLog(channel.id), seq);
  if (entry && isDeleted(entry)) await readState.forgetMentions(channel, [entry]);
}

/**
 * Those who do not look at a channel hear once in a minute of talk that there is something new, which is all that they can see. It is decided by
 * the times of two neighbours in the log, so no state is kept; a client that has just read everything listens on for a minute (see the SDK's read marks).
 * Unknown means yes: a hint too many is harmless.
 */
const opensBurst = ({ created_at }: Message, previousAt: number | undefined): boolean =>
  previousAt === undefined || Math.floor(created_at / limits.burstMs) !== Math.floor(previousAt / limits.burstMs);

function hintOf(channel: Channel, { log_id, seq }: Message, roleIds: string[]): Hint {
  const frame = {
    type: "unread" as const,
    topic: log_id,
    server_id: channel.server_id,
    head: seq,
    ...(roleIds.length > 0 ? { role_ids: roleIds } : {}),
  };
  return { topic: serverTopic(channel.server_id), frame, audience: audienceNow(channel) };
}

/** Clients say it every eight seconds; what comes more often is not passed on. */
const TYPING_EVERY_MS = 4_000;

/**
 * Tells those who look at a channel that the actor is writing.
 * @throws server.not_found, channel.not_found, auth.denied
 * Cost: 2 read units, 1 write unit, 1 read unit for the listeners, 1 push to each but the actor.
 */
export async function type(actor: Account, { server_id, channel_id }: ChannelPath): Promise<void> {
  const { member } = await inChannel(actor, server_id, channel_id, "send_messages");
  const topic = channelLog(channel_id);
  if (!(await limit.passes(`typing#${actor.user_id}#${channel_id}`, TYPING_EVERY_MS))) return;
  await announceToOthers(topic, actor.user_id, { type: "typing", topic, user: member.user });
}

/**
 * A page of a channel's messages: newest first, or oldest first with `after`. Holds every message that was acknowledged before the call.
 * @throws server.not_found, channel.not_found
 * Cost: 2 read units for the rights, 1 per 4 KB of messages, 1 for the head where the page does not reach it.
 */
export async function page(actor: Account, { server_id, channel_id, ...range }: MessagePageQuery & ChannelPath): Promise<MessagePage> {
  const [read] = await Promise.all([
    serverOfChannel(channel_id) !== undefined ? log.page(channelLog(channel_id), range) : undefined,
    inChannel(actor, server_id, channel_id),
  ]);
  if (!read) throw new Error(`${channel_id} was let through as a channel`);
  const { entries, ...rest } = read;
  return { messages: entries.map(toMessage), ...rest };
}
