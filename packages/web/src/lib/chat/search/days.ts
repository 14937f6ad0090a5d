/** When a day begins, as a date field has it (`2025-03-04`), where the reader is; so many days later. Undefined: it is no date. */
export function startOfDay(date: string, daysLater = 0): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) ?? [];
  if (year === undefined) return undefined;
  const at = new Date(Number(year), Number(month) - 1, Number(day) + daysLater).getTime();
  return Number.isFinite(at) ? Math.max(0, at) : undefined;
}
