import type { RouteName } from "@agora/core/protocol/signatures";
import { uniqueName } from "../../testing/stack";
import { PASSWORD, type Caller, type Stage } from "./cast";

/** What a call of a route looks like that is right in everything but, perhaps, the caller. */
export interface Row {
  query?: string;
  body?: (stage: Stage) => object;
  /** Path parameters beside the server and its channel. Made anew for each call, so that a call finds what the one before has taken away. */
  ids?: (stage: Stage) => Record<string, string> | Promise<Record<string, string>>;
  /** A body that is wrong, to see whether a caller who may not is told so. */
  badBody?: object;
  /** What is said to a member where the route's `who` does not say it all: undefined if it is done. */
  refusal?: (caller: Caller) => [number, string] | undefined;
  /** It is not to be expected that the call succeeds: what it leads to is made up. */
  isMadeUp?: boolean;
}

const members = (stage: Stage) => `/servers/${stage.serverId}`;
const messages = (stage: Stage) => `${members(stage)}/channels/${stage.channelId}/messages`;
const said = async (stage: Stage) => ({ seq: String((await stage.does(`POST ${messages(stage)}`, { content: "said" })).seq) });
const reactedTo = async (stage: Stage) => ({ ...(await said(stage)), emoji: encodeURIComponent("👍") });
const newRole = async (stage: Stage) => ({
  role_id: (await stage.does(`POST ${members(stage)}/roles`, { name: uniqueName("r") })).id as string,
});
const banned = async (stage: Stage) => {
  const { id } = stage.cast.people.stranger.user;
  await stage.does(`PUT ${members(stage)}/bans/${id}`, {});
  return { user_id: id };
};
const newChannel = async (stage: Stage) => ({
  channel_id: (await stage.does(`POST ${members(stage)}/channels`, { name: "target", kind: "text" })).id as string,
});
const saidInDm = async (stage: Stage) => ({
  seq: String((await stage.does(`POST /dms/${stage.cast.dmId}/messages`, { content: "said" })).seq),
});
const reactedToInDm = async (stage: Stage) => ({ ...(await saidInDm(stage)), emoji: encodeURIComponent("👍") });
const newGroup = async (stage: Stage) => {
  const { member, extra } = stage.cast.people;
  return { dm_id: (await stage.does("POST /dms", { user_ids: [member.user.id, extra.user.id] })).id as string };
};
/** Their rights are enough for anybody's; a plain member has those over what is their own alone. */
const unless = (permitted: readonly Caller[], refusal: [number, string]) => (caller: Caller) =>
  permitted.includes(caller) ? undefined : refusal;

