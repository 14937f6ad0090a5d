import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { RoomRow } from "./store";

/*
 * A room's code is kept as scrypt, which Node has itself: the functions that open rooms carry no native module, as `auth` does for passwords.
 */

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);
const COST = { N: 2 ** 14, r: 8, p: 2, maxmem: 64 * 1024 * 1024 };
const BYTES = 32;

/** Cost: some 80 ms of CPU, 16 MB. */
export async function hashCode(code: string): Promise<NonNullable<RoomRow["code"]>> {
  const salt = randomBytes(16);
  return { salt: salt.toString("base64url"), hash: (await derive(code.normalize("NFC"), salt, BYTES, COST)).toString("base64url") };
}

/** Cost: as `hashCode`. */
export async function isRightCode({ salt, hash }: NonNullable<RoomRow["code"]>, code: string): Promise<boolean> {
  const given = await derive(code.normalize("NFC"), Buffer.from(salt, "base64url"), BYTES, COST);
  return timingSafeEqual(given, Buffer.from(hash, "base64url"));
}
