import * as v from "valibot";
import { getItem, transactWrite } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { User } from "../protocol/account";
import type { Me } from "../protocol/account";

/*
 * Users
 * | id    | username | username_prefix  | email | display_name | avatar_url | created_at |
 * |-------|----------|------------------|-------|--------------|------------|------------|
 * | usr_… |          | its 2 first      |       | or null      | or null    | ms         |
 *
 * Names, the registry of what can be given once
 * | name                 | user_id | password_hash |
 * |----------------------|---------|---------------|
 * | email#<canonical>    | usr_…   | Argon2id      |   log-in by one get
 * | username#<canonical> | usr_…   |               |
 */

const UserRow = v.object({ ...User.entries, email: v.string() });

export async function find(userId: string): Promise<Me | undefined> {
  const item = await getItem("Users", { id: userId }, { consistent: true });
  return item && v.parse(UserRow, item);
}

const Credentials = v.object({ user_id: v.string(), password_hash: v.string() });
export type Credentials = v.InferOutput<typeof Credentials>;

export async function findCredentials(email: string): Promise<Credentials | undefined> {
  const item = await getItem("Names", { name: `email#${email}` }, { consistent: true });
  return item && v.parse(Credentials, item);
}

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
    { table: "Users", put: { ...user, username_prefix: user.username.slice(0, 2) }, condition: "attribute_not_exists(id)" },
    ...also,
  ]);
}
