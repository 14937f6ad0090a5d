import * as account from "../account/index";
import * as audit from "../audit/index";
import { clearLeftovers, newChannel, present } from "../channel/index";
import { silencedBehind } from "../channel/sight";
import * as channels from "../channel/store";
import type { Account } from "../lib/actor";
import { TransactionFailed } from "../lib/dynamo";
import { AppError, unavailable } from "../lib/error";
import { channelLog, isId, newId } from "../lib/id";
import { assertCursor } from "../lib/page";
import * as log from "../log/index";
import * as member from "../member/index";
import * as members from "../member/store";
import type { Channel, ChannelState } from "../protocol/channel";
import { limits } from "../protocol/limits";
import type { Member } from "../protocol/member";
import type { PageQuery } from "../protocol/primitives";
import type { CreateServerBody, ServerDetail, ServerPage, TransferServerBody, UpdateServerBody } from "../protocol/server";
import { canonicalKey } from "../protocol/characters";
import * as readState from "../read-state/index";
import * as upload from "../upload/index";
import { asMember, asOwner, membershipOf, withPermission } from "./access";
import type { Membership } from "./access";
import { announceServer } from "./announce";
import { clearInPassing } from "./deletion";
import { everyoneRole } from "./everyone";
import { iconOf } from "./icon";
import * as store from "./store";
import type { ServerRow } from "./store";

export { remove } from "./deletion";

/** A table's key has at most 2,048 bytes, and some single characters are written out as many. */
const MAX_KEY_BYTES = 1_024;
const FIRST_CHANNEL = "general";

/** @throws input.invalid */
function assertNameFits(name: string): void {
  if (Buffer.byteLength(canonicalKey(name)) <= MAX_KEY_BYTES) return;
  throw new AppError("input.invalid", "This name is too long once it is written out.", { details: { name: "is too long" } });
}

/**
 * Makes a server with its first channel and its owner, or nothing.
 * @throws server.name_taken, account.not_found; unavailable: the actor's profile was changed just then
 * Cost: 1 read unit, 1 transaction of 4 writes and a check (12 write units with the index).
 */
export async function create(actor: Account, { name }: CreateServerBody): Promise<ServerDetail> {
  assertNameFits(name);
  const user = await account.getStaying(actor.user_id);
  const id = newId("srv");
  const server: ServerRow = {
    id,
    name,
    owner_id: user.id,
    icon_url: null,
    description: null,
    discoverable: false,
    roles: [everyoneRole(id)],
    created_at: Date.now(),
    member_count: 1,
  };
  const channel = newChannel(id, { name: FIRST_CHANNEL, kind: "text" });
  const owner = member.draft(id, user);
  await store.create(server, channel, owner, user).catch(orNotCreated);
  return detail(membershipOf(server, owner), [{ ...channel, head: 0, recent: false, last_read: 0, mention_count: 0 }]);
}

function orNotCreated(error: unknown): never {
  if (error instanceof TransactionFailed && !error.failed[0] && error.failed.at(-1)) throw unavailable(error);
  orNameTaken(error);
}

/** Of a transaction whose first part claims a name. */
function orNameTaken(error: unknown): never {
  if (!(error instanceof TransactionFailed && error.failed[0])) throw error;
  throw new AppError("server.name_taken", "There is a server with this name already. Choose another one.", { cause: error });
}

/**
 * A server as the actor sees it, with how far each channel has come and how far they have read.
 * @throws server.not_found. Cost: 2 read units, 1 per 4 KB of channels, 1 for each channel's head, 1 for the read marks and 1 for each role.
 */
export async function get(actor: Account, { server_id }: { server_id: string }): Promise<ServerDetail> {
  const [membership, listed] = await Promise.all([
    asMember(actor, server_id),
    isId("srv", server_id) ? channels.listAll(server_id) : undefined,
  ]);
  const { channels: all = [], leftovers = [] } = listed ?? {};
  if (leftovers.length > 0 && membership.permissions.includes("manage_channels")) await clearLeftovers(server_id, leftovers);
  return detail(
    membership,
    await withState(
      membership.member,
      all.filter(membership.sees).map((channel) => present(membership.server, channel)),
    ),
  );
}

function detail({ server, member: own, permissions }: Membership, listed: ChannelState[]): ServerDetail {
  const { role_ids, nickname, user_id, timeout_until } = member.present(server, own);
  return {
    ...store.publicPart(server),
    channels: listed,
    roles: server.roles,
    member_count: server.member_count,
    me: { user_id, role_ids, permissions: [...permissions], nickname, timeout_until },
  };
}

