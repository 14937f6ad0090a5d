import * as v from "valibot";
import { limits } from "./limits";
import { Id, PageEnd, SeqOrZero, Timestamp } from "./primitives";
import { line } from "./text";

export const permissions = [
  "manage_server",
  "manage_channels",
  "manage_roles",
  "create_invites",
  "moderate_members",
  "moderate_messages",
  "mention_everyone",
  "send_messages",
  "attach_files",
  "use_voice",
] as const;
export const Permission = v.picklist(permissions);
export type Permission = v.InferOutput<typeof Permission>;

/** A text channel's name is what is typed behind `#`: lower case, spaces become `-`. */
const ChannelName = v.pipe(
  line(limits.channelName.min, limits.channelName.max),
  v.transform((name) => name.toLowerCase().replace(/\s+/gu, "-")),
);

export const Channel = v.strictObject({
  id: Id("chn"),
  server_id: Id("srv"),
  name: v.string(),
  kind: v.picklist(["text"]),
  topic: v.nullable(v.string()),
  created_at: Timestamp,
});
export type Channel = v.InferOutput<typeof Channel>;

/**
 * How far the asking account has read a log. Unread is `head - last_read`; a mark starts at 0, and only `PUT …/read` moves it.
 * `mention_count` counts the messages behind the mark that mention the account by name, by role or as everyone; it counts no further than 500.
 */
export const ReadMark = v.strictObject({ last_read: SeqOrZero, mention_count: v.pipe(v.number(), v.integer(), v.minValue(0)) });
export type ReadMark = v.InferOutput<typeof ReadMark>;

/** A channel as one of its readers sees it. */
export const ChannelState = v.strictObject({
  ...Channel.entries,
  /** The number of its last message. */
  head: SeqOrZero,
  /** Something was said in the last 65 seconds: what follows at once may come without a hint (`unread`). */
  recent: v.boolean(),
  ...ReadMark.entries,
});
export type ChannelState = v.InferOutput<typeof ChannelState>;

export const Role = v.strictObject({
  id: Id("rol"),
  name: v.string(),
  color: v.nullable(v.string()),
  permissions: v.array(Permission),
});
export type Role = v.InferOutput<typeof Role>;

export const Server = v.strictObject({
  id: Id("srv"),
  name: v.string(),
  owner_id: Id("usr"),
  icon_url: v.nullable(v.string()),
  created_at: Timestamp,
});
export type Server = v.InferOutput<typeof Server>;

/** A server as one of its members sees it. */
export const ServerDetail = v.strictObject({
  ...Server.entries,
  channels: v.array(ChannelState),
  roles: v.array(Role),
  member_count: v.pipe(v.number(), v.integer(), v.minValue(0)),
  me: v.strictObject({
    user_id: Id("usr"),
    role_ids: v.array(Id("rol")),
    permissions: v.array(Permission),
    nickname: v.nullable(v.string()),
  }),
});
export type ServerDetail = v.InferOutput<typeof ServerDetail>;

export const Member = v.strictObject({
  server_id: Id("srv"),
  user_id: Id("usr"),
  user: v.strictObject({ id: Id("usr"), username: v.string(), display_name: v.nullable(v.string()), avatar_url: v.nullable(v.string()) }),
  nickname: v.nullable(v.string()),
  role_ids: v.array(Id("rol")),
  joined_at: Timestamp,
});
export type Member = v.InferOutput<typeof Member>;

export const CreateServerBody = v.strictObject({ name: line(limits.serverName.min, limits.serverName.max) });
export type CreateServerBody = v.InferOutput<typeof CreateServerBody>;

export const CreateChannelBody = v.strictObject({
  name: ChannelName,
  kind: v.picklist(["text"]),
  topic: v.optional(v.nullable(line(0, limits.channelTopicMax))),
});
export type CreateChannelBody = v.InferOutput<typeof CreateChannelBody>;

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

export const MemberPage = v.strictObject({ members: v.array(Member), ...PageEnd });
export type MemberPage = v.InferOutput<typeof MemberPage>;
