/** The first language that the browser asks for, as far as dates can be written in it. */
export function readerLocale(acceptLanguage: string | null): string {
  const wanted = acceptLanguage?.split(",")[0]?.split(";")[0]?.trim();
  try {
    return (wanted && Intl.DateTimeFormat.supportedLocalesOf(wanted)[0]) || "en-GB";
  } catch {
    return "en-GB"; // Not a language tag.
  }
}

export function readerZone(cookie: string | undefined): string {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: cookie ?? "UTC" }).resolvedOptions().timeZone;
  } catch {
    return "UTC"; // Not a time zone.
  }
}
