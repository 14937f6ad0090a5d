import type { Channel, ChannelState } from "@agora/core/protocol/channel";
import type { ConversationState } from "@agora/core/protocol/conversation";
import type { Member } from "@agora/core/protocol/member";
import type { Server, ServerDetail } from "@agora/core/protocol/server";

/** A channel as a frame tells of it. */
export const bareChannel = (id: string, server_id = "srv_1", fields: Partial<Channel> = {}): Channel => ({
  id,
  server_id,
  name: id,
  kind: "text",
  topic: null,
  category: null,
  slow_mode_seconds: 0,
  private: false,
  allowed_role_ids: [],
  allowed_user_ids: [],
  created_at: 0,
  ...fields,
});

/** A channel in which nothing was said yet. */
export const channel = (id: string, server_id = "srv_1", fields: Partial<ChannelState> = {}): ChannelState => ({
  ...bareChannel(id, server_id),
  head: 0,
  recent: false,
  last_read: 0,
  mention_count: 0,
  ...fields,
});

export const member = (user_id: string, server_id = "srv_1", fields: Partial<Member> = {}): Member => ({
  server_id,
  user_id,
  user: { id: user_id, username: user_id, display_name: null, avatar_url: null },
  nickname: null,
  role_ids: [],
  timeout_until: null,
  joined_at: 0,
  ...fields,
});

export const bareServer = (id: string, fields: Partial<Server> = {}): Server => ({
  id,
  name: id,
  owner_id: "usr_a",
  icon_url: null,
  description: null,
  discoverable: false,
  created_at: 0,
  ...fields,
});

/** A server with one channel, as its member `usr_a` sees it. */
export function server(
  id: string,
  { me, ...fields }: Partial<Omit<ServerDetail, "me">> & { me?: Partial<ServerDetail["me"]> } = {},
): ServerDetail {
  return {
    ...bareServer(id),
    channels: [channel("general", id)],
    roles: [],
    member_count: 1,
    me: { user_id: "usr_a", role_ids: [], permissions: [], nickname: null, timeout_until: null, ...me },
    ...fields,
  };
}

/** A direct conversation of `usr_me` with somebody, or with several a group. */
export function conversation(id: string, others: string[] = ["usr_2"], fields: Partial<ConversationState> = {}): ConversationState {
  return {
    id,
    kind: others.length > 1 ? "group" : "direct",
    name: null,
    users: ["usr_me", ...others].map((userId) => ({ id: userId, username: userId, display_name: null, avatar_url: null, created_at: 0 })),
    created_by: "usr_me",
    created_at: 0,
    last_activity_at: 0,
    head: 0,
    last_read: 0,
    mention_count: 0,
    blocked: false,
    ...fields,
  };
}
