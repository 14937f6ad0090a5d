import type { Summary } from "./statistics";

interface Row {
  name: string;
  summary: Summary;
}

export interface Goal {
  text: string;
  value: number;
  limit: number;
  /** Whether the value has to stay below the limit, or has to reach it. */
  is: "at most" | "at least";
}

/** What a benchmark found out. */
export interface Outcome {
  title: string;
  /** How it was measured, in a few sentences. */
  method: string;
  tables: { heading: string; unit: "ms" | "a second" | "×" | "µs per KB"; rows: Row[] }[];
  goals: Goal[];
  /** Anything else that a reader should know of this run. */
  notes: string[];
}

export const isMet = ({ value, limit, is }: Goal): boolean => (is === "at most" ? value <= limit : value >= limit);
