import type { Account } from "../lib/actor";
import { randomText, serverOfChannel } from "../lib/id";
import * as log from "../log/index";
import type { Draft, LogEntry } from "../log/index";
import type { Message, MessagePage, MessagePageQuery, SendMessageBody } from "../protocol/message";
import { publish } from "../realtime/publish";
import { inChannel } from "../server/access";
import { onceInThisProcess } from "./announce";
import { toMessage } from "./stored";
import type { StoredMessage } from "./stored";

interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** Enough chance that no two messages of one person meet. */
const NONCE_CHARACTERS = 16;

/** A channel's log, and the topic of those who look at it, have one name. */
export const channelLog = (channelId: string): string => `channel:${channelId}`;

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
 * @throws server.not_found, channel.not_found, auth.denied, message.conflict, unavailable
 * Cost: 2 read units for the rights, half a read unit for the end of the log, 1 write unit per KB, 1 read unit per 4 KB of listeners, 1 push for each.
 */
export async function send(
  actor: Account,
  { server_id, channel_id, content, nonce, after }: SendMessageBody & ChannelPath,
): Promise<{ message: Message; repeated: boolean }> {
  const logId = channelLog(channel_id);
  const lookBehind = nonce === undefined ? log.NO_COPY : after;
  const ahead = serverOfChannel(channel_id) !== undefined ? log.lookAhead(logId, lookBehind) : undefined;
  const { member } = await inChannel(actor, server_id, channel_id, "send_messages");
  const draft: Draft<StoredMessage & LogEntry> = {
    author: member.user,
    content,
    created_at: Date.now(),
    nonce: nonce ?? randomText(NONCE_CHARACTERS),
  };
  const { entry, repeated } = await log.append<StoredMessage & LogEntry>(logId, draft, { after: lookBehind, ahead });
  const message = toMessage(entry);
  await onceInThisProcess(`${logId}#${message.seq}`, () =>
    publish(logId, { type: "new_message", topic: logId, seq: message.seq, message }),
  );
  return { message, repeated };
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
