import type { Account } from "../lib/actor";
import type { Write } from "../lib/dynamo";
import { channelLog, serverOfChannel, topicLog } from "../lib/id";
import { idOf, kindOf } from "../lib/topic";
import * as log from "../log/index";
import { toMessages } from "../message/shown";
import type { Consumed } from "../protocol/stream";
import { inChannel } from "../server/access";
import { ANSWER_MAX_BYTES, topicPage } from "./page";
import type { Reading } from "./page";
import { isThere } from "./store";
import { findOwn, headOf, noSuchTopic } from "./topics";

/** What can be consumed: a topic, or a channel as one. */
export interface Source {
  logId: string;
  /** What a consumer group of the actor is found by. */
  groupsOf: string;
  /** What must hold of it when something of it is made. */
  stillThere: readonly Write[];
  /** The offset of the last message, 0 if there was none yet. Cost: 1 read unit per 4 KB of the last entry. */
  head(): Promise<number>;
  /** @throws unavailable */
  page(reading: Reading): Promise<Consumed>;
  /** After a wait: may the actor still read it? @throws topic.not_found, server.not_found, channel.not_found */
  assertReadable(): Promise<void>;
}

/** @throws topic.not_found; of a channel server.not_found, channel.not_found. Cost: 1 read unit, of a channel 3. */
export async function sourceOf(actor: Account, topic: string): Promise<Source> {
  if (kindOf(topic) === "channel") return channelSource(actor, idOf(topic));
  const row = await findOwn(actor, topic);
  return {
    logId: topicLog(row.id),
    groupsOf: row.id,
    stillThere: [isThere(row)],
    head: () => headOf(row),
    page: (reading) => topicPage(row, reading),
    assertReadable: async () => {
      if ((await findOwn(actor, topic)).id !== row.id) throw noSuchTopic();
    },
  };
}

/** Each message is the payload, as the account reads it, by its number; one that is deleted has no content any more. */
async function channelSource(actor: Account, channelId: string): Promise<Source> {
  const serverId = serverOfChannel(channelId);
  if (serverId === undefined) throw noSuchTopic();
  const assertReadable = async () => {
    await inChannel(actor, serverId, channelId);
  };
  await assertReadable();
  const logId = channelLog(channelId);
  return {
    logId,
    groupsOf: `${logId}#${actor.user_id}`,
    stillThere: [],
    head: () => log.head(logId),
    page: (reading) => channelPage(actor, logId, reading),
    assertReadable,
  };
}

async function channelPage({ user_id }: Account, logId: string, { from, limit }: Reading): Promise<Consumed> {
  const { entries, head } = await log.page(logId, { after: from - 1, limit });
  const messages = await toMessages(logId, entries, user_id);
  let room = ANSWER_MAX_BYTES;
  const fitting = messages.findIndex((message) => (room -= Buffer.byteLength(JSON.stringify(message))) < 0);
  const taken = messages.slice(0, fitting === -1 ? undefined : Math.max(1, fitting));
  return {
    messages: taken.map((message) => ({
      offset: message.seq,
      payload: message,
      ...(message.author.id === null ? {} : { key: message.author.id }),
      timestamp: message.created_at,
    })),
    next_offset: (taken.at(-1)?.seq ?? from - 1) + 1,
    head,
  };
}
