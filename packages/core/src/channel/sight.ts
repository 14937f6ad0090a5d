import { isAppError } from "../lib/error";
import { channelLog } from "../lib/id";
import type { Channel } from "../protocol/channel";
import type { ErrorCode } from "../protocol/error-status";
import * as connection from "../realtime/connection";
import { audienceOf } from "../server/access";
import * as store from "./store";

/**
 * Closes the sockets that listen to a private channel of whoever may not see it (any more). They come back without it. To be called after everything
 * that takes a right away, and before that is acknowledged. Safe to run twice.
 * @throws unavailable. Cost: 1 read unit per 4 KB of channels and 1 for each private one; where somebody listens 1 more, and 1 for each account that does.
 */
export async function silenceHidden(serverId: string): Promise<void> {
  await Promise.all((await store.list(serverId)).map(silenceIn));
}

/**
 * Answers what a change that takes rights away comes to, when who lost sight by it is silenced: also behind one that is refused by this code, as the
 * repeat of one that ended half way is.
 */
export async function silencedBehind<T>(serverId: string, change: Promise<T>, refusedAs: ErrorCode): Promise<T> {
  await change.catch((error: unknown) => {
    if (!isAppError(error, refusedAs)) throw error;
  });
  await silenceHidden(serverId);
  return change;
}

/** As `silenceHidden`, for one channel. */
export async function silenceIn(channel: Channel): Promise<void> {
  const maySee = audienceOf(channel);
  if (maySee) await connection.closeListeners(channelLog(channel.id), maySee);
}
