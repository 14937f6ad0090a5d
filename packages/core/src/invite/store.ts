import * as v from "valibot";
import { getItem, putItem, transactWrite } from "../lib/dynamo";
import { Invite } from "../protocol/invite";
import type { Member } from "../protocol/server";

/*
 * Invites
 * | code | server_id | server_name | created_by | created_at | expires_at | max_uses | use_count | expires_on |
 * `expires_on` is when DynamoDB deletes the row: a while after the invite has expired, so that "expired" can be told from "never was".
 */
const KEPT_AFTER_EXPIRY_SECONDS = 30 * 24 * 60 * 60;

const InviteRow = v.object(Invite.entries);

export async function find(code: string): Promise<Invite | undefined> {
  const item = await getItem("Invites", { code }, { consistent: true });
  return item && v.parse(InviteRow, item);
}

export async function put(invite: Invite): Promise<void> {
  const expires_on = invite.expires_at === null ? undefined : Math.ceil(invite.expires_at / 1000) + KEPT_AFTER_EXPIRY_SECONDS;
  await putItem("Invites", { ...invite, expires_on });
}

/**
 * Counts the use and makes the member, or neither.
 * @throws TransactionFailed: its first part is the member, its second the invite.
 */
export async function join(code: string, member: Member): Promise<void> {
  await transactWrite([
    { table: "Members", put: member, condition: "attribute_not_exists(user_id)" },
    {
      table: "Invites",
      key: { code },
      update: "ADD use_count :one",
      // A nullable bound that is not set is the type NULL in the table.
      condition:
        "attribute_exists(code) AND (attribute_type(max_uses, :null) OR use_count < max_uses) AND (attribute_type(expires_at, :null) OR expires_at > :now)",
      values: { ":one": 1, ":null": "NULL", ":now": Date.now() },
    },
    {
      table: "Servers",
      key: { id: member.server_id },
      update: "ADD member_count :one",
      condition: "attribute_exists(id)",
      values: { ":one": 1 },
    },
  ]);
}
