/** How long is left, as in "12 s" or "2 min": never less than a second, since it is not over. */
export function leftWords(untilMs: number, now: number): string {
  const seconds = Math.max(1, Math.ceil((untilMs - now) / 1000));
  // The number and its unit stay in one line.
  return seconds < 100 ? `${seconds}\u00a0s` : `${Math.ceil(seconds / 60)}\u00a0min`;
}

/** As in "24 hours", "1 hour", "30 minutes". */
export function hoursWords(hours: number): string {
  if (hours < 1) return countWords(Math.max(1, Math.round(hours * 60)), "minute");
  return countWords(Math.round(hours * 10) / 10, "hour");
}

/** As in "1 person is here". */
export function hereWords(count: number): string {
  if (count === 0) return "Nobody is here right now";
  return count === 1 ? "1 person is here" : `${count} people are here`;
}

const countWords = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
