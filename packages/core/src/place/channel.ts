import { channelLog, everyoneRoleId } from "../lib/id";
import { serverTopic } from "../lib/topic";
import { findMembers } from "../member/store";
import type { Channel } from "../protocol/channel";
import type { Member } from "../protocol/member";
import type { Message } from "../protocol/message";
import type { Hint } from "../realtime/publish";
import { assertPermission, audienceNow } from "../server/access";
import type { Membership } from "../server/access";
import type { Place, Reader, Readership } from "./place";
import { findSeeing, mentionedIn } from "./mentioned";
import { passSlowMode } from "./slow-mode";

/** A member is named by the role that everybody has, too. */
export const readerOf = ({ server_id, user_id, role_ids }: Pick<Member, "server_id" | "user_id" | "role_ids">): Reader => ({
  user_id,
  role_ids: [...new Set([everyoneRoleId(server_id), ...role_ids])],
});

export function readershipOfChannel(channel: Channel): Readership {
  const audience = audienceNow(channel);
  return {
    logId: channelLog(channel.id),
    serverId: channel.server_id,
    audienceNow: audience,
    async readersNow(userIds) {
      const [members, allowed] = await Promise.all([findMembers(channel.server_id, userIds), audience(userIds)]);
      return members.filter(({ user_id }) => allowed.has(user_id)).map(readerOf);
    },
  };
}

export function placeOfChannel(membership: Membership & { channel: Channel }): Place {
  const { channel, member } = membership;
  return {
    ...readershipOfChannel(channel),
    reader: readerOf(member),
    author: () => Promise.resolve(member.user),
    readersAmong: async (userIds) => (await findSeeing(membership, userIds)).map(readerOf),
    assertMayPin: () => assertPermission(membership, "moderate_messages"),
    async namedIn(content, before) {
      const { members, roleIds } = await mentionedIn(content, membership, before);
      return { readers: members.map(readerOf), roleIds };
    },
    assertMayAttach: () => assertPermission(membership, "attach_files"),
    pass: (wish) => passSlowMode(membership, wish),
    noteSaid: () => Promise.resolve(),
    hintOf(message, opensBurst) {
      const roleIds = message.mentioned_role_ids ?? [];
      return opensBurst || roleIds.length > 0 ? hintOf(channel, message, roleIds) : undefined;
    },
  };
}

/** To those who have the server in sight. */
function hintOf(channel: Channel, { log_id, seq }: Message, roleIds: string[]): Hint {
  const frame = {
    type: "unread" as const,
    topic: log_id,
    server_id: channel.server_id,
    head: seq,
    ...(roleIds.length > 0 ? { role_ids: roleIds } : {}),
  };
  return { topics: [serverTopic(channel.server_id)], frame, audience: audienceNow(channel) };
}
