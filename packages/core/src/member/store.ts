import * as v from "valibot";
import { ConditionFailed, deleteItems, getItem, getItems, query, updateItem } from "../lib/dynamo";
import type { Item, Write } from "../lib/dynamo";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { Ban, Member } from "../protocol/member";

/*
 * Members, with what is shown of a person, so that a list of members is one query; it is of this revision of their profile
 * | server_id | user_id    | user: {id, username, display_name, avatar_url} | nickname | role_ids | timeout_until | joined_at | profile_revision |
 * | server_id | ban#usr_…  | user: …                                        | reason   | created_by | created_at |
 * | server_id | timeout#usr_… | timeout_until                               |   of somebody who went in a time-out: it waits for them
 */

const MemberRow = v.object({ ...Member.entries, timeout_until: v.optional(Member.entries.timeout_until, null) });
const BanRow = v.object({
  ...Ban.entries,
  user_id: v.pipe(
    v.string(),
    v.transform((key) => key.slice(BAN.length)),
  ),
});

const BAN = "ban#";
const TIMEOUT = "timeout#";
const timeoutKey = (serverId: string, userId: string) => ({ server_id: serverId, user_id: TIMEOUT + userId });
const banKey = (serverId: string, userId: string) => ({ server_id: serverId, user_id: BAN + userId });

export const toMember = (item: Record<string, unknown> | undefined): Member | undefined => item && v.parse(MemberRow, item);

/** What one call may ask for. */
const KEYS_MAX = 100;

/** Those of the accounts who are members. Cost: 1 read unit each. */
export async function findMembers(serverId: string, userIds: readonly string[]): Promise<Member[]> {
  const chunks = Array.from({ length: Math.ceil(userIds.length / KEYS_MAX) }, (_, i) => userIds.slice(i * KEYS_MAX, (i + 1) * KEYS_MAX));
  const found = await Promise.all(
    chunks.map((ids) => getItems({ Members: { keys: ids.map((user_id) => ({ server_id: serverId, user_id })), consistent: true } })),
  );
  return found.flatMap(({ Members }) => (Members ?? []).map((item) => v.parse(MemberRow, item)));
}

/** Cost: 1 read unit. */
export async function findMember(serverId: string, userId: string): Promise<Member | undefined> {
  return toMember(await getItem("Members", { server_id: serverId, user_id: userId }, { consistent: true }));
}

/** In the order of the accounts' ids. `after` is an account's id. Cost: 1 read unit per 4 KB. */
export async function listMembers(serverId: string, limit: number, after: string | undefined): Promise<Slice<Member>> {
  const items = await listRows(serverId, "usr_", limit + 1, after);
  return slice(
    items.map((item) => v.parse(MemberRow, item)),
    limit,
    (member) => member.user_id,
  );
}

/** As `listMembers`. */
export async function listBans(serverId: string, limit: number, after: string | undefined): Promise<Slice<Ban>> {
  const items = await listRows(serverId, BAN, limit + 1, after === undefined ? undefined : BAN + after);
  return slice(
    items.map((item) => v.parse(BanRow, item)),
    limit,
    (ban) => ban.user_id,
  );
}

async function listRows(serverId: string, prefix: string, limit: number, after: string | undefined) {
  const { items } = await query("Members", {
    key: "server_id = :server AND begins_with(user_id, :prefix)",
    values: { ":server": serverId, ":prefix": prefix },
    limit,
    consistent: true,
    startKey: after === undefined ? undefined : { server_id: serverId, user_id: after },
  });
  return items;
}

/** Where somebody is a member, in the order of the servers' ids. */
export async function listMemberships(userId: string, limit: number, cursor: string | undefined): Promise<Slice<Member>> {
  const { items } = await query("Members", {
    index: "by_user",
    key: "user_id = :user",
    values: { ":user": userId },
    limit: limit + 1,
    startKey: cursor === undefined ? undefined : { user_id: userId, server_id: cursor },
  });
  return slice(
    items.map((item) => v.parse(MemberRow, item)),
    limit,
    (member) => member.server_id,
  );
}

/** The part of a profile that a membership has. */
type Snapshot = Member["user"];

const IS_BEHIND = "(attribute_not_exists(profile_revision) OR profile_revision < :revision)";

/** Their memberships that do not have this revision of their profile, a page after the other. Cost: half a read unit per 4 KB of all of them. */
export async function* listBehind(userId: string, revision: number): AsyncGenerator<Member[]> {
  let startKey: Item | undefined;
  do {
    const page = await query("Members", {
      index: "by_user",
      key: "user_id = :user",
      filter: IS_BEHIND,
      values: { ":user": userId, ":revision": revision },
      limit: KEYS_MAX,
      startKey,
    });
    yield page.items.map((item) => v.parse(MemberRow, item));
    startKey = page.lastKey;
  } while (startKey);
}

