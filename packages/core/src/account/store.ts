import * as v from "valibot";
import { ConditionFailed, getItem, getItems, query, transactWrite, updateItem } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { isId } from "../lib/id";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { Me, Profile, User } from "../protocol/account";
import { limits } from "../protocol/limits";

/*
 * Users
 * | id    | username | username_prefix  | email | display_name | avatar_url | bio     | created_at | revision        |
 * |-------|----------|------------------|-------|--------------|------------|---------|------------|-----------------|
 * | usr_… |          | its 2 first      |       | or null      | or null    | or null | ms         | of the profile  |
 * | also key_count: access keys that the account has                                                                                                   |
 * | of one that is being deleted also: deleting_at, erasing (where its name is being taken out of what it said); it has no username_prefix            |
 *
 * Names, the registry of what can be given once
 * | name                 | user_id | password_hash |
 * |----------------------|---------|---------------|
 * | email#<canonical>    | usr_…   | Argon2id      |   log-in by one get
 * | username#<canonical> | usr_…   |               |
 */

/** Where somebody's name is being taken out, and how far that has come: what is before is to be looked through yet. */
const Erasing = v.object({ of: v.string(), log_id: v.optional(v.string()), before: v.optional(v.number()) });
export type Erasing = v.InferOutput<typeof Erasing>;

const UserRow = v.object({
  ...Profile.entries,
  ...Me.entries,
  bio: v.optional(Profile.entries.bio, null),
  revision: v.optional(v.number(), 0),
  deleting_at: v.optional(v.nullable(v.number()), null),
  erasing: v.optional(Erasing),
});
export type UserRow = v.InferOutput<typeof UserRow>;

const UserItem = v.object(User.entries);
/** The account as everybody sees it. */
export const publicPart = (row: User): User => v.parse(UserItem, row);

export async function find(userId: string): Promise<UserRow | undefined> {
  const item = await getItem("Users", { id: userId }, { consistent: true });
  return item && v.parse(UserRow, item);
}

/** What one call may ask for. */
const KEYS_MAX = 100;

/** Those of some accounts that exist, as everybody sees them, in no order. Cost: 1 read unit each. */
export async function findUsers(userIds: readonly string[]): Promise<User[]> {
  const ids = userIds.filter((id) => isId("usr", id));
  const chunks = Array.from({ length: Math.ceil(ids.length / KEYS_MAX) }, (_, i) => ids.slice(i * KEYS_MAX, (i + 1) * KEYS_MAX));
  const found = await Promise.all(chunks.map((some) => getItems({ Users: { keys: some.map((id) => ({ id })), consistent: true } })));
  return found.flatMap(({ Users }) => (Users ?? []).map((item) => v.parse(UserItem, item)));
}

const Credentials = v.object({ user_id: v.string(), password_hash: v.string() });
export type Credentials = v.InferOutput<typeof Credentials>;

export async function findCredentials(email: string): Promise<Credentials | undefined> {
  const item = await getItem("Names", { name: `email#${email}` }, { consistent: true });
  return item && v.parse(Credentials, item);
}

const PREFIX = 2;

/**
 * Makes the account and what else belongs to the same moment, or nothing.
 * @throws TransactionFailed: its first part is the e-mail address, its second the username.
 */
export async function create(user: Me, passwordHash: string, ...also: Write[]): Promise<void> {
  const isFree = "attribute_not_exists(#name)";
  const names = { "#name": "name" };
  await transactWrite([
    { table: "Names", put: { name: `email#${user.email}`, user_id: user.id, password_hash: passwordHash }, condition: isFree, names },
    { table: "Names", put: { name: `username#${user.username}`, user_id: user.id }, condition: isFree, names },
    { table: "Users", put: { ...user, username_prefix: user.username.slice(0, PREFIX) }, condition: "attribute_not_exists(id)" },
    ...also,
  ]);
}

/** Of what a username is made there is nothing before the one and nothing behind the other. */
const FIRST = ".";
const BEHIND = "{";

/** Those whose username begins so, by their names. `after` is a username. Cost: half a read unit per 4 KB. */
export async function listByPrefix(prefix: string, limit: number, after: string | undefined): Promise<Slice<User>> {
  const { items } = await query("Users", {
    index: "by_username",
    key: "username_prefix = :prefix AND username BETWEEN :from AND :to",
    values: { ":prefix": prefix.slice(0, PREFIX), ":from": after === undefined ? prefix : after + FIRST, ":to": prefix + BEHIND },
    limit: limit + 1,
  });
  return slice(
    items.map((item) => v.parse(UserItem, item)),
    limit,
    ({ username }) => username,
  );
}

export type ProfileChange = Partial<Pick<UserRow, "display_name" | "avatar_url" | "bio">>;

