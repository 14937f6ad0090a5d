import { AppError } from "../lib/error";
import { ConditionFailed, updateItem } from "../lib/dynamo";
import type { ErrorCode } from "../protocol/errors";

/*
 * Limits: one counter per key and window of time.
 * | key                      | hits | expires_on |
 * |--------------------------|------|------------|
 * | login#203.0.113.9#583123 | 4    | seconds    |
 */

interface Rule {
  /** What is counted, for whom: `login#<address>`. */
  key: string;
  max: number;
  windowSeconds: number;
  code: ErrorCode;
}

/**
 * Counts one hit, and refuses it if `max` were counted in this window already. Holds over all functions and sandboxes.
 * @throws the rule's code, with the seconds until the window ends.
 * Cost: 1 write unit.
 */
export async function take({ key, max, windowSeconds, code }: Rule): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const window = Math.floor(now / windowSeconds);
  const endsAt = (window + 1) * windowSeconds;
  try {
    await updateItem("Limits", { key: `${key}#${window}` }, "ADD hits :one SET expires_on = :end", {
      condition: "attribute_not_exists(hits) OR hits < :max",
      values: { ":one": 1, ":max": max, ":end": endsAt + windowSeconds },
    });
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    throw new AppError(code, "That was too often. Wait a little, then try again.", { cause: error, retryAfterSeconds: endsAt - now });
  }
}
