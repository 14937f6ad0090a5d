export interface Summary {
  count: number;
  p50: number;
  p95: number;
  p99: number;
}

/** Nearest rank, as most load generators have it. @throws Error for no values */
export function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (value === undefined) throw new Error("no values");
  return value;
}

export function summarize(values: number[]): Summary {
  return { count: values.length, p50: percentile(values, 50), p95: percentile(values, 95), p99: percentile(values, 99) };
}

export const median = (values: number[]): number => percentile(values, 50);

/** In place; without it, whatever comes second would always meet what the first one left behind. */
export function shuffle<T>(items: T[]): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T]; // both indexes are inside
  }
  return items;
}
