import { durationWords } from "./durations";

const DAY_HOURS = 24;

/** How long a topic may keep its messages, to choose from. */
const presets = [1, DAY_HOURS, 7 * DAY_HOURS, 30 * DAY_HOURS, 365 * DAY_HOURS];

/** "for ever", "7 days". */
export const retentionWords = (hours: number | null): string => (hours === null ? "for ever" : durationWords(hours * 60 * 60));

/** What a form offers: what stands there now is among it. */
export function retentionOptions(current: number | null): { value: number | ""; label: string }[] {
  const hours = current === null || presets.includes(current) ? presets : [...presets, current].sort((a, b) => a - b);
  return [{ value: "", label: "For ever" }, ...hours.map((value) => ({ value, label: retentionWords(value) }))];
}
