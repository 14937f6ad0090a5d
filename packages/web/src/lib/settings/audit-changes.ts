import type { AuditChange } from "@agora/core/protocol/audit";
import { permissions } from "@agora/core/protocol/role";
import { durationWords } from "./durations";
import { permissionWords } from "./permission-words";
import { roleColors } from "./role-colors";

/** What the log names by an id, and how its times are written. */
export interface AuditNames {
  /** Of a role, a channel or an account; undefined: it is not there any more. */
  nameOf: (id: string) => string | undefined;
  date: (at: number) => string;
}

const quoted = (value: unknown): string => (typeof value === "string" && value !== "" ? `“${value}”` : "nothing");
const listed = (value: unknown): string[] => (Array.isArray(value) ? value.filter((item) => typeof item === "string") : []);
const seconds = (value: unknown): string => (typeof value === "number" && value > 0 ? durationWords(value) : "off");

function color(value: unknown): string {
  if (typeof value !== "string") return "none";
  return roleColors.find((offered) => offered.value === value)?.label ?? value;
}

function fromTo(label: string, before: string | null, after: string): string {
  return before === null ? `${label}: ${after}` : `${label} from ${before} to ${after}`;
}

const line = (label: string, { before, after }: AuditChange): string =>
  fromTo(label, before === null ? null : quoted(before), after === null ? "nothing" : quoted(after));

/** What was added to a list, and what was taken from it. */
function difference({ before, after }: AuditChange): { added: string[]; removed: string[] } {
  const [had, has] = [listed(before), listed(after)];
  return { added: has.filter((item) => !had.includes(item)), removed: had.filter((item) => !has.includes(item)) };
}

function both(change: AuditChange, added: string, removed: string, name: (item: string) => string): string[] {
  const lists = difference(change);
  const said = (words: string, items: string[]) => (items.length > 0 ? [`${words}: ${items.map(name).join(", ")}`] : []);
  return [...said(added, lists.added), ...said(removed, lists.removed)];
}

const permissionName = (name: string): string => {
  const known = permissions.find((permission) => permission === name);
  return known ? permissionWords[known].label : name;
};

/** A change in words, as the lines that it takes; none for what says nothing. */
export function changeWords(change: AuditChange, { nameOf, date }: AuditNames): string[] {
  const { key, before, after } = change;
  const role = (id: string) => nameOf(id) ?? "a deleted role";
  const member = (id: string) => nameOf(id) ?? "somebody who left";
  switch (key) {
    case "kind":
    case "seqs": // how many is in the sentence
      return [];
    case "name":
      return before === null ? [] : [line("Name", change)]; // of something new it is in the sentence
    case "description":
      return [line("Description", change)];
    case "topic":
      return before === null && after === null ? [] : [line("Topic", change)];
    case "category":
      return before === null && after === null ? [] : [line("Category", change)];
    case "nickname":
      return [line("Nickname", change)];
    case "color":
      return after === null && before === null ? [] : [fromTo("Colour", before === null ? null : color(before), color(after))];
    case "discoverable":
      return [after === true ? "Anybody can find the server now" : "The server cannot be found any more"];
    case "private":
      return before === null && after !== true ? [] : [after === true ? "Private" : "Open to all members"];
    case "slow_mode_seconds":
      return before === null && after === 0 ? [] : [fromTo("Slow mode", before === null ? null : seconds(before), seconds(after))];
    case "allowed_role_ids":
      return both(change, "May see it now", "May not see it any more", role);
    case "allowed_user_ids":
      return both(change, "May see it now", "May not see it any more", member);
    case "permissions":
      return both(change, "Now allowed", "Not allowed any more", permissionName);
    case "role_ids":
      return both(change, "Given", "Taken away", role);
    case "timeout_until":
      return [typeof after === "number" ? `Until ${date(after)}` : "The time-out was ended"];
    default:
      return [fromTo(key.replaceAll("_", " "), before === null ? null : plain(before), plain(after))];
  }
}

/** Of what is not known here by name: a newer server may note more than this page knows. */
const plain = (value: unknown): string => (typeof value === "string" ? quoted(value) : JSON.stringify(value));
