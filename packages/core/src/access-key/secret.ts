import { createHash, timingSafeEqual } from "node:crypto";
import { randomText } from "../lib/id";

/** What every secret begins with, so that a search for leaked ones finds it. */
export const SECRET_PREFIX = "agk_";
/** 160 bits: nobody guesses one, so a fast digest is enough. */
const SECRET_CHARACTERS = 32;
const SECRET = new RegExp(`^${SECRET_PREFIX}([0-9a-z]{16})_[0-9a-z]{${SECRET_CHARACTERS}}$`);

/** `agk_<the id without its prefix>_<chance>`: it says itself which row it is to be compared with. */
export const newSecret = (keyId: string): string => `${SECRET_PREFIX}${keyId.slice("key_".length)}_${randomText(SECRET_CHARACTERS)}`;

/** The id of the key that has this secret, if there is one; undefined for what cannot be a secret. */
export function keyIdOf(secret: string): string | undefined {
  const part = SECRET.exec(secret)?.[1];
  return part === undefined ? undefined : `key_${part}`;
}

export const digestOf = (secret: string): string => createHash("sha256").update(secret).digest("base64url");

/** In the same time whatever is wrong with it. */
export function hasDigest(secret: string, digest: string): boolean {
  const [given, kept] = [Buffer.from(digestOf(secret)), Buffer.from(digest)];
  return given.length === kept.length && timingSafeEqual(given, kept);
}
