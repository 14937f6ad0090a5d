/** What differs from stage to stage, and the only file here that reads the environment. Each variable is explained in `.env.example`. */

/** Data outlives mistakes: tables cannot be deleted and can be restored to any second of the last 35 days. Costs $0.20 per GB and month. */
export const keepsData = $app.stage === "production";

/** The site's own name. Its zone has to be in Route 53 of the same account. Without it the site lives on a name of CloudFront. */
export const domain = process.env.AGORA_DOMAIN || undefined;

/** Nobody to write to: no budget. */
export const budgetEmail = process.env.AGORA_BUDGET_EMAIL || undefined;
export const budgetUsd = process.env.AGORA_BUDGET_USD || "5";

/**
 * Whether functions reserve their share of the account's concurrency. An account that is new may run 10 functions at a time, and Lambda
 * refuses reservations that leave less than 10 (later 100) for everybody else: switch them off until the quota has been raised.
 */
export const reservesConcurrency = process.env.AGORA_RESERVED_CONCURRENCY !== "off";
