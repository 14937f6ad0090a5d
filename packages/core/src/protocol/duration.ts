/** How long something takes, as people say it: "30 s", "2 min", "1 h 30 min". Rounded up, to two units at most. */
export function durationInWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return join(`${Math.floor(seconds / 60)} min`, seconds % 60, "s");
  const minutes = Math.ceil(seconds / 60);
  return join(`${Math.floor(minutes / 60)} h`, minutes % 60, "min");
}

const join = (whole: string, rest: number, unit: string): string => (rest === 0 ? whole : `${whole} ${rest} ${unit}`);
