import { auditActions } from "@agora/core/protocol/audit";
import type { AuditChange, AuditEntry } from "@agora/core/protocol/audit";
import { describe, expect, test } from "vitest";
import { tell } from "./audit-sentence";

const names: Record<string, string> = { rol_a: "Gardeners", rol_b: "Cooks", usr_bob: "bob", chn_a: "general" };
const context = { nameOf: (id: string) => names[id], date: (at: number) => `the moment ${at}` };

const entry = (action: AuditEntry["action"], given: Partial<AuditEntry> = {}): AuditEntry => ({
  seq: 1,
  created_at: 0,
  author: { id: "usr_ada", username: "ada", display_name: null, avatar_url: null },
  action,
  target: null,
  changes: [],
  reason: null,
  ...given,
});

function said(action: AuditEntry["action"], given?: Partial<AuditEntry>): string {
  const { sentence, details } = tell(entry(action, given), context);
  const words = sentence.map((piece) => (typeof piece === "string" ? piece : piece.name)).join("");
  return [words, ...details].join(" | ");
}

const target = (id: string, name: string | null) => ({ id, name });
const change = (key: string, before: unknown, after: unknown): AuditChange => ({ key, before, after });

test.each(auditActions)("%s is a sentence, also with nothing to tell of", (action) => {
  expect(said(action)).toMatch(/^ada [a-z].*[^ ]$/);
  expect(said(action)).not.toMatch(/undefined|null| {2}/);
});

describe("who did what to whom", () => {
  const bob = target("usr_bob", "bob");
  const general = target("chn_a", "general");
  test.each<[string, AuditEntry["action"], Partial<AuditEntry>]>([
    ["ada made bob the owner of the server", "server.transfer", { target: bob }],
    ["ada made the channel #general", "channel.create", { target: general, changes: [change("kind", null, "text")] }],
    [
      "ada made the role Gardeners",
      "role.create",
      { target: target("rol_a", "Gardeners"), changes: [change("name", null, "Gardeners"), change("color", null, null)] },
    ],
    ["ada removed bob from the server", "member.kick", { target: bob }],
    ["ada banned bob without a reason", "member.ban", { target: bob }],
    ["ada banned bob | Reason: “spam”", "member.ban", { target: bob, reason: "spam" }],
    ["ada revoked an invite of bob", "invite.revoke", { target: target("7f3k", "usr_bob") }],
    ["ada revoked an invite", "invite.revoke", { target: target("7f3k", "usr_gone") }],
    ["ada made the password open day", "password.create", { target: target("pwd_a", "open day") }],
    ["ada made a password without a label", "password.create", { target: target("pwd_a", null) }],
    ["ada deleted a message of bob in #general", "message.delete", { target: target("chn_a/17", "bob") }],
    ["ada deleted a message of bob", "message.delete", { target: target("chn_gone/17", "bob") }],
    ["ada deleted 3 messages in #general", "message.bulk_delete", { target: general, changes: [change("seqs", null, [1, 2, 3])] }],
    ["ada dealt with a report about a message of bob in #general", "report.resolve", { target: target("chn_a/17", "bob") }],
  ])("%s", (words, action, given) => expect(said(action, given)).toBe(words));
});

describe("a member is changed", () => {
  const bob = target("usr_bob", "bob");
  test.each<[string, AuditChange[]]>([
    ["ada gave bob a time-out | Until the moment 5", [change("timeout_until", null, 5)]],
    ["ada ended the time-out of bob | The time-out was ended", [change("timeout_until", 5, null)]],
    ["ada changed the nickname of bob | Nickname: “bobby”", [change("nickname", null, "bobby")]],
    ["ada changed the roles of bob | Given: Gardeners | Taken away: a deleted role", [change("role_ids", ["rol_x"], ["rol_a"])]],
    ["ada changed bob | Nickname from “b” to nothing | Given: Cooks", [change("nickname", "b", null), change("role_ids", [], ["rol_b"])]],
  ])("%s", (words, changes) => expect(said("member.update", { target: bob, changes })).toBe(words));

  test("it may be themselves", () => {
    const changes = [change("nickname", "a", "b")];
    expect(said("member.update", { target: target("usr_ada", "ada"), changes })).toBe(
      "ada changed their own nickname | Nickname from “a” to “b”",
    );
  });
});

describe("what exactly was changed", () => {
  const details = (change: AuditChange) => tell(entry("channel.update", { changes: [change] }), context).details;
  test.each<[string[], AuditChange]>([
    [["Topic from “old” to “new”"], change("topic", "old", "new")],
    [["Topic: “new”"], change("topic", null, "new")],
    [["Topic from “old” to nothing"], change("topic", "old", null)],
    [["Slow mode from off to 10 seconds"], change("slow_mode_seconds", 0, 10)],
    [[], change("slow_mode_seconds", null, 0)],
    [["Private"], change("private", false, true)],
    [["Open to all members"], change("private", true, false)],
    [[], change("private", null, false)],
    [["May see it now: Gardeners", "May not see it any more: Cooks"], change("allowed_role_ids", ["rol_b"], ["rol_a"])],
    [["May see it now: bob, somebody who left"], change("allowed_user_ids", [], ["usr_bob", "usr_gone"])],
    [["Now allowed: Manage roles", "Not allowed any more: Send messages"], change("permissions", ["send_messages"], ["manage_roles"])],
    [["Colour from Red to #123456"], change("color", "#d64545", "#123456")],
    [["Colour from #123456 to none"], change("color", "#123456", null)],
    [["Colour: Green"], change("color", null, "#2f9e57")],
    [["Anybody can find the server now"], change("discoverable", false, true)],
    [["some thing from 1 to “two”"], change("some_thing", 1, "two")],
  ])("%j", (words, change) => expect(details(change)).toEqual(words));
});
