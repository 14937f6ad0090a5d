import { createHmac, timingSafeEqual } from "node:crypto";
import { resources } from "./resources";

/**
 * What whoever runs this Agora shows: made from its secret, which nobody else has, so there is no account of an operator that could be stolen.
 * `npm run operate` shows it.
 */
export const operatorKey = (): string => createHmac("sha256", resources.tokenSecret).update("agora operator").digest("base64url");

export function isOperatorKey(given: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(operatorKey())];
  return left.length === right.length && timingSafeEqual(left, right);
}
