import { topicLog } from "../lib/id";
import { logger } from "../lib/logger";
import * as log from "../log/index";
import * as groups from "./group-store";
import * as store from "./store";

const ERASING_MS = 5_000;

/** Deletes what is left of a topic that is gone, as far as there is time. What fails is left to the job, which comes back to it. */
export async function eraseSome(topicId: string): Promise<void> {
  try {
    await erase(topicId, Date.now() + ERASING_MS);
  } catch (error) {
    logger.warn("topic.erase_failed", { topic_id: topicId }, error);
  }
}

/** To be repeated until it answers true. Cost: 1 read unit per 4 KB, 1 write unit per KB. */
export async function erase(topicId: string, until: number): Promise<boolean> {
  if (!(await log.erase(topicLog(topicId), until))) return false;
  await groups.eraseAll(topicId);
  await store.forget(topicId);
  return true;
}
