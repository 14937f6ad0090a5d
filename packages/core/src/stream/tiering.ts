import { atOnce } from "../lib/at-once";
import { logger } from "../lib/logger";
import { eraseDeleted } from "./deletion";
import { clearUnfinished, dropExpired, dropUndated, seal } from "./sealing";
import { find } from "./store";
import * as tiers from "./tier-store";
import type { Listed, Round } from "./tier-store";

/** Topics that are gone through before it is noted how far that has come; and so many of them at once. */
const TOPICS_PER_NOTE = 25;
const TOPICS_AT_ONCE = 2;

export interface Pass {
  topics: number;
  /** Topics that are left to the next round: something failed, or somebody else was at it. */
  failed: number;
  /** If this pass has ended a round in which nothing failed: when that round began. What was old by then is sealed. */
  keptUpAt: number | undefined;
}

/**
 * Goes through all topics: seals what is old, deletes what has expired, and what is left of topics that are gone. Goes on where the last pass stopped for
 * want of time. Safe to run twice at once, and to be killed anywhere.
 * Cost: 1 write unit and 1 read unit, and 1 write unit more for every 25 topics; for each topic 1 read unit for its row, and those of `seal`,
 * `dropUndated` and `dropExpired`: 1 where there is nothing to do.
 */
export async function pass({ budgetMs }: { budgetMs: number }): Promise<Pass> {
  const now = Date.now();
  const until = now + budgetMs;
  let round: Round = { began_at: now, ...(await tiers.findRound()) };
  const done: Pass = { topics: 0, failed: 0, keptUpAt: undefined };
  do {
    const { items, next } = await tiers.listTopics(round.after, TOPICS_PER_NOTE);
    const state = { isLate: false };
    await atOnce(TOPICS_AT_ONCE, items, async (topic) => {
      if (state.isLate) return;
      done.topics++;
      const outcome = await tier(topic, now, until);
      if (outcome === "failed") done.failed++;
      state.isLate ||= outcome === "late";
    });
    const has_failed = round.has_failed === true || done.failed > 0;
    if (state.isLate) return done; // what was gone through of these is looked at again: it costs next to nothing
    if (next !== undefined) round = { ...round, after: next, has_failed };
    else {
      done.keptUpAt = has_failed ? undefined : round.began_at;
      round = { kept_up_at: done.keptUpAt ?? round.kept_up_at };
    }
    await tiers.noteRound(round);
  } while (round.after !== undefined && Date.now() < until);
  if (round.after === undefined) await eraseDeleted(now, until);
  return done;
}

async function tier({ name: id, user_id, topic_name }: Listed, now: number, until: number): Promise<"done" | "late" | "failed"> {
  try {
    const row = await find(user_id, topic_name);
    if (row?.id !== id) return "done"; // it was deleted just now
    if (!(await clearUnfinished(row, now))) return "failed";
    for (const step of [dropUndated, seal, dropExpired]) {
      if (!(await step(row, now, until))) return Date.now() >= until ? "late" : "failed";
    }
    return "done";
  } catch (error) {
    logger.error("tiering.failed", { topic_id: id }, error);
    return "failed";
  }
}
