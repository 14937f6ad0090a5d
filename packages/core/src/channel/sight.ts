import { channelLog } from "../lib/id";
import * as connection from "../realtime/connection";
import { audienceOf } from "../server/access";
import type { Channel } from "../protocol/channel";
import * as store from "./store";

/**
 * Closes the sockets that listen to a private channel of whoever may not see it (any more). They come back without it. To be called after everything
 * that takes a right away, and before that is acknowledged. Safe to run twice.
 * @throws unavailable. Cost: 1 read unit for each private channel, 2 for each account that listens to one.
 */
export async function silenceHidden(serverId: string): Promise<void> {
  await Promise.all((await store.list(serverId)).map(silenceIn));
}

/** As `silenceHidden`, for one channel. */
export async function silenceIn(channel: Channel): Promise<void> {
  const maySee = audienceOf(channel);
  if (!maySee) return;
  const topic = channelLog(channel.id);
  const listening = await connection.accountsListeningTo(topic);
  const allowed = await maySee(listening);
  const hidden = listening.filter((userId) => !allowed.has(userId));
  await Promise.all(hidden.map((userId) => connection.closeListenersOf(userId, (one) => one === topic)));
}
