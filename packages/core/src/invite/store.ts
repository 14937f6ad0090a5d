import * as v from "valibot";
import { deleteItems, getItem, getItems, putItem, query } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { expiresOn, notExpired } from "../lib/expiry";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { Invite } from "../protocol/invite";

/*
 * Invites
 * | code | server_id | created_by | created_at | expires_at | max_uses | use_count | expires_on |
 * `expires_on` is when DynamoDB deletes the row: a while after the invite has expired, so that "expired" can be told from "never was".
 * The index by_server has the keys alone: it costs nothing when a use is counted. What the server is called stands in its own row.
 */
const KEPT_AFTER_EXPIRY_SECONDS = 30 * 24 * 60 * 60;

const InviteRow = v.object(v.omit(Invite, ["server_name"]).entries);
export type InviteRow = v.InferOutput<typeof InviteRow>;

/** Cost: 1 read unit. */
export async function find(code: string): Promise<InviteRow | undefined> {
  const item = await getItem("Invites", { code }, { consistent: true });
  return item && v.parse(InviteRow, item);
}

/** Cost: 2 write units (one for the index). */
export async function put(invite: InviteRow): Promise<void> {
  await putItem("Invites", { ...invite, expires_on: expiresOn(invite, KEPT_AFTER_EXPIRY_SECONDS) });
}

/**
 * The codes of a server's invites in their order, behind `after`. Comes from the index: one that was made or revoked just now may be missing, or still
 * be there. Cost: half a read unit for about eighty.
 */
export async function listCodes(serverId: string, limit: number, after: string | undefined): Promise<Slice<string>> {
  const { items } = await query("Invites", {
    index: "by_server",
    key: "server_id = :server",
    values: { ":server": serverId },
    limit: limit + 1,
    startKey: after === undefined ? undefined : { server_id: serverId, code: after },
  });
  return slice(
    items.map(({ code }) => String(code)),
    limit,
    (code) => code,
  );
}

/** Those of at most a hundred codes that are there, in the order of the codes, as they are now. Cost: 1 read unit each. */
export async function findAll(codes: readonly string[]): Promise<InviteRow[]> {
  if (codes.length === 0) return [];
  const { Invites = [] } = await getItems({ Invites: { keys: codes.map((code) => ({ code })), consistent: true } });
  const byCode = new Map(Invites.map((item) => [item["code"], v.parse(InviteRow, item)]));
  return codes.flatMap((code) => byCode.get(code) ?? []);
}

/** Of a server that is being cleared away. Answers whether there may be more. Cost: 1 write unit each, and 1 for the index. */
export async function forgetSome(serverId: string, limit: number): Promise<boolean> {
  const codes = await listCodes(serverId, limit, undefined);
  await deleteItems(
    "Invites",
    codes.items.map((code) => ({ code })),
  );
  return codes.next !== null;
}

/** For transactions: each of these fails by its condition. */
export const writes = {
  /** Fails if it was revoked, is used up or has expired. */
  use: (code: string): Write => ({
    table: "Invites",
    key: { code },
    update: "ADD use_count :one",
    condition: `attribute_exists(code) AND (attribute_type(max_uses, :null) OR use_count < max_uses) AND ${notExpired.condition}`,
    values: { ":one": 1, ...notExpired.values() },
  }),
  /** Fails if there is none. */
  revoke: (code: string): Write => ({ table: "Invites", key: { code }, delete: true, condition: "attribute_exists(code)" }),
};