/** A route without a row does not compile. */
export const rows: Record<RouteName, Row> = {
  health: {},
  openapi: {},
  register: { body: () => ({ email: `${uniqueName()}@example.org`, username: uniqueName(), password: PASSWORD }) },
  login: { body: () => ({ email: "nobody@example.org", password: "wrong" }), isMadeUp: true },
  refresh: { body: () => ({ refresh_token: "invented" }), isMadeUp: true },
  logout: { isMadeUp: true },
  listSessions: {},
  endSession: { ids: () => ({ session_id: "ses_0000000000000000" }), isMadeUp: true },
  listKeys: { query: "limit=1" },
  createKey: { body: () => ({ name: "a script", scopes: ["messages:read"] }), badBody: { name: "a script", scopes: ["everything"] } },
  revokeKey: { ids: () => ({ key_id: "key_0000000000000000" }), isMadeUp: true },
  me: {},
  deleteAccount: { body: () => ({ password: "not the password" }), badBody: { password: 7 }, isMadeUp: true },
  changePassword: {
    body: () => ({ current_password: "not the password", new_password: "neither is this" }),
    badBody: { current_password: "x", new_password: 7 },
    isMadeUp: true,
  },
  searchUsers: { query: "q=ab" },
  getUser: { ids: () => ({ user_id: "@me" }) },
  updateProfile: { body: () => ({ bio: uniqueName("b") }), badBody: { bio: 7 } },
  createTicket: {},
  createRoom: { ids: () => ({ room: uniqueName("room").replace("_", "-") }), body: () => ({ ttl_hours: 1 }) },
  previewRoom: { ids: () => ({ room: "a-room" }) },
  reportRoom: { ids: () => ({ room: "not-made" }), body: () => ({ reason: "x" }), isMadeUp: true },
  moveRoom: { ids: () => ({ room: "not-made" }), body: () => ({ name: uniqueName("s") }), badBody: { name: 7 }, isMadeUp: true },
  listRoomReports: {},
  closeRoom: { ids: () => ({ room: "a-room-to-close" }), body: () => ({ hours: 1 }), badBody: { hours: "long" } },
  reopenRoom: { ids: () => ({ room: "a-room-to-close" }) },

  listTopics: {},
  putTopic: { ids: () => ({ topic: uniqueName("t") }), body: () => ({}), badBody: { retention_hours: "long" } },
  produce: { ids: () => ({ topic: uniqueName("t") }), body: () => ({ payload: 1 }), badBody: { messages: 7 } },
  // A topic is found by its name among the own ones: there is nothing of others to be asked for.
  getTopic: { ids: () => ({ topic: "not-made" }), isMadeUp: true },
  deleteTopic: { ids: () => ({ topic: "not-made" }), isMadeUp: true },
  consume: { ids: () => ({ topic: "not-made" }), isMadeUp: true },
  listGroups: { ids: () => ({ topic: "not-made" }), isMadeUp: true },
  getGroup: { ids: () => ({ topic: "not-made", group: "g" }), isMadeUp: true },
  putGroup: { ids: () => ({ topic: "not-made", group: "g" }), body: () => ({}), badBody: { lease_seconds: "long" }, isMadeUp: true },
  deleteGroup: { ids: () => ({ topic: "not-made", group: "g" }), isMadeUp: true },
  poll: { ids: () => ({ topic: "not-made", group: "g" }), body: () => ({ consumer: "c" }), badBody: { consumer: 7 }, isMadeUp: true },
  commit: {
    ids: () => ({ topic: "not-made", group: "g" }),
    body: () => ({ generation: 1, offset: 1 }),
    badBody: { generation: "new" },
    isMadeUp: true,
  },

  listServers: {},
  createServer: { body: () => ({ name: uniqueName("s") }), badBody: { name: 7 } },
  discoverServers: { query: "q=a" },
  joinServer: { isMadeUp: true },
  joinByPassword: {
    body: () => ({ server_name: "no such server", password: "wrong password" }),
    badBody: { server_name: 7 },
    isMadeUp: true,
  },
  getServer: {},
  updateServer: { body: () => ({ description: uniqueName("d") }), badBody: { name: 7 } },
  deleteServer: {},
  transferServer: { body: ({ cast }) => ({ user_id: cast.people.member.user.id }), badBody: { user_id: 7 } },
  listAudit: { query: "limit=1" },

  createRole: { body: () => ({ name: "new" }), badBody: { name: 7 } },
  orderRoles: { body: () => ({ order: [] }), badBody: { order: "up" } },
  updateRole: { ids: newRole, body: () => ({ name: uniqueName("r") }), badBody: { name: 7 } },
  deleteRole: { ids: newRole },

  listMembers: { query: "limit=1" },
  updateMember: { ids: () => ({ user_id: "@me" }), body: () => ({ nickname: uniqueName("n") }), badBody: { nickname: 7 } },
  removeMember: {
    async ids(stage) {
      const { extra } = stage.cast.people;
      await stage.joins(extra);
      return { user_id: extra.user.id };
    },
  },
  listBans: { query: "limit=1" },
  getBan: { ids: banned },
  ban: { ids: ({ cast }) => ({ user_id: cast.people.stranger.user.id }), body: () => ({ reason: "x" }), badBody: { reason: 7 } },
  unban: { ids: banned },

  createChannel: { body: () => ({ name: "new", kind: "text" }), badBody: { name: 7 } },
  orderChannels: { body: () => ({ order: [] }), badBody: { order: "up" } },
  updateChannel: { body: () => ({ topic: uniqueName("t") }), badBody: { topic: 7 } },
  deleteChannel: { ids: newChannel },

  createInvite: { body: () => ({}), badBody: { max_uses: "many" } },
  listInvites: { query: "limit=1" },
  revokeInvite: {
    ids: async (stage) => ({ code: (await stage.does(`POST ${members(stage)}/invites`, {})).code as string }),
    refusal: unless(["owner"], [404, "invite.not_found"]),
  },
  previewInvite: {},
  joinByInvite: { isMadeUp: true },
  createPassword: { body: () => ({ password: "a password to share" }), badBody: { password: 7 } },
  listPasswords: { query: "limit=1" },
  revokePassword: {
    ids: async (stage) => {
      const { id } = await stage.does(`POST ${members(stage)}/passwords`, { password: "a password to share", expires_in_hours: 0.01 });
      return { password_id: id as string };
    },
  },

  listMessages: { query: "limit=1" },
  sendMessage: { body: () => ({ content: "hello" }), badBody: { content: "" } },
  editMessage: {
    ids: said,
    body: () => ({ content: uniqueName("edited ") }),
    badBody: { content: 7 },
    refusal: unless(["owner"], [403, "auth.denied"]),
  },
  deleteMessage: { ids: said, refusal: unless(["moderator", "owner"], [403, "auth.denied"]) },
  addReaction: { ids: reactedTo },
  removeReaction: { ids: reactedTo },
  searchMessages: { query: "q=hello" },
  listPins: { query: "limit=1" },
  pinMessage: { ids: said },
  unpinMessage: { ids: said },
  bulkDeleteMessages: { body: () => ({ seqs: [1] }), badBody: { seqs: "all" } },
  reportMessage: { ids: said, body: () => ({ reason: "x" }), badBody: { reason: 7 } },
  listReports: { query: "limit=1" },
  resolveReport: {
    async ids(stage) {
      const { extra } = stage.cast.people;
      await stage.joins(extra);
      const { seq } = await said(stage);
      await stage.does(`POST ${messages(stage)}/${seq}/report`, {}, extra); // nobody else of the cast may use up how often one may report
      const { reports } = await stage.does(`GET ${members(stage)}/reports`);
      return { report_seq: String(reports[0].seq) };
    },
  },
  markRead: { body: () => ({ seq: 0 }), badBody: { seq: "all" } },
  type: {},

  listConversations: { query: "limit=1" },
  createConversation: { body: ({ cast }) => ({ user_ids: [cast.people.extra.user.id] }), badBody: { user_ids: "all" } },
  getConversation: {},
  updateConversation: { body: () => ({ name: uniqueName("g") }), badBody: { name: 7 } },
  leaveConversation: { ids: newGroup },
  listMessagesInDm: { query: "limit=1" },
  searchMessagesInDm: { query: "q=hello" },
  sendMessageInDm: { body: () => ({ content: "hello" }), badBody: { content: "" } },
  editMessageInDm: {
    ids: saidInDm,
    body: () => ({ content: uniqueName("edited ") }),
    badBody: { content: 7 },
    refusal: unless(["owner"], [403, "auth.denied"]),
  },
  addReactionInDm: { ids: reactedToInDm },
  removeReactionInDm: { ids: reactedToInDm },
  listPinsInDm: { query: "limit=1" },
  pinMessageInDm: { ids: saidInDm },
  unpinMessageInDm: { ids: saidInDm },
  deleteMessageInDm: { ids: saidInDm, refusal: unless(["owner"], [403, "auth.denied"]) },
  markReadInDm: { body: () => ({ seq: 0 }), badBody: { seq: "all" } },
  typeInDm: {},
  listBlocks: { query: "limit=1" },
  block: { ids: ({ cast }) => ({ user_id: cast.people.stranger.user.id }) },
  unblock: { ids: ({ cast }) => ({ user_id: cast.people.stranger.user.id }) },

  createUpload: {
    body: () => ({ filename: "a.png", size: 100, content_type: "image/png", purpose: "attachment" }),
    badBody: { filename: 7 },
  },
  // Whether there is such an image, the store says.
  getImage: { ids: () => ({ file_id: "upl_0000000000000000" }) },
  getFile: { ids: () => ({ file_id: "upl_0000000000000000" }), isMadeUp: true },
};
