const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const units: readonly [seconds: number, name: string][] = [
  [DAY, "day"],
  [HOUR, "hour"],
  [MINUTE, "minute"],
  [1, "second"],
];

const counted = (count: number, name: string) => (count === 1 ? `1 ${name}` : `${count} ${name}s`);

/** "10 seconds", "1 hour", "1 hour 30 minutes": exact for what people choose, and no more than two units. */
export function durationWords(seconds: number): string {
  const index = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[index] ?? [1, "second"];
  const whole = Math.floor(seconds / size);
  const [nextSize, nextName] = units[index + 1] ?? [1, "second"];
  const rest = index < 0 ? 0 : Math.floor((seconds % size) / nextSize);
  return rest === 0 ? counted(whole, name) : `${counted(whole, name)} ${counted(rest, nextName)}`;
}

/** How far off a moment is, in its largest unit: "in 2 hours", "3 days ago", "just now". */
export function fromNow(at: number, now: number): string {
  const seconds = Math.round(Math.abs(at - now) / 1000);
  const [size, name] = units.find(([size]) => seconds >= size) ?? [1, "second"];
  if (size === 1) return at > now ? "in less than a minute" : "just now";
  const words = counted(Math.round(seconds / size), name);
  return at > now ? `in ${words}` : `${words} ago`;
}

interface Preset {
  value: number;
  label: string;
}

const presets = (seconds: readonly number[]): Preset[] => seconds.map((value) => ({ value, label: durationWords(value) }));

/** In seconds. */
export const slowModes: readonly Preset[] = [
  { value: 0, label: "Off" },
  ...presets([5, 10, 30, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR]),
];

/** In seconds. */
export const timeouts: readonly Preset[] = presets([MINUTE, 10 * MINUTE, HOUR, DAY, 7 * DAY]);

/** In hours. */
export const banDeletions: readonly Preset[] = [
  { value: 0, label: "Nothing" },
  { value: 1, label: "The last hour" },
  { value: 24, label: "The last day" },
  { value: 7 * 24, label: "The last 7 days" },
];

/** What a list offers, and beside it a value that was set in another way. */
export const withCurrent = (offered: readonly Preset[], value: number): readonly Preset[] =>
  offered.some((preset) => preset.value === value)
    ? offered
    : [...offered, { value, label: durationWords(value) }].toSorted((a, b) => a.value - b.value);
