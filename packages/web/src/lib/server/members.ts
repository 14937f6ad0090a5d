import type { Account } from "@agora/core/actor";
import * as member from "@agora/core/member";
import { limits } from "@agora/core/protocol/limits";
import type { Member } from "@agora/core/protocol/member";
import { canonicalKey } from "@agora/core/protocol/characters";

/** More pages of a search than anybody waits for: 1,000 members are looked through for one. */
const PAGES_MAX = 50;

/** The member with exactly this username. @throws what listing members throws. */
export async function findByUsername(actor: Account, server_id: string, typed: string): Promise<Member | undefined> {
  const username = canonicalKey(typed.trim().replace(/^@/, ""));
  if (username === "" || username.length > limits.username.max) return undefined;
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { members, next_cursor } = await member.list(actor, { server_id, q: username, limit: limits.pageMax, cursor });
    const found = members.find(({ user }) => user.username === username);
    if (found || next_cursor === null) return found;
    cursor = next_cursor;
  }
  return undefined;
}
