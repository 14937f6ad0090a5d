import type { Account } from "../lib/actor";
import { logger } from "../lib/logger";
import { assertSeqCursor } from "../lib/page";
import * as log from "../log/index";
import { enter } from "../place/index";
import type { PlacePath } from "../place/index";
import type { PinPage } from "../protocol/message";
import type { PageQuery } from "../protocol/primitives";
import { tellUpdated } from "./announce";
import * as store from "./pin-store";
import { toMessages, toMessageWithReply } from "./shown";
import { assertUndeleted, getUndeleted, isDeleted, noSuchMessage } from "./stored";
import type { MessageEntry } from "./stored";

/**
 * Pins a message. When this returns it stands among the pins, and those who look at the place have been told. Repeating it changes nothing.
 * @throws server.not_found, channel.not_found, auth.denied, message.not_found (also if it is deleted), unavailable
 * Cost: 4 read units, 1 transaction of 2 writes, 1 read unit for the listeners, 1 push to each; for an answer 1 read unit more.
 */
export async function pin(actor: Account, { seq, ...path }: PlacePath & { seq: string }): Promise<void> {
  await setPinned(actor, path, seq, true);
}

/** Takes a message off the pins. Otherwise as `pin`. */
export async function unpin(actor: Account, { seq, ...path }: PlacePath & { seq: string }): Promise<void> {
  await setPinned(actor, path, seq, false);
}

async function setPinned(actor: Account, path: PlacePath, seq: string, wanted: boolean): Promise<void> {
  const place = await enter(actor, path);
  place.assertMayPin();
  const found = await getUndeleted(place.logId, seq);
  const change = (now: MessageEntry): Partial<MessageEntry> | undefined => {
    assertUndeleted(now);
    return (now.pinned ?? false) === wanted ? undefined : { pinned: wanted || undefined };
  };
  const also = (entry: MessageEntry) => [wanted ? store.pinWrite(entry, actor.user_id) : store.unpinWrite(entry)];
  const revised = await log.revise(place.logId, found.seq, change, { found, also });
  if (!revised) throw noSuchMessage(); // the place was deleted meanwhile
  await tellUpdated(await toMessageWithReply(revised.entry));
}

/**
 * What is pinned in a place, the newest message first, whenever it was pinned. A page may be short, or empty, though it is not the last: what was
 * deleted is left out, and its rows are cleared away.
 * @throws server.not_found, channel.not_found, input.invalid
 * Cost: 3 read units for the rights, 1 per 4 KB of pins, 1 per 4 KB of each message; see `toMessages`.
 */
export async function listPins(actor: Account, { limit, cursor, ...path }: PageQuery & PlacePath): Promise<PinPage> {
  const { logId } = await enter(actor, path);
  const { seqs, next } = await store.page(logId, limit, assertSeqCursor(cursor));
  const entries = seqs.length > 0 ? await log.findMany<MessageEntry>(logId, seqs) : [];
  await forgetDeleted(logId, entries);
  const pinned = entries.filter((entry) => entry.pinned).reverse();
  return {
    messages: await toMessages(logId, pinned, actor.user_id),
    has_more: next !== null,
    next_cursor: next === null ? null : String(next),
  };
}

/** A deleted message is never pinned again, so nobody can have pinned it meanwhile. */
async function forgetDeleted(logId: string, entries: readonly MessageEntry[]): Promise<void> {
  const deleted = entries.filter(isDeleted).map(({ seq }) => seq);
  if (deleted.length === 0) return;
  try {
    await store.forget(logId, deleted);
  } catch (error) {
    logger.warn("clearing.failed", { log_id: logId }, error); // there will be another time
  }
}
