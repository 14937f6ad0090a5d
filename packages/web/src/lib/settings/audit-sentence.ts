import type { AuditEntry } from "@agora/core/protocol/audit";
import { changeWords } from "./audit-changes";
import type { AuditNames } from "./audit-changes";

/** A piece of a sentence: words, or the name of somebody or something. */
type Piece = string | { name: string };

export interface Told {
  /** Who did what to whom or what. */
  sentence: Piece[];
  /** What exactly, line by line. */
  details: string[];
}

/** An entry of the audit log as a person would say it. */
export function tell(entry: AuditEntry, names: AuditNames): Told {
  const who = { name: entry.author.display_name ?? entry.author.username };
  const reason = entry.reason === null ? [] : [`Reason: “${entry.reason}”`];
  return {
    sentence: [who, " ", ...predicate(entry, names)],
    details: [...entry.changes.flatMap((change) => changeWords(change, names)), ...reason],
  };
}

const SELF = "themselves";

function predicate({ action, target, author, changes, reason }: AuditEntry, { nameOf }: AuditNames): Piece[] {
  const named = (fallback: string): Piece => ({ name: target?.name ?? fallback });
  const channel: Piece = { name: `#${target?.name ?? "a channel"}` };
  const member = named("a member");
  switch (action) {
    case "server.update":
      return ["changed the server"];
    case "server.transfer":
      return ["made ", member, " the owner of the server"];
    case "channel.create":
      return ["made the channel ", channel];
    case "channel.update":
      return ["changed the channel ", channel];
    case "channel.delete":
      return ["deleted the channel ", channel];
    case "channel.reorder":
      return ["changed the order of the channels"];
    case "role.create":
      return ["made the role ", named("without a name")];
    case "role.update":
      return ["changed the role ", named("without a name")];
    case "role.delete":
      return ["deleted the role ", named("without a name")];
    case "role.reorder":
      return ["changed the order of the roles"];
    case "member.update":
      return memberChange(changes, target?.id === author.id ? SELF : member);
    case "member.kick":
      return ["removed ", member, " from the server"];
    case "member.ban":
      return ["banned ", member, ...(reason === null ? [" without a reason"] : [])];
    case "member.unban":
      return ["lifted the ban on ", member];
    case "invite.revoke":
      return ["revoked an invite", ...by(target, nameOf)];
    case "password.create":
      return passwordWords("made", target);
    case "password.revoke":
      return passwordWords("revoked", target);
    case "message.delete":
      return ["deleted a message of ", member, ...place(target, nameOf)];
    case "message.bulk_delete":
      return [`deleted ${messageCount(changes)} in `, channel];
    case "report.resolve":
      return ["dealt with a report about a message of ", member, ...place(target, nameOf)];
  }
}

/** The log says with one word what people tell apart. */
function memberChange(changes: AuditEntry["changes"], member: Piece): Piece[] {
  const only = changes.length === 1 ? changes[0] : undefined;
  const [whose, of]: [string, Piece[]] = member === SELF ? ["their own", []] : ["the", [" of ", member]];
  switch (only?.key) {
    case "timeout_until":
      return only.after === null ? ["ended ", whose, " time-out", ...of] : ["gave ", member, " a time-out"];
    case "nickname":
      return ["changed ", whose, " nickname", ...of];
    case "role_ids":
      return ["changed ", whose, " roles", ...of];
    default:
      return ["changed ", member];
  }
}

const passwordWords = (did: string, target: AuditEntry["target"]): Piece[] =>
  target?.name == null ? [`${did} a password without a label`] : [`${did} the password `, { name: target.name }];

/** Of an invite: who made it stands where other targets have their name. */
function by(target: AuditEntry["target"], nameOf: AuditNames["nameOf"]): Piece[] {
  const name = target?.name == null ? undefined : nameOf(target.name);
  return name === undefined ? [] : [" of ", { name }];
}

/** Of a message: its id begins with its channel's. */
function place(target: AuditEntry["target"], nameOf: AuditNames["nameOf"]): Piece[] {
  const name = nameOf(target?.id.split("/")[0] ?? "");
  return name === undefined ? [] : [" in ", { name: `#${name}` }];
}

function messageCount(changes: AuditEntry["changes"]): string {
  const seqs = changes.find(({ key }) => key === "seqs")?.after;
  if (!Array.isArray(seqs)) return "several messages";
  return seqs.length === 1 ? "1 message" : `${seqs.length} messages`;
}
