import { atOnce } from "../lib/at-once";
import { topicLog } from "../lib/id";
import { logger } from "../lib/logger";
import * as s3 from "../lib/s3";
import * as log from "../log/index";
import { uploads } from "../storage";
import * as groups from "./group-store";
import * as store from "./store";
import { forgetSegments, listDeleting, segmentsFrom } from "./tier-store";

const ERASING_MS = 5_000;
const AT_ONCE = 10;
const SEGMENTS_AT_ONCE = 25;
const TOPICS_AT_ONCE = 100;

/** The folder of all objects of a topic. */
export const folderOf = (topicId: string): string => `${uploads.streams}${topicId}/`;

/** Deletes what is left of a topic that is gone, as far as there is time. The rest, and what fails, is left to the job. */
export async function eraseSome(topicId: string): Promise<void> {
  try {
    await erase(topicId, Date.now() + ERASING_MS);
  } catch (error) {
    logger.warn("topic.erase_failed", { topic_id: topicId }, error);
  }
}

/**
 * To be repeated until it answers true.
 * Cost: 1 read unit per 4 KB, 1 write unit per KB of what is in the tables; 1 LIST for each thousand objects, and one more.
 */
async function erase(topicId: string, until: number): Promise<boolean> {
  if (!(await log.erase(topicLog(topicId), until))) return false;
  await groups.eraseAll(topicId);
  for (;;) {
    const segments = await segmentsFrom(topicId, 0, SEGMENTS_AT_ONCE);
    if (segments.length === 0) break;
    await forgetSegments(topicId, segments);
    if (Date.now() >= until) return false;
  }
  for (;;) {
    // Whatever has put them there: large messages, segments, and what somebody who was interrupted has left.
    const keys = await s3.list(folderOf(topicId));
    if (keys.length === 0) return true;
    await atOnce(AT_ONCE, keys, s3.remove);
    if (Date.now() >= until) return false;
  }
}

/**
 * Goes on with all topics that are gone, and forgets those of which nothing is left. Not before those are done who had found the topic: they may have made
 * something since. Cost: half a read unit; for each topic that of `erase`, and 1 write unit.
 */
export async function eraseDeleted(now: number, until: number): Promise<void> {
  let after: string | undefined;
  do {
    const { items, next } = await listDeleting(after, TOPICS_AT_ONCE);
    for (const { name: topicId, deleted_at } of items) {
      if (Date.now() >= until) return;
      if (deleted_at + store.UNDER_WAY_MS > now) continue;
      if (await erase(topicId, until)) await store.forget(topicId);
    }
    after = next;
  } while (after !== undefined);
}
