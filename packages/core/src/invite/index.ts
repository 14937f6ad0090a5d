import * as account from "../account/index";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError } from "../lib/error";
import { newInviteCode } from "../lib/id";
import { serverTopic } from "../lib/topic";
import type { CreateInviteBody, Invite, InvitePreview } from "../protocol/invite";
import type { ServerDetail } from "../protocol/server";
import { announce } from "../realtime/publish";
import { withPermission } from "../server/access";
import { draft } from "../member/index";
import * as server from "../server/index";
import { findServer } from "../server/store";
import * as store from "./store";

const HOUR_MS = 60 * 60 * 1000;

/** @throws server.not_found, auth.denied. Cost: 1.5 read units, 2 write units (one for the index). */
export async function create(
  actor: Account,
  { server_id, expires_in_hours, max_uses }: CreateInviteBody & { server_id: string },
): Promise<Invite> {
  const { server: of } = await withPermission(actor, server_id, "create_invites");
  const now = Date.now();
  const invite: Invite = {
    code: newInviteCode(),
    server_id,
    server_name: of.name,
    created_by: actor.user_id,
    created_at: now,
    expires_at: expires_in_hours == null ? null : Math.ceil(now + expires_in_hours * HOUR_MS),
    max_uses: max_uses ?? null,
    use_count: 0,
  };
  await store.put(invite);
  return invite;
}

/** Where the invite leads, for everybody who has its code. @throws invite.not_found, invite.expired, invite.exhausted. Cost: 1.5 read units. */
export async function preview({ code }: { code: string }): Promise<InvitePreview> {
  const invite = await getUsable(code);
  const to = await findServer(invite.server_id);
  if (!to) throw notFound();
  return { code: invite.code, server_id: to.id, server_name: to.name, member_count: to.member_count, expires_at: invite.expires_at };
}

/**
 * Joins the server that the invite leads to. A use counts only if the join happened, and never more than `max_uses` do, however many join at once.
 * @throws invite.not_found, invite.expired, invite.exhausted, member.exists
 * Cost: 5 read units, 1 transaction of 3 writes (10 write units with the indexes), one push to each listener of the server.
 */
export async function join(actor: Account, { code }: { code: string }): Promise<ServerDetail> {
  const [found, user] = await Promise.all([get(code), account.me(actor)]);
  const member = draft(found.server_id, user);
  try {
    await store.join(found.code, member);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    const [isMember, isUsedUp] = error.failed;
    if (isMember) throw new AppError("member.exists", "You are a member of this server already.", { cause: error });
    if (isUsedUp) await getUsable(code);
    throw notFound();
  }
  const topic = serverTopic(member.server_id);
  await announce(topic, { type: "member_joined", topic, member });
  return server.get(actor, { server_id: member.server_id });
}

/** Codes are compared in lower case, since people type them. */
async function get(code: string): Promise<Invite> {
  const invite = /^[0-9a-z]{1,64}$/i.test(code) ? await store.find(code.toLowerCase()) : undefined;
  if (!invite) throw notFound();
  return invite;
}

async function getUsable(code: string): Promise<Invite> {
  const invite = await get(code);
  if (invite.expires_at !== null && invite.expires_at <= Date.now()) {
    throw new AppError("invite.expired", "This invite has expired. Ask for a new one.");
  }
  if (invite.max_uses !== null && invite.use_count >= invite.max_uses) {
    throw new AppError("invite.exhausted", "This invite was used as often as it may be. Ask for a new one.");
  }
  return invite;
}

const notFound = () => new AppError("invite.not_found", "There is no such invite. Check the link, or ask for a new one.");
