import { formText } from "$lib/server/form-text";
import { permissions } from "@agora/core/protocol/role";
import type { Permission } from "@agora/core/protocol/role";

const CUSTOM = "custom";

/** The colour that the form says: one of those offered, one that was picked, or none. */
export function colorIn(form: FormData): string | null {
  const chosen = formText(form, "color");
  if (chosen === CUSTOM) return formText(form, "custom_color");
  return chosen === "" ? null : chosen;
}

/** The permissions that the form says. What the one who asks has not is out of their reach: there it stays as it was. */
export function permissionsIn(form: FormData, mine: readonly Permission[], before: readonly Permission[]): Permission[] {
  const wanted = form.getAll("permissions");
  return permissions.filter((permission) => (mine.includes(permission) ? wanted.includes(permission) : before.includes(permission)));
}
