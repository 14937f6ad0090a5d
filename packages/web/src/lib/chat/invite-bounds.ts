import type { CreateInviteBody } from "@agora/core/protocol/invite";

export const lifetimes = [
  { hours: 1, label: "1 hour" },
  { hours: 24, label: "1 day" },
  { hours: 168, label: "7 days" },
  { hours: 720, label: "30 days" },
  { hours: null, label: "Never" },
] as const;

export const uses = [
  { max: null, label: "No limit" },
  { max: 1, label: "1 person" },
  { max: 5, label: "5 people" },
  { max: 25, label: "25 people" },
  { max: 100, label: "100 people" },
] as const;

export const DEFAULT_HOURS = 168;

/** What the form says; an empty field is no bound. */
export function boundsIn(form: FormData): CreateInviteBody {
  return { expires_in_hours: numberOrNull(form.get("expires_in_hours")), max_uses: numberOrNull(form.get("max_uses")) };
}

function numberOrNull(value: FormDataEntryValue | null): number | null {
  return typeof value === "string" && value !== "" ? Number(value) : null;
}
