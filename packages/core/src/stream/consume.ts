import type { Account } from "../lib/actor";
import * as log from "../log/index";
import type { Consumed } from "../protocol/stream";
import { sourceOf } from "./source";
import type { Source } from "./source";

/** Nobody of another process tells: so often it is looked, at first and later. */
const LOOK_EVERY_MS = [200, 400, 600] as const;
const LOOK_LATER_EVERY_MS = 1_000;

interface Wish {
  offset: number;
  limit: number;
  /** Seconds. */
  wait?: number | undefined;
}

/**
 * Messages from an offset on, in order: at most `limit`, and about 3 MB. If there are none yet it waits for the first for as long as it may.
 * @throws topic.not_found, unavailable; of a channel server.not_found, channel.not_found
 * Cost: 1 read unit for the topic (3 for a channel, and 3 again after a wait) and 1 per 4 KB read, of what is sealed see `sealedFrom`; while it waits 1 read unit a second and the time of
 * the function.
 */
export async function consume(actor: Account, { topic, ...wish }: { topic: string } & Wish): Promise<Consumed> {
  return consumeFrom(await sourceOf(actor, topic), wish);
}

/** As `consume`, of what was found. */
export async function consumeFrom(source: Source, { offset, limit, wait = 0 }: Wish): Promise<Consumed> {
  const until = Date.now() + wait * 1_000;
  let page = await source.page({ from: Math.max(1, offset), limit, isBorder: false });
  for (let look = 0; page.messages.length === 0 && Date.now() < until; look++) {
    await log.nextAppend(source.logId, Math.min(LOOK_EVERY_MS[look] ?? LOOK_LATER_EVERY_MS, until - Date.now()));
    page = await source.page({ from: page.next_offset, limit, isBorder: page.next_offset === page.head + 1 });
    if (page.messages.length > 0) await source.assertReadable();
  }
  return page;
}
