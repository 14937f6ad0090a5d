import { HOUR_MS } from "../lib/expiry";
import { logger } from "../lib/logger";
import { findRound } from "./tier-store";

/** So long messages are read from the table in any case. */
export const HOT_MS = 24 * HOUR_MS;
/** So much time the job has to seal what is not hot any more, before the table deletes it. */
const SPARE_MS = 30 * 24 * HOUR_MS;
/** A job that runs four times a day has missed this many times by then. */
const STALE_MS = 3 * 24 * HOUR_MS;
const LOOK_EVERY_MS = HOUR_MS;

let looked: { at: number; isKeptUp: boolean } | undefined;

/**
 * When the table may delete what is appended now, in seconds. Undefined, so that it never does, if the job that seals it before has not come through for
 * days: then the job deletes it. Cost: half a read unit an hour.
 */
export async function expiresOn(createdAt: number): Promise<number | undefined> {
  return (await isKeptUp()) ? Math.ceil((createdAt + HOT_MS + SPARE_MS) / 1000) : undefined;
}

async function isKeptUp(): Promise<boolean> {
  const now = Date.now();
  if (!looked || Math.abs(now - looked.at) >= LOOK_EVERY_MS) {
    const { kept_up_at } = await findRound();
    looked = { at: now, isKeptUp: kept_up_at !== undefined && kept_up_at > now - STALE_MS };
    if (kept_up_at !== undefined && !looked.isKeptUp) logger.error("tiering.stale", { kept_up_at });
  }
  return looked.isKeptUp;
}
