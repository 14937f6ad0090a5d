const MINUTE_MS = 60_000;

/** When a day begins in a time zone; the day as a date field has it (`2025-03-04`). Undefined: it is no date. */
export function startOfDay(date: string, zone: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) return undefined;
  const inUtc = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(inUtc)) return undefined;
  // The offset of that moment may be another one than that of the same hour in UTC: a second look settles it.
  const first = inUtc - offsetMs(inUtc, zone);
  return Math.max(0, inUtc - offsetMs(first, zone));
}

/** By how much the clocks of a zone are ahead. */
function offsetMs(at: number, zone: string): number {
  const name = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).format(at);
  const [, sign = "+", hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
}