async function withState(reader: Member, listed: Channel[]): Promise<ChannelState[]> {
  const [markOf, ends] = await Promise.all([readState.ofServer(reader), Promise.all(listed.map(({ id }) => log.end(channelLog(id))))]);
  const burst = Date.now() - limits.burstMs - limits.burstMarginMs;
  return listed.map((channel, i) => {
    const { head = 0, at = 0 } = ends[i] ?? {};
    return { ...channel, head, recent: at > burst, ...markOf(channelLog(channel.id)) };
  });
}

/**
 * The servers of the actor, and whether something in them is unread.
 * Cost: half a read unit per 4 KB of memberships; for each server half a read unit, 1 per 4 KB of channels, 1 for each channel, 1 for the read marks
 * and 1 for each role.
 */
export async function list(actor: Account, { limit, cursor }: PageQuery): Promise<ServerPage> {
  const { items, next } = await members.listMemberships(actor.user_id, limit, assertCursor("srv", cursor));
  const { servers, deleted } = await store.listServers(items.map(({ server_id }) => server_id));
  const membershipIn = new Map(items.map((item) => [item.server_id, item]));
  const listed = await Promise.all(
    servers.map(async (server) => {
      const mine = membershipIn.get(server.id);
      const seen = mine ? (await channels.list(server.id)).filter(membershipOf(server, mine).sees) : [];
      const states = mine ? await withState(mine, seen) : [];
      return {
        ...store.publicPart(server),
        recent: states.some((channel) => channel.recent),
        unread: states.some(({ head, last_read }) => head > last_read),
        mention_count: states.reduce((sum, { mention_count }) => sum + mention_count, 0),
      };
    }),
  );
  await clearInPassing(actor, deleted);
  return { servers: listed, has_more: next !== null, next_cursor: next };
}

/**
 * Changes what a server is called and says of itself, and its icon; the one that it had is deleted.
 * @throws server.not_found, auth.denied, server.name_taken; for an icon what `upload.claimImage` throws
 * Cost: 3 read units, 1 transaction of 2 writes (4 if the name changes), one push to each listener of the server; for an icon see `upload.claimImage`
 * and `upload.releaseImage`.
 */
export async function update(
  actor: Account,
  { server_id, icon, ...body }: UpdateServerBody & { server_id: string },
): Promise<ServerDetail> {
  if (body.name !== undefined) assertNameFits(body.name);
  const usedBy = iconOf(server_id);
  const { before, after } = await audit
    .change(server_id, async () => {
      const { server: before, member: by } = await withPermission(actor, server_id, "manage_server");
      const icon_url = icon ? await upload.claimImage(actor, icon, "icon", usedBy) : icon;
      const after = { ...before, ...body, ...(icon_url === undefined ? {} : { icon_url }) };
      const changes = audit.changesOf<ServerRow>(before, after);
      const note = { action: "server.update" as const, target: { id: server_id, name: before.name }, changes };
      return { by, writes: store.updateWrites(before, after), note: changes.length > 0 ? note : null, value: { before, after } };
    })
    .catch(orNameTaken);
  if (before.icon_url !== after.icon_url) await upload.releaseImage(before.icon_url, usedBy);
  await announceServer(after);
  return get(actor, { server_id });
}

/**
 * Hands the server to another member; its former owner stays as one without a role.
 * @throws server.not_found, auth.denied, member.not_found, unavailable: to be repeated
 * Cost: 4 read units, 1 transaction of 3 writes, one push to each listener of the server, and `silenceHidden`.
 */
export async function transfer(actor: Account, { server_id, user_id }: TransferServerBody & { server_id: string }): Promise<ServerDetail> {
  const handed = audit.change(server_id, async () => {
    const { server: before, member: by } = await asOwner(actor, server_id);
    const target = await members.findMember(server_id, user_id);
    if (!target) throw new AppError("member.not_found", "There is no such member in this server.");
    const note = { action: "server.transfer" as const, target: { id: user_id, name: target.user.username } };
    const after = { ...before, owner_id: user_id };
    const writes = [...store.updateWrites(before, after), members.writes.isMember(server_id, user_id)];
    return { by, writes, note: user_id === before.owner_id ? null : note, value: after };
  });
  // The owner sees every channel, and is not the owner any more.
  await announceServer(await silencedBehind(server_id, handed, "auth.denied"));
  return get(actor, { server_id });
}
