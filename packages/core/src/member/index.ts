import * as audit from "../audit/index";
import { silenceHidden } from "../channel/sight";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { everyoneRoleId, isId } from "../lib/id";
import { assertCursor } from "../lib/page";
import * as limit from "../limit/index";
import { serverTopic } from "../lib/topic";
import type { User } from "../protocol/account";
import { limits } from "../protocol/limits";
import { updatingOthers } from "../protocol/member";
import type { Member, MemberPage, MemberPageQuery, UpdateMemberBody } from "../protocol/member";
import { canonicalKey } from "../protocol/characters";
import { announce } from "../realtime/publish";
import { assertGrants, roleBelow } from "../role/index";
import { asMember, assertPermission, assertSome, rankOf } from "../server/access";
import type { Membership } from "../server/access";
import type { ServerRow } from "../server/store";
import * as store from "./store";

export { remove } from "./removal";
export { ban, findBan, listBans, unban } from "./ban";

/** A member as they are when they join. */
export function draft(serverId: string, { id, username, display_name, avatar_url }: User): Member {
  const user = { id, username, display_name, avatar_url };
  return { server_id: serverId, user_id: id, user, nickname: null, role_ids: [], timeout_until: null, joined_at: Date.now() };
}

/** A member without the roles that were deleted since they got them. */
export function present({ roles }: ServerRow, member: Member): Member {
  return { ...member, role_ids: member.role_ids.filter((id) => roles.some((role) => role.id === id)) };
}

/** A search looks through so many members at a time, and answers with what it found so far. */
const SEARCHED_AT_ONCE = 1_000;
const SEARCH_STEP = 250;

/**
 * The members of a server, in no order that means something; with `q` those whose names have it in them.
 * @throws server.not_found. Cost: 2 read units and 1 per 4 KB of members that were looked through, about ten of them.
 */
export async function list(actor: Account, { server_id, limit, cursor, q }: MemberPageQuery & { server_id: string }): Promise<MemberPage> {
  const { server } = await asMember(actor, server_id);
  const after = assertCursor("usr", cursor);
  const { items, next } = q === undefined ? await store.listMembers(server_id, limit, after) : await search(server_id, q, limit, after);
  return { members: items.map((member) => present(server, member)), has_more: next !== null, next_cursor: next };
}

async function search(serverId: string, q: string, limit: number, after: string | undefined) {
  const wanted = canonicalKey(q);
  const isFound = ({ nickname, user }: Member) =>
    [nickname, user.display_name, user.username].some((name) => name !== null && canonicalKey(name).includes(wanted));
  const found: Member[] = [];
  let next: string | null = after ?? null;
  for (let looked = 0; looked < SEARCHED_AT_ONCE; looked += SEARCH_STEP) {
    const page = await store.listMembers(serverId, SEARCH_STEP, next ?? undefined);
    found.push(...page.items.filter(isFound));
    next = page.next;
    if (found.length >= limit || next === null) break;
  }
  if (found.length <= limit) return { items: found, next };
  const items = found.slice(0, limit);
  return { items, next: items.at(-1)?.user_id ?? null };
}

/**
 * Changes a member: the own nickname; with moderate_members nickname and time-out of those who stand below; with manage_roles their roles, as far as
 * these stand below the actor's own and give nothing that the actor has not. When this returns, nobody hears what a role let them hear.
 * @throws server.not_found, auth.denied, member.not_found, role.not_found, input.invalid, limit.nickname, unavailable: to be repeated
 * Cost: 4 read units, 1 transaction of 2 writes (6 write units with the index), one push to each listener of the server, and `silenceHidden`.
 */
export async function update(
  actor: Account,
  { server_id, user_id, ...body }: UpdateMemberBody & { server_id: string; user_id: string },
): Promise<Member> {
  const userId = user_id === "@me" ? actor.user_id : user_id;
  if (body.nickname !== undefined && userId === actor.user_id) await limit.take({ ...ownNicknames, key: `nickname#${userId}` });
  const { server, after } = await audit.change(server_id, async () => {
    const membership = await asMember(actor, server_id);
    const { server, member } = membership;
    if (userId !== actor.user_id) assertSome(membership, updatingOthers);
    const before = isId("usr", userId) ? await store.findMember(server_id, userId) : undefined;
    if (!before) throw new AppError("member.not_found", "There is no such member in this server.");
    const after = { ...before, ...changedBy(membership, before, body) };
    const changes = audit.changesOf<Member>(before, after);
    const note = { action: "member.update" as const, target: { id: userId, name: before.user.username }, changes };
    return {
      by: member,
      writes: [store.writes.update(after)],
      note: changes.length > 0 ? note : null,
      value: { server, after },
    };
  });
  // Whatever was before: a call that ended half way is repeated, and changes nothing then.
  if (body.role_ids !== undefined) await silenceHidden(server_id);
  const topic = serverTopic(server_id);
  const member = present(server, after);
  await announce(topic, { type: "member_updated", topic, member });
  return member;
}

/** Each is told to everybody, and stands in the audit log. */
const ownNicknames = { max: 20, windowSeconds: 600, code: "limit.nickname" } as const;

const DAY_MS = 24 * 60 * 60 * 1000;

/** What of the wish may be. @throws auth.denied, role.not_found, input.invalid */
function changedBy(membership: Membership, before: Member, { nickname, role_ids, timeout_until }: UpdateMemberBody): Partial<Member> {
  const { server, member, rank } = membership;
  const isSelf = before.user_id === member.user_id;
  const assertOutranks = () => {
    if (rank > rankOf(server, before)) return;
    throw new AppError("auth.denied", "This member does not stand below you.");
  };
  const changed: Partial<Member> = {};
  if (nickname !== undefined && nickname !== before.nickname) {
    if (isSelf) assertPermission(membership, "send_messages");
    else {
      assertPermission(membership, "moderate_members");
      assertOutranks();
    }
    changed.nickname = nickname;
  }
  if (timeout_until !== undefined) {
    assertPermission(membership, "moderate_members");
    assertOutranks();
    const now = Date.now();
    if (timeout_until !== null && timeout_until > now + limits.timeoutDaysMax * DAY_MS) {
      const problem = `must be within ${limits.timeoutDaysMax} days`;
      throw new AppError("input.invalid", `timeout_until ${problem}.`, { details: { timeout_until: problem } });
    }
    changed.timeout_until = timeout_until !== null && timeout_until > now ? timeout_until : null;
  }
  if (role_ids !== undefined) {
    assertPermission(membership, "manage_roles");
    if (!isSelf) assertOutranks();
    changed.role_ids = rolesAfter(membership, present(server, before).role_ids, role_ids);
  }
  return changed;
}

/** @throws role.not_found, auth.denied */
function rolesAfter(membership: Membership, before: readonly string[], wanted: readonly string[]): string[] {
  const after = wanted.filter((id) => id !== everyoneRoleId(membership.server.id));
  const added = after.filter((id) => !before.includes(id));
  const removed = before.filter((id) => !after.includes(id));
  for (const id of removed) roleBelow(membership, id);
  for (const id of added) assertGrants(membership, roleBelow(membership, id).permissions);
  return after;
}
