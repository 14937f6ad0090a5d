import type { Account } from "@agora/core/actor";
import * as session from "@agora/core/session";

/** What a process remembers: as many people as may write to it within a token's life. */
const REMEMBERED = 2_000;

interface Verified {
  account: Account;
  expiresAt: number;
}

const verified = new Map<string, Verified>();

/**
 * Who holds this token. One that was found good is good until it ends, since only the clock decides; and to find it out anew takes a trip to the
 * thread pool for every request.
 * @throws auth.invalid
 */
export async function verify(token: string): Promise<Account> {
  const known = verified.get(token);
  if (known && Date.now() < known.expiresAt) return known.account;
  verified.delete(token);
  const account = await session.verify(token);
  verified.set(token, { account, expiresAt: expiryOf(token) });
  for (const oldest of verified.keys()) {
    if (verified.size <= REMEMBERED) break;
    verified.delete(oldest);
  }
  return account;
}

/** Of a token that was verified: its claims are ours. */
function expiryOf(token: string): number {
  const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { exp: number };
  return exp * 1_000;
}
