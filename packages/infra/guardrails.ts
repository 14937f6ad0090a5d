/** What keeps a bug or a flood from becoming a bill. */
import { budgetEmail, budgetUsd, reservesConcurrency } from "./stage";

/** Requests a second, for everybody together. Above it API Gateway answers 429 and no function runs. */
export const throttle = {
  http: { throttlingRateLimit: 200, throttlingBurstLimit: 400 },
  // Every frame counts, and so does every connection: 2,000 people who come back at once are let in within seconds.
  socket: { throttlingRateLimit: 500, throttlingBurstLimit: 1000 },
};

/** How many copies of a function run at the same time, at most. Together they leave 90 % of an ordinary account to other uses. */
export const concurrency = (function_: "api" | "auth" | "stream" | "socket" | "site" | "jobs") =>
  reservesConcurrency ? { reserved: { api: 40, auth: 5, stream: 20, socket: 40, site: 15, jobs: 1 }[function_] } : undefined;

// The whole account, not this project's tag: a tag counts only once it has been activated for billing by hand.
if (budgetEmail !== undefined) {
  const notice = {
    comparisonOperator: "GREATER_THAN",
    thresholdType: "PERCENTAGE",
    subscriberEmailAddresses: [budgetEmail],
  };
  new aws.budgets.Budget("MonthlyBudget", {
    budgetType: "COST",
    timeUnit: "MONTHLY",
    limitUnit: "USD",
    limitAmount: budgetUsd,
    notifications: [
      { ...notice, notificationType: "ACTUAL", threshold: 80 },
      { ...notice, notificationType: "FORECASTED", threshold: 100 },
    ],
  });
}