/** Undefined if they are no member any more, or it has a newer one. Cost: 2 write units with the index. */
export async function renewSnapshot(
  { server_id, user_id }: Pick<Member, "server_id" | "user_id">,
  { id, username, display_name, avatar_url }: Snapshot,
  revision: number,
): Promise<Member | undefined> {
  try {
    const item = await updateItem("Members", { server_id, user_id }, "SET #user = :user, profile_revision = :revision", {
      condition: `attribute_exists(user_id) AND ${IS_BEHIND}`,
      names: { "#user": "user" },
      values: { ":user": { id, username, display_name, avatar_url }, ":revision": revision },
    });
    return toMember(item);
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}

/** Cost: 1 read unit. */
export async function findBan(serverId: string, userId: string): Promise<Ban | undefined> {
  const item = await getItem("Members", banKey(serverId, userId), { consistent: true });
  return item && v.parse(BanRow, item);
}

/** The time-out in which they went, if it is not over. Cost: 1 read unit. */
export async function findKeptTimeout(serverId: string, userId: string): Promise<number | null> {
  const item = await getItem("Members", timeoutKey(serverId, userId), { consistent: true });
  const { timeout_until } = v.parse(v.object({ timeout_until: v.optional(v.number(), 0) }), item ?? {});
  return timeout_until > Date.now() ? timeout_until : null;
}

/** For transactions: each of these fails by its condition. */
export const writes = {
  /** Fails if they are a member. */
  add: (member: Member, profileRevision: number): Write => ({
    table: "Members",
    put: { ...member, ...(profileRevision > 0 ? { profile_revision: profileRevision } : {}) },
    condition: "attribute_not_exists(user_id)",
  }),
  /** Fails if they are banned. */
  isNotBanned: (serverId: string, userId: string): Write => ({
    table: "Members",
    key: banKey(serverId, userId),
    check: true,
    condition: "attribute_not_exists(user_id)",
  }),
  /** Fails if they are a member. */
  isNoMember: (serverId: string, userId: string): Write => ({
    table: "Members",
    key: { server_id: serverId, user_id: userId },
    check: true,
    condition: "attribute_not_exists(user_id)",
  }),
  /** Fails if they are no member. */
  isMember: (serverId: string, userId: string): Write => ({
    table: "Members",
    key: { server_id: serverId, user_id: userId },
    check: true,
    condition: "attribute_exists(user_id)",
  }),
  /** Fails if they are no member, or have left and come back since. */
  update: ({ server_id, user_id, nickname, role_ids, timeout_until, joined_at }: Member): Write => ({
    table: "Members",
    key: { server_id, user_id },
    update: "SET nickname = :nickname, role_ids = :roles, timeout_until = :until",
    condition: "attribute_exists(user_id) AND joined_at = :joined",
    values: { ":nickname": nickname, ":roles": role_ids, ":until": timeout_until, ":joined": joined_at },
  }),
  /** Fails if they are no member, or got another time-out since they were read. */
  remove: ({ server_id, user_id, timeout_until }: Member): Write => ({
    table: "Members",
    key: { server_id, user_id },
    delete: true,
    ...(timeout_until === null
      ? {
          // Of one that was never set there is nothing, or the type NULL.
          condition: "attribute_exists(user_id) AND NOT attribute_type(timeout_until, :number)",
          values: { ":number": "N" },
        }
      : { condition: "attribute_exists(user_id) AND timeout_until = :until", values: { ":until": timeout_until } }),
  }),
  /** What is left of a time-out waits for them. */
  keepTimeout: ({ server_id, user_id, timeout_until }: Member): Write => ({
    table: "Members",
    put: { ...timeoutKey(server_id, user_id), timeout_until },
  }),
  /** They are back, and it goes on. */
  resumeTimeout: (serverId: string, userId: string): Write => ({ table: "Members", key: timeoutKey(serverId, userId), delete: true }),
  /** Fails if the server is gone. */
  countJoined: (serverId: string): Write => ({
    table: "Servers",
    key: { id: serverId },
    update: "ADD member_count :one",
    condition: "attribute_exists(id) AND attribute_not_exists(deleted_at)",
    values: { ":one": 1 },
  }),
  /** Fails if the server is gone, or does not want to be found. */
  countFound: (serverId: string): Write => ({
    table: "Servers",
    key: { id: serverId },
    update: "ADD member_count :one",
    condition: "discoverable = :yes AND attribute_not_exists(deleted_at)",
    values: { ":one": 1, ":yes": true },
  }),
  /** Fails if it is their server. */
  countLeft: (serverId: string, userId: string): Write => ({
    table: "Servers",
    key: { id: serverId },
    update: "ADD member_count :less",
    condition: "owner_id <> :user",
    values: { ":less": -1, ":user": userId },
  }),
  ban: (ban: Ban): Write => ({ table: "Members", put: { ...ban, ...banKey(ban.server_id, ban.user_id) } }),
  /** Fails if they are not banned. */
  unban: (serverId: string, userId: string): Write => ({
    table: "Members",
    key: banKey(serverId, userId),
    delete: true,
    condition: "attribute_exists(user_id)",
  }),
};

/** Of a server that is being cleared away. */
export async function forgetAll(members: readonly Pick<Member, "server_id" | "user_id">[]): Promise<void> {
  await deleteItems(
    "Members",
    members.map(({ server_id, user_id }) => ({ server_id, user_id })),
  );
}

/** Bans and time-outs, of a server that is being cleared away. Answers whether there may be more. */
export async function forgetSome(kind: "bans" | "timeouts", serverId: string, limit: number): Promise<boolean> {
  const rows = await listRows(serverId, kind === "bans" ? BAN : TIMEOUT, limit, undefined);
  await deleteItems(
    "Members",
    rows.map(({ server_id, user_id }) => ({ server_id, user_id })),
  );
  return rows.length === limit;
}
