import { pass } from "@agora/core/stream/tiering";
import type { Pass } from "@agora/core/stream/tiering";

/** Less than the function may run: what has begun is done with within it. */
const BUDGET_MS = 8 * 60_000;

/** What is done every few hours, and at every start on one machine. What goes wrong is logged where it does. */
export const handler = (): Promise<Pass> => pass({ budgetMs: BUDGET_MS });
