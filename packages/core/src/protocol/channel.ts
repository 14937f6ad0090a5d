import * as v from "valibot";
import { limits } from "./limits";
import { Id, SeqOrZero, Timestamp } from "./primitives";
import { line, orNull } from "./text";

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
  /** The heading that it stands under; channels with the same one stand together. */
  category: v.nullable(v.string()),
  /** How long each member waits between two messages; 0: not at all. */
  slow_mode_seconds: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** Only for members with one of the roles, those who are named, and those who manage channels; nobody else knows that it exists. */
  private: v.boolean(),
  allowed_role_ids: v.array(Id("rol")),
  allowed_user_ids: v.array(Id("usr")),
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

const distinct = <T>(values: T[]): T[] => [...new Set(values)];

const settings = {
  topic: orNull(line(0, limits.channelTopicMax)),
  category: orNull(line(0, limits.categoryMax)),
  slow_mode_seconds: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(0, "must be at least 0"),
    v.maxValue(limits.slowModeSecondsMax, `must be at most ${limits.slowModeSecondsMax}`),
  ),
  private: v.boolean(),
  allowed_role_ids: v.pipe(v.array(Id("rol")), v.maxLength(limits.rolesPerServerMax), v.transform(distinct)),
  allowed_user_ids: v.pipe(v.array(Id("usr")), v.maxLength(limits.allowedUsersMax), v.transform(distinct)),
};

export const CreateChannelBody = v.strictObject({
  name: ChannelName,
  kind: v.picklist(["text"]),
  ...v.partial(v.object(settings)).entries,
});
export type CreateChannelBody = v.InferOutput<typeof CreateChannelBody>;

export const UpdateChannelBody = v.partial(v.strictObject({ name: ChannelName, ...settings }));
export type UpdateChannelBody = v.InferOutput<typeof UpdateChannelBody>;

/** What is missing comes behind, in the order that it had. */
export const OrderChannelsBody = v.strictObject({ order: v.pipe(v.array(Id("chn")), v.maxLength(limits.channelsPerServerMax)) });
export type OrderChannelsBody = v.InferOutput<typeof OrderChannelsBody>;

export const ChannelList = v.strictObject({ channels: v.array(Channel) });
export type ChannelList = v.InferOutput<typeof ChannelList>;
