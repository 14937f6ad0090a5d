import * as v from "valibot";
import { ChannelState, ReadMark } from "./channel";
import { limits } from "./limits";
import { Id, PageEnd, PageQuery, Timestamp } from "./primitives";
import { Permission, Role } from "./role";
import { line, orNull, paragraph } from "./text";

export const Server = v.strictObject({
  id: Id("srv"),
  name: v.string(),
  owner_id: Id("usr"),
  icon_url: v.nullable(v.string()),
  description: v.nullable(v.string()),
  /** Everybody with an account finds it, and may join. */
  discoverable: v.boolean(),
  created_at: Timestamp,
});
export type Server = v.InferOutput<typeof Server>;

const MemberCount = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A server as one of its members sees it. */
export const ServerDetail = v.strictObject({
  ...Server.entries,
  /** Those that the member may know of, in their order. */
  channels: v.array(ChannelState),
  roles: v.array(Role),
  member_count: MemberCount,
  me: v.strictObject({
    user_id: Id("usr"),
    role_ids: v.array(Id("rol")),
    /** What the member may do now: during a time-out nothing. */
    permissions: v.array(Permission),
    nickname: v.nullable(v.string()),
    timeout_until: v.nullable(Timestamp),
  }),
});
export type ServerDetail = v.InferOutput<typeof ServerDetail>;

const ServerName = line(limits.serverName.min, limits.serverName.max);

export const CreateServerBody = v.strictObject({ name: ServerName });
export type CreateServerBody = v.InferOutput<typeof CreateServerBody>;

export const UpdateServerBody = v.partial(
  v.strictObject({
    name: ServerName,
    description: orNull(paragraph(0, limits.serverDescriptionMax)),
    discoverable: v.boolean(),
    /** An upload for this; null: none any more. */
    icon: v.nullable(Id("upl")),
  }),
);
export type UpdateServerBody = v.InferOutput<typeof UpdateServerBody>;

export const TransferServerBody = v.strictObject({ user_id: Id("usr") });
export type TransferServerBody = v.InferOutput<typeof TransferServerBody>;

/** A server in the list of somebody's servers. */
export const ServerListItem = v.strictObject({
  ...Server.entries,
  /** Something in it has not been read. */
  unread: v.boolean(),
  /** Of one of its channels: see `ChannelState`. */
  recent: v.boolean(),
  mention_count: ReadMark.entries.mention_count,
});
export type ServerListItem = v.InferOutput<typeof ServerListItem>;

export const ServerPage = v.strictObject({ servers: v.array(ServerListItem), ...PageEnd });
export type ServerPage = v.InferOutput<typeof ServerPage>;

/** What everybody with an account may see of a server that wants to be found. */
export const DiscoveredServer = v.strictObject({
  ...v.pick(Server, ["id", "name", "icon_url", "description"]).entries,
  member_count: MemberCount,
});
export type DiscoveredServer = v.InferOutput<typeof DiscoveredServer>;

/** `q`: what the name begins with. */
export const DiscoverQuery = v.strictObject({ ...PageQuery.entries, q: v.optional(line(1, limits.searchMax)) });
export type DiscoverQuery = v.InferOutput<typeof DiscoverQuery>;

export const DiscoverPage = v.strictObject({ servers: v.array(DiscoveredServer), ...PageEnd });
export type DiscoverPage = v.InferOutput<typeof DiscoverPage>;
