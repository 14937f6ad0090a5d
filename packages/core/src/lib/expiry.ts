/* What ends by itself at `expires_at`, in milliseconds; null: it does not. */

interface Ending {
  expires_at: number | null;
}

export const HOUR_MS = 60 * 60 * 1000;

/** When something ends that is given for so many hours; null or absent: not by itself. */
export const expiryIn = (hours: number | null | undefined, now: number): number | null =>
  hours == null ? null : Math.ceil(now + hours * HOUR_MS);

export const hasExpired = ({ expires_at }: Ending, now = Date.now()): boolean => expires_at !== null && expires_at <= now;

/** For TTL_ATTRIBUTE: the second in which it has ended for sure, and so much later. */
export const expiresOn = ({ expires_at }: Ending, keptSeconds = 0): number | undefined =>
  expires_at === null ? undefined : Math.ceil(expires_at / 1000) + keptSeconds;

/** As a condition of a write. A bound that is not set is the type NULL in the table. */
export const notExpired = {
  condition: "(attribute_type(expires_at, :null) OR expires_at > :now)",
  values: () => ({ ":null": "NULL", ":now": Date.now() }),
};
