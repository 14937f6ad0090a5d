import * as audit from "../audit/index";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { expiryIn, hasExpired } from "../lib/expiry";
import { newInviteCode } from "../lib/id";
import * as limit from "../limit/index";
import { badCursor } from "../lib/page";
import { joinBy } from "../member/joining";
import { writes } from "../member/store";
import type { CreateInviteBody, Invite, InvitePage, InvitePreview } from "../protocol/invite";
import type { PageQuery } from "../protocol/primitives";
import type { ServerDetail } from "../protocol/server";
import { asMember, withPermission } from "../server/access";
import { findServer } from "../server/store";
import * as store from "./store";
import type { InviteRow } from "./store";

/** Invites are kept until they expire, and everybody may make them: more than a person means. */
const madePerAccount = { max: 300, windowSeconds: 3_600, code: "limit.invites" } as const;

/** @throws server.not_found, auth.denied, limit.invites. Cost: 2 read units, 3 write units (one for the limit, one for the index). */
export async function create(
  actor: Account,
  { server_id, expires_in_hours, max_uses }: CreateInviteBody & { server_id: string },
): Promise<Invite> {
  const { server } = await withPermission(actor, server_id, "create_invites");
  await limit.take({ ...madePerAccount, key: `make-invite#${actor.user_id}` });
  const now = Date.now();
  const invite: InviteRow = {
    code: newInviteCode(),
    server_id,
    created_by: actor.user_id,
    created_at: now,
    expires_at: expiryIn(expires_in_hours, now),
    max_uses: max_uses ?? null,
    use_count: 0,
  };
  await store.put(invite);
  return { ...invite, server_name: server.name };
}

/** Where the invite leads, for everybody who has its code. @throws invite.not_found, invite.expired, invite.exhausted. Cost: 2 read units. */
export async function preview({ code }: { code: string }): Promise<InvitePreview> {
  const invite = await getUsable(code);
  const to = await findServer(invite.server_id);
  if (!to) throw notFound();
  return { code: invite.code, server_id: to.id, server_name: to.name, member_count: to.member_count, expires_at: invite.expires_at };
}

/**
 * Joins the server that the invite leads to. A use counts only if the join happened, and never more than `max_uses` do, however many join at once.
 * @throws invite.not_found, invite.expired, invite.exhausted, member.exists, member.banned
 * Cost: 1 read unit, and `joinBy` with 2 writes (4 write units).
 */
export async function join(actor: Account, { code }: { code: string }): Promise<ServerDetail> {
  const { code: canonical, server_id } = await get(code);
  return joinBy(actor, server_id, {
    writes: [store.writes.use(canonical), writes.countJoined(server_id)],
    async closed() {
      await getUsable(canonical);
      return notFound();
    },
  });
}

/** A list looks through so many invites of a server at a time, and answers with what it found so far. */
const LOOKED_THROUGH = 1_000;
const STEP = 100;

/**
 * The invites that the actor made; with manage_server everybody's. Those that have expired are left out, those that are used up are not.
 * One that was made or revoked within the last moments may be missing, or still be there. A page is short of `limit`, and yet not the last, only where
 * others have made a thousand invites between two.
 * @throws server.not_found. Cost: 2 read units, and 1 for each invite that was looked at.
 */
export async function list(actor: Account, { server_id, limit, cursor }: PageQuery & { server_id: string }): Promise<InvitePage> {
  const { server, permissions } = await asMember(actor, server_id);
  const isShown = (invite: InviteRow) =>
    (permissions.includes("manage_server") || invite.created_by === actor.user_id) && !hasExpired(invite);
  const found: InviteRow[] = [];
  let looked = 0;
  let next: string | null = assertCode(cursor) ?? null;
  do {
    const codes = await store.listCodes(server_id, looked === 0 ? Math.min(limit + 1, STEP) : STEP, next ?? undefined);
    found.push(...(await store.findAll(codes.items)).filter((invite) => isShown(invite)));
    looked += codes.items.length;
    next = codes.next;
  } while (next !== null && found.length <= limit && looked < LOOKED_THROUGH);
  const invites = found.slice(0, limit).map((invite) => ({ ...invite, server_name: server.name }));
  if (found.length > limit) next = invites.at(-1)?.code ?? null;
  return { invites, has_more: next !== null, next_cursor: next };
}

/**
 * Revokes an invite that the actor made; with manage_server anybody's. Nobody joins by it after this returns.
 * @throws server.not_found, invite.not_found (also for another's without that permission). Cost: 4 read units, 1 transaction of 2 writes.
 */
export async function revoke(actor: Account, { server_id, code }: { server_id: string; code: string }): Promise<void> {
  await audit.change(server_id, async () => {
    const { member, permissions } = await asMember(actor, server_id);
    const invite = await get(code);
    const may = invite.created_by === actor.user_id || permissions.includes("manage_server");
    if (invite.server_id !== server_id || !may) throw notFound();
    const note = { action: "invite.revoke" as const, target: { id: invite.code, name: invite.created_by } };
    return { by: member, writes: [store.writes.revoke(invite.code)], note, value: undefined };
  });
}

const CODE = /^[0-9a-z]{1,64}$/;

/** Codes are compared in lower case, since people type them. */
async function get(code: string): Promise<InviteRow> {
  const canonical = code.toLowerCase();
  const invite = CODE.test(canonical) ? await store.find(canonical) : undefined;
  if (!invite) throw notFound();
  return invite;
}

/** @throws input.invalid for a cursor that no list has given. */
function assertCode(cursor: string | undefined): string | undefined {
  if (cursor === undefined || CODE.test(cursor)) return cursor;
  throw badCursor();
}

async function getUsable(code: string): Promise<InviteRow> {
  const invite = await get(code);
  if (hasExpired(invite)) throw new AppError("invite.expired", "This invite has expired. Ask for a new one.");
  if (invite.max_uses !== null && invite.use_count >= invite.max_uses) {
    throw new AppError("invite.exhausted", "This invite was used as often as it may be. Ask for a new one.");
  }
  return invite;
}

const notFound = () => new AppError("invite.not_found", "There is no such invite. Check the link, or ask for a new one.");
