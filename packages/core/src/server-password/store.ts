import * as v from "valibot";
import { deleteItems, getItem, queryAll } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { expiresOn, notExpired } from "../lib/expiry";
import { ServerPassword } from "../protocol/server-password";

/*
 * ServerPasswords
 * | server_id | id    | label   | password_hash | created_by | created_at | expires_at | expires_on |
 * |-----------|-------|---------|---------------|------------|------------|------------|------------|
 * | srv_…     | pwd_… | or null | Argon2id      | usr_…      | ms         | or null    | seconds    |
 *
 * All hashes of a server have one salt (`hashing.ts`). A server has at most `limits.passwordsPerServerMax` rows: whoever makes a new one takes those
 * that have expired away.
 */

const ServerPasswordRow = v.object({ ...ServerPassword.entries, password_hash: v.string() });
export type ServerPasswordRow = v.InferOutput<typeof ServerPasswordRow>;

/** As those may see it who manage the server. */
export const publicPart = ({ password_hash: _, ...password }: ServerPasswordRow): ServerPassword => password;

/** All of a server in the order of their ids, also those that have expired. Cost: 1 read unit per 4 KB, about ten of them. */
export async function list(serverId: string): Promise<ServerPasswordRow[]> {
  const items = await queryAll("ServerPasswords", { key: "server_id = :server", values: { ":server": serverId }, consistent: true });
  return items.map((item) => v.parse(ServerPasswordRow, item));
}

/** Cost: 1 read unit. */
export async function find(serverId: string, id: string): Promise<ServerPasswordRow | undefined> {
  const item = await getItem("ServerPasswords", { server_id: serverId, id }, { consistent: true });
  return item && v.parse(ServerPasswordRow, item);
}

const keyOf = ({ server_id, id }: Pick<ServerPasswordRow, "server_id" | "id">) => ({ server_id, id });

/** For transactions. */
export const writes = {
  put: (row: ServerPasswordRow): Write => ({ table: "ServerPasswords", put: { ...row, expires_on: expiresOn(row) } }),
  /** Fails if it was revoked or has expired. */
  isUsable: (row: ServerPasswordRow): Write => ({
    table: "ServerPasswords",
    key: keyOf(row),
    check: true,
    condition: `attribute_exists(id) AND ${notExpired.condition}`,
    values: notExpired.values(),
  }),
  /** Fails if it is gone. */
  revoke: (row: ServerPasswordRow): Write => ({
    table: "ServerPasswords",
    key: keyOf(row),
    delete: true,
    condition: "attribute_exists(id)",
  }),
  /** Of one that has expired. */
  forget: (row: ServerPasswordRow): Write => ({ table: "ServerPasswords", key: keyOf(row), delete: true }),
};

/** Of a server that is being cleared away. Cost: 1 write unit each. */
export async function forgetAllOf(serverId: string): Promise<boolean> {
  const keys = await queryAll("ServerPasswords", {
    key: "server_id = :server",
    values: { ":server": serverId },
    project: "server_id, id",
    consistent: true,
  });
  await deleteItems("ServerPasswords", keys);
  return true;
}
