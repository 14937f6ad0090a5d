import * as v from "valibot";
import { isUnchanged } from "../account/store";
import type { UserRow } from "../account/store";
import { createWrites, toChannel } from "../channel/store";
import { getItem, getItems, query, transactWrite } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { toMember, writes as memberWrites } from "../member/store";
import type { Channel } from "../protocol/channel";
import type { Member } from "../protocol/member";
import { Role } from "../protocol/role";
import { Server } from "../protocol/server";
import { canonicalKey } from "../protocol/characters";
import { everyoneRole } from "./everyone";

/*
 * Servers
 * | id    | name | owner_id | icon_url | description | discoverable | roles: [Role, …] | member_count | channel_count | created_at | deleted_at |
 * | of one that wants to be found also, for the index by_discovery: discovery ("open"), name_key (what its canonical name begins with)        |
 *
 * Names: `server#<canonical name>` → server_id
 *
 * A row with `deleted_at` is being cleared away, and counts as absent.
 */

const ServerRow = v.object({
  ...Server.entries,
  description: v.optional(Server.entries.description, null),
  discoverable: v.optional(Server.entries.discoverable, false),
  roles: v.optional(v.array(Role)),
  member_count: v.number(),
});
export type ServerRow = Server & { roles: Role[]; member_count: number };
const ServerItem = v.object(v.omit(ServerRow, ["roles", "member_count"]).entries);

const isThere = (item: Record<string, unknown> | undefined): item is Record<string, unknown> =>
  item !== undefined && !("deleted_at" in item);

function toServer(item: Record<string, unknown> | undefined): ServerRow | undefined {
  if (!isThere(item)) return undefined;
  const row = v.parse(ServerRow, item);
  return { ...row, roles: row.roles ?? [everyoneRole(row.id)] };
}

/** The server as everybody may know it who knows of it. */
export const publicPart = (server: ServerRow): Server => v.parse(ServerItem, server);

/** What decides about rights, in one call. All of it is read consistently, so that a right that was taken away is gone from the moment that it is stored. */
export async function findForAccess(
  serverId: string,
  userId: string,
  channelId?: string,
): Promise<{ server: ServerRow | undefined; member: Member | undefined; channel: Channel | undefined }> {
  const found = await getItems({
    Servers: { keys: [{ id: serverId }], consistent: true },
    Members: { keys: [{ server_id: serverId, user_id: userId }], consistent: true },
    ...(channelId === undefined ? {} : { Channels: { keys: [{ server_id: serverId, id: channelId }], consistent: true } }),
  });
  return { server: toServer(found.Servers?.[0]), member: toMember(found.Members?.[0]), channel: toChannel(found.Channels?.[0]) };
}

/** Cost: 1 read unit. */
export async function findServer(serverId: string): Promise<ServerRow | undefined> {
  return toServer(await getItem("Servers", { id: serverId }, { consistent: true }));
}

const nameOf = (name: string) => `server#${canonicalKey(name)}`;

const claimName = (name: string, serverId: string): Write => ({
  table: "Names",
  put: { name: nameOf(name), server_id: serverId },
  condition: "attribute_not_exists(#name)",
  names: { "#name": "name" },
});

const releaseName = (name: string): Write => ({ table: "Names", key: { name: nameOf(name) }, delete: true });

/** What a table's key may have, less than its 2,048 bytes and more than any server's name. */
const KEY_MAX_BYTES = 2_000;
/** A key that no server has, since a name has a visible character. */
const NOBODYS = nameOf("");

/** The id of the server that has the name. Does the same for a name that is too long for any. Cost: 1 read unit. */
export async function findIdByName(name: string): Promise<string | undefined> {
  const key = nameOf(name);
  const item = await getItem("Names", { name: Buffer.byteLength(key) <= KEY_MAX_BYTES ? key : NOBODYS }, { consistent: true });
  return item && v.parse(v.object({ server_id: v.string() }), item).server_id;
}

/** @param founder the owner's account. @throws TransactionFailed: its first part is the name, its last the account. */
export async function create(server: ServerRow, channel: Channel, owner: Member, founder: UserRow): Promise<void> {
  await transactWrite([
    claimName(server.name, server.id),
    { table: "Servers", put: { ...server, channel_count: 1 }, condition: "attribute_not_exists(id)" },
    ...createWrites(channel).slice(0, 1),
    memberWrites.add(owner, founder.revision),
    isUnchanged(founder),
  ]);
}

