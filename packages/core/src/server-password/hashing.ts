import { createHash, timingSafeEqual } from "node:crypto";
import { hashPasswordWith } from "../account/password";
import * as audit from "../audit/index";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { expiryIn, hasExpired } from "../lib/expiry";
import { newId } from "../lib/id";
import * as limit from "../limit/index";
import { joinBy } from "../member/joining";
import * as members from "../member/store";
import { limits } from "../protocol/limits";
import type { ServerDetail } from "../protocol/server";
import type { CreateServerPasswordBody, JoinByPasswordBody, ServerPassword } from "../protocol/server-password";
import { canonicalKey } from "../protocol/characters";
import { withPermission } from "../server/access";
import { findIdByName } from "../server/store";
import * as store from "./store";

/*
 * The part of server passwords that hashes them. Only the `auth` function may import it: no other one carries a native module.
 *
 * A password is looked for among all those of a server, and one attempt must not cost a hash for each of them. So all of a server's are hashed with one
 * salt, made from the server's id: those 16 characters are 80 bits of chance that no other server has. A salt need not be secret, and what is lost is
 * only that two equal passwords of one server have equal hashes.
 */
const hashFor = (serverId: string, password: string): Promise<string> =>
  hashPasswordWith(Buffer.from(serverId.slice("srv_".length)), password);

/** Everybody can own a server, and each is a hash: more than anybody means, and too few to keep the function busy that others log in by. */
const madePerAccount = { max: 60, windowSeconds: 300, code: "limit.passwords" } as const;

/**
 * Makes a password by which everybody joins who knows it and the server's name. Nobody is told it again.
 * @throws server.not_found, auth.denied, limit.passwords, server.passwords_full
 * Cost: 1 Argon2id hash, 1 write unit, 5 read units and 1 per 4 KB of the others, 1 transaction of 2 writes and one for each that has expired since the last one.
 */
export async function create(
  actor: Account,
  { server_id, password, label, expires_in_hours }: CreateServerPasswordBody & { server_id: string },
): Promise<ServerPassword> {
  await withPermission(actor, server_id, "manage_server"); // nobody else may have us hash
  await limit.take({ ...madePerAccount, key: `make-password#${actor.user_id}` });
  const password_hash = await hashFor(server_id, password); // before the change: nobody should wait in line for a hash
  const now = Date.now();
  const expires_at = expiryIn(expires_in_hours, now);
  const row = { id: newId("pwd"), server_id, label, created_by: actor.user_id, created_at: now, expires_at, password_hash };
  return audit.change(server_id, async () => {
    const { member } = await withPermission(actor, server_id, "manage_server");
    const others = await store.list(server_id);
    const expired = others.filter((other) => hasExpired(other));
    if (others.length - expired.length >= limits.passwordsPerServerMax) {
      throw new AppError("server.passwords_full", `A server has at most ${limits.passwordsPerServerMax} passwords. Revoke one first.`);
    }
    const note = { action: "password.create" as const, target: { id: row.id, name: label } };
    return { by: member, writes: [store.writes.put(row), ...expired.map(store.writes.forget)], note, value: store.publicPart(row) };
  });
}

const attempts = { windowSeconds: 300, code: "limit.join" } as const;
const attemptsPerAccount = { ...attempts, max: 20 };
const attemptsPerAddress = { ...attempts, max: 1_000 };
const attemptsPerName = { ...attempts, max: 2_000 };

/**
 * Joins the server of that name by one of its passwords. Whether the name or the password is wrong, and how many passwords there are, makes no difference
 * to the answer and to the work: the same calls and one hash. Who is a member or banned is told so only with the right password.
 *
 * Attempts are counted before anything is hashed. 20 of an account in five minutes are more than somebody needs who mistypes. 1,000 of an address leave
 * room for a school that joins at once, and bound whoever makes accounts there in order to guess. 2,000 for a name, whether or not a server has it, bound
 * those who guess from many addresses to 576,000 a day. Who is refused by one of these counts does not count for the next, so that no single account or
 * address uses up what there is for a name.
 * @throws limit.join, auth.invalid, member.exists, member.banned
 * Cost: 3 write units, 1 read unit and 1 per 4 KB of the server's passwords, 1 Argon2id hash; with the right password `joinBy` with 1 write and 1 check
 * (4 write units).
 */
export async function join(
  actor: Account,
  { server_name, password }: JoinByPasswordBody,
  { address }: { address: string },
): Promise<ServerDetail> {
  await limit.take({ ...attemptsPerAccount, key: `join#${actor.user_id}` });
  await limit.take({ ...attemptsPerAddress, key: `join#${address}` });
  await limit.take({ ...attemptsPerName, key: `join#${digestOf(server_name)}` });
  const serverId = (await findIdByName(server_name)) ?? newId("srv"); // that no server has
  const [rows, hash] = await Promise.all([store.list(serverId), hashFor(serverId, password)]);
  const [right] = rows.filter((row) => isEqual(row.password_hash, hash) && !hasExpired(row));
  if (!right) throw wrong();
  return joinBy(actor, serverId, { writes: [store.writes.isUsable(right), members.writes.countJoined(serverId)], closed: wrong });
}

/** A name of any length as part of a key; names that are one to the registry are one here. */
const digestOf = (name: string): string => createHash("sha256").update(canonicalKey(name)).digest("base64url");

function isEqual(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const wrong = (cause?: unknown) => new AppError("auth.invalid", "The name of the server or the password is wrong.", { cause });
