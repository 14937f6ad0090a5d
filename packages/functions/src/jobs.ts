import { logger } from "@agora/core/logger";
import { pass } from "@agora/core/stream/tiering";
import type { Pass } from "@agora/core/stream/tiering";

/** Less than the function may run: what has begun is done with within it. */
const BUDGET_MS = 8 * 60_000;

/** What is done every few hours, and at every start on one machine. */
export async function handler(): Promise<Pass> {
  const done = await pass({ budgetMs: BUDGET_MS });
  logger.info("tiering.pass", { topics: done.topics, failed: done.failed, is_complete: done.keptUpAt !== undefined });
  return done;
}