/** Changes these of the profile, if it is as it was read, and raises its revision. Undefined if it is not. Cost: 2 write units with the index. */
export async function updateProfile(
  { id, revision }: Pick<UserRow, "id" | "revision">,
  changed: ProfileChange,
): Promise<UserRow | undefined> {
  const keys = Object.keys(changed) as (keyof ProfileChange)[];
  const item = await conditionally(() =>
    updateItem("Users", { id }, `SET ${keys.map((key) => `${key} = :${key}`).join(", ")} ADD revision :one`, {
      condition: isSame(revision),
      values: {
        ":one": 1,
        ...(revision === 0 ? {} : { ":revision": revision }),
        ...Object.fromEntries(keys.map((key) => [`:${key}`, changed[key]])),
      },
    }),
  );
  return item && v.parse(UserRow, item);
}

/** Fails if the profile is not as it was read any more, or the account is being deleted: what is made of it would go stale unseen. */
export const isUnchanged = ({ id, revision }: Pick<UserRow, "id" | "revision">): Write => ({
  table: "Users",
  key: { id },
  check: true,
  condition: isSame(revision),
  ...(revision === 0 ? {} : { values: { ":revision": revision } }),
});

const isSame = (revision: number): string =>
  `attribute_exists(id) AND attribute_not_exists(deleting_at) AND ${revision === 0 ? "attribute_not_exists(revision)" : "revision = :revision"}`;

/** False if the password is another one by now. Cost: 1 write unit. */
export async function changePassword({ id, email }: Pick<Me, "id" | "email">, before: string, after: string): Promise<boolean> {
  const item = await conditionally(() =>
    updateItem("Names", { name: `email#${email}` }, "SET password_hash = :after", {
      condition: "user_id = :user AND (password_hash = :before OR password_hash = :after)", // the SDK repeats what was not answered
      values: { ":user": id, ":before": before, ":after": after },
    }),
  );
  return item !== undefined;
}

/** For transactions: one access key more, if there is room. Fails too if the account is gone or being deleted. */
export const countKey = (id: string): Write => ({
  table: "Users",
  key: { id },
  update: "ADD key_count :one",
  condition: "attribute_exists(id) AND attribute_not_exists(deleting_at) AND (attribute_not_exists(key_count) OR key_count < :max)",
  values: { ":one": 1, ":max": limits.keysPerAccountMax },
});

/** For transactions: one access key less. */
export const uncountKey = (id: string): Write => ({
  table: "Users",
  key: { id },
  update: "ADD key_count :less",
  condition: "attribute_exists(id)",
  values: { ":less": -1 },
});

/** From then on nobody finds it, and it makes nothing that would outlive it. False if it is gone. Cost: 2 write units with the index. */
export async function markDeleting(userId: string): Promise<boolean> {
  const item = await conditionally(() =>
    updateItem("Users", { id: userId }, "SET deleting_at = if_not_exists(deleting_at, :now) REMOVE username_prefix", {
      condition: "attribute_exists(id)",
      values: { ":now": Date.now() },
    }),
  );
  return item !== undefined;
}

/**
 * Notes where its name is being taken out, one place after the other: another one only where none is noted. False if another call has come further.
 * Cost: 1 write unit.
 */
export async function noteErasing(userId: string, erasing: Erasing): Promise<boolean> {
  const item = await conditionally(() =>
    updateItem("Users", { id: userId }, "SET erasing = :erasing", {
      condition: "attribute_exists(deleting_at) AND (attribute_not_exists(erasing) OR erasing.#of = :of)",
      names: { "#of": "of" },
      values: { ":erasing": erasing, ":of": erasing.of },
    }),
  );
  return item !== undefined;
}

/** It is done there. Cost: 1 write unit. */
export async function noteErased(userId: string, { of }: Pick<Erasing, "of">): Promise<void> {
  await conditionally(() =>
    updateItem("Users", { id: userId }, "REMOVE erasing", {
      condition: "erasing.#of = :of",
      names: { "#of": "of" },
      values: { ":of": of },
    }),
  );
}

/** The last step: the account is gone and its names are free. @throws TransactionFailed if it is not being deleted, not done with all, or has access keys. */
export async function remove({ id, username, email }: Pick<Me, "id" | "username" | "email">, ...also: Write[]): Promise<void> {
  const isOurs = { condition: "user_id = :user", values: { ":user": id } };
  await transactWrite([
    {
      table: "Users",
      key: { id },
      delete: true,
      condition:
        "attribute_exists(deleting_at) AND attribute_not_exists(erasing) AND (attribute_not_exists(key_count) OR key_count = :none)",
      values: { ":none": 0 },
    },
    { table: "Names", key: { name: `email#${email}` }, delete: true, ...isOurs },
    { table: "Names", key: { name: `username#${username}` }, delete: true, ...isOurs },
    ...also,
  ]);
}

async function conditionally(update: () => Promise<Record<string, unknown>>): Promise<Record<string, unknown> | undefined> {
  try {
    return await update();
  } catch (error) {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  }
}
