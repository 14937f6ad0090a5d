/** The reader's time zone, put there by the chat page for the next first paint, since browsers do not send it. */
export const ZONE_COOKIE = "agora_zone";

/** How the reader writes dates: their language and their time zone. */
export interface Reader {
  locale: string;
  zone: string;
}

/** What is written with a message, from formatters that are made once per reader: making one costs more than using it a hundred times. */
export interface Dates {
  /** Equal for two moments of the same day. */
  dayKey(at: number): string;
  /** "14:32" */
  time(at: number): string;
  /** "Tuesday, 4 March 2025", or "Today", "Yesterday". */
  day(at: number, now: number): string;
  /** "4 March 2025, 14:32" */
  full(at: number): string;
  /** "14:32", with the day before it unless that is today. */
  since(at: number, now: number): string;
}

const DAY_MS = 86_400_000;

export function datesFor({ locale, zone }: Reader): Dates {
  const key = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  const time = new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: "short" });
  const day = new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const full = new Intl.DateTimeFormat(locale, { timeZone: zone, dateStyle: "long", timeStyle: "short" });
  const dayKey = (at: number) => key.format(at);
  return {
    dayKey,
    time: (at) => plainSpaces(time.format(at)),
    day: (at, now) => {
      if (dayKey(at) === dayKey(now)) return "Today";
      if (dayKey(at) === dayKey(now - DAY_MS)) return "Yesterday";
      return plainSpaces(day.format(at));
    },
    full: (at) => plainSpaces(full.format(at)),
    since: (at, now) => {
      if (dayKey(at) === dayKey(now)) return plainSpaces(time.format(at));
      if (dayKey(at) === dayKey(now - DAY_MS)) return `yesterday, ${plainSpaces(time.format(at))}`;
      return plainSpaces(full.format(at));
    },
  };
}

/** Server and browser may carry different releases of the language data, which disagree about the kind of space before "PM". */
function plainSpaces(text: string): string {
  return text.replace(/[\u202f\u00a0]/g, " ");
}