/** The writes that make one of the other, for a transaction; if the name changes, the first claims it. */
export function updateWrites(before: ServerRow, after: ServerRow): Write[] {
  const isRenamed = canonicalKey(before.name) !== canonicalKey(after.name);
  const { id, name, owner_id, icon_url, description, discoverable, roles } = after;
  const common = { table: "Servers" as const, key: { id }, condition: "attribute_exists(id) AND attribute_not_exists(deleted_at)" };
  const set =
    "SET #name = :name, owner_id = :owner, icon_url = :icon, description = :description, discoverable = :discoverable, #roles = :roles";
  const names = { "#name": "name", "#roles": "roles" };
  const values = {
    ":name": name,
    ":owner": owner_id,
    ":icon": icon_url,
    ":description": description,
    ":discoverable": discoverable,
    ":roles": roles,
  };
  const update: Write = discoverable
    ? {
        ...common,
        update: `${set}, discovery = :open, name_key = :key`,
        names,
        values: { ...values, ":open": OPEN, ":key": discoveryKey(name) },
      }
    : { ...common, update: `${set} REMOVE discovery, name_key`, names, values };
  return isRenamed ? [claimName(name, id), releaseName(before.name), update] : [update];
}

/** From then on the server is absent and its name is free. @throws TransactionFailed if it is gone already, or has another owner. */
export async function markDeleted({ id, name, owner_id }: ServerRow): Promise<void> {
  await transactWrite([
    {
      table: "Servers",
      key: { id },
      update: "SET deleted_at = :now REMOVE discovery, name_key",
      condition: "attribute_not_exists(deleted_at) AND owner_id = :owner AND #name = :name",
      names: { "#name": "name" },
      values: { ":now": Date.now(), ":owner": owner_id, ":name": name },
    },
    releaseName(name),
  ]);
}

/** The last step of clearing a server away: with its owner's membership goes the note that there is something left to do. */
export async function forget(serverId: string, ownerId: string): Promise<void> {
  await transactWrite([
    { table: "Servers", key: { id: serverId }, delete: true },
    { table: "Members", key: { server_id: serverId, user_id: ownerId }, delete: true },
  ]);
}

/** The owner of a server that is being cleared away, and its roles; undefined if it is none. */
export async function findDeleted(
  serverId: string,
): Promise<{ owner_id: string; icon_url: string | null; role_ids: string[] } | undefined> {
  const item = await getItem("Servers", { id: serverId }, { consistent: true });
  if (!item || isThere(item)) return undefined;
  const { owner_id, icon_url, roles = [] } = v.parse(ServerRow, item);
  return { owner_id, icon_url, role_ids: roles.map(({ id }) => id) };
}

/** The servers of a page of memberships, in the order of the ids; and which of them are being cleared away. */
export async function listServers(ids: string[]): Promise<{ servers: ServerRow[]; deleted: string[] }> {
  if (ids.length === 0) return { servers: [], deleted: [] };
  const { Servers = [] } = await getItems({ Servers: { keys: ids.map((id) => ({ id })) } });
  const byId = new Map(Servers.map((item) => [item["id"], toServer(item)]));
  return {
    servers: ids.flatMap((id) => byId.get(id) ?? []),
    deleted: Servers.filter((item) => !isThere(item)).map(({ id }) => String(id)),
  };
}

/** The one partition of those that want to be found. */
const OPEN = "open";

/** Code points of a name by which those that want to be found are put into order: so many that a cursor that holds them fits `limits.cursorMax`. */
const DISCOVERY_KEY_MAX = 80;
const discoveryKey = (name: string): string => Array.from(canonicalKey(name)).slice(0, DISCOVERY_KEY_MAX).join("");

/** Where a page of them has ended. */
export interface OpenPosition {
  name_key: string;
  id: string;
}

/** Of a list of those whose names begin so. */
export const isWithin = ({ name_key }: OpenPosition, prefix: string): boolean => name_key.startsWith(discoveryKey(prefix));

/**
 * Those that want to be found and whose names begin so, by their names. The index tells where to look, each server's own row what is true of it, so a
 * page may be short of `limit`. `after` must be within. Cost: half a read unit for about forty, and half a one each.
 */
export async function listOpen(
  prefix: string,
  limit: number,
  after: OpenPosition | undefined,
): Promise<{ items: ServerRow[]; next: OpenPosition | undefined }> {
  const { items } = await query("Servers", {
    index: "by_discovery",
    key: prefix === "" ? "discovery = :open" : "discovery = :open AND begins_with(name_key, :prefix)",
    values: { ":open": OPEN, ...(prefix === "" ? {} : { ":prefix": discoveryKey(prefix) }) },
    limit: limit + 1,
    startKey: after && { discovery: OPEN, ...after },
  });
  const positions = items.map(({ name_key, id }) => ({ name_key: String(name_key), id: String(id) }));
  const { servers } = await listServers(positions.slice(0, limit).map(({ id }) => id));
  return {
    items: servers.filter(({ name, discoverable }) => discoverable && canonicalKey(name).startsWith(canonicalKey(prefix))),
    next: positions.length > limit ? positions[limit - 1] : undefined,
  };
}
