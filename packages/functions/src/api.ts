import * as accessKey from "@agora/core/access-key";
import * as account from "@agora/core/account";
import * as audit from "@agora/core/audit";
import * as channel from "@agora/core/channel";
import * as conversation from "@agora/core/conversation";
import * as guest from "@agora/core/guest";
import * as invite from "@agora/core/invite";
import * as connection from "@agora/core/realtime/connection";
import * as member from "@agora/core/member";
import * as message from "@agora/core/message";
import * as profile from "@agora/core/profile";
import * as readState from "@agora/core/read-state";
import * as report from "@agora/core/report";
import * as role from "@agora/core/role";
import * as room from "@agora/core/room";
import * as server from "@agora/core/server";
import * as discovery from "@agora/core/server/discovery";
import * as serverPassword from "@agora/core/server-password";
import * as session from "@agora/core/session";
import type { PlacePath } from "@agora/core/place";
import type { SendMessageBody } from "@agora/core/protocol/message";
import type { Account } from "@agora/core/actor";
import * as upload from "@agora/core/upload";
import { httpHandler, WithStatus } from "./http/handler";

/** 201 for the first of several repeats. */
async function send(actor: Account, input: SendMessageBody & PlacePath) {
  const sent = await message.send(actor, input);
  return new WithStatus(sent.repeated ? 200 : 201, sent.message);
}

/** Every route that hashes no password. */
export const handler = httpHandler({
  health: () => Promise.resolve({ status: "ok", version: "0.1.0" }),
  // Made on demand and only where it is asked for: nobody's first message should wait for it.
  openapi: async () => (await import("./http/openapi")).openApiDocument(),

  refresh: (_actor, input) => session.refresh(input, { onReuse: connection.closeAllOfSession }),
  logout: connection.signOut,
  listSessions: session.list,
  endSession: connection.endSession,
  listKeys: accessKey.list,
  createKey: accessKey.create,
  revokeKey: accessKey.revoke,
  me: async (actor) => {
    if (!actor.scopes) await session.assertAlive(actor); // a key was looked at just now
    return account.actingAs(actor);
  },
  searchUsers: profile.search,
  getUser: profile.get,
  updateProfile: profile.update,
  createTicket: (actor, input, facts) =>
    actor.kind === "account" && input.guest === undefined ? session.createTicket(actor) : guest.createTicket(facts, input),

  listServers: server.list,
  createServer: server.create,
  getServer: server.get,
  updateServer: server.update,
  deleteServer: server.remove,
  transferServer: server.transfer,
  listAudit: audit.page,

  createRole: role.create,
  orderRoles: role.reorder,
  updateRole: role.update,
  deleteRole: role.remove,

  listMembers: member.list,
  updateMember: member.update,
  removeMember: member.remove,
  listBans: member.listBans,
  getBan: member.findBan,
  ban: member.ban,
  unban: member.unban,

  createChannel: channel.create,
  orderChannels: channel.reorder,
  updateChannel: channel.update,
  deleteChannel: channel.remove,

  discoverServers: discovery.discover,
  joinServer: discovery.join,

  createInvite: invite.create,
  listInvites: invite.list,
  revokeInvite: invite.revoke,
  previewInvite: (_actor, input) => invite.preview(input),
  joinByInvite: invite.join,

  listPasswords: serverPassword.list,
  revokePassword: serverPassword.revoke,

  listMessages: message.page,
  sendMessage: send,
  editMessage: message.edit,
  deleteMessage: message.remove,
  addReaction: message.addReaction,
  removeReaction: message.removeReaction,
  searchMessages: message.search,
  listPins: message.listPins,
  pinMessage: message.pin,
  unpinMessage: message.unpin,
  bulkDeleteMessages: message.removeMany,
  reportMessage: report.report,
  listReports: report.list,
  resolveReport: report.resolve,
  markRead: readState.mark,
  type: message.type,

  listConversations: conversation.list,
  createConversation: async (actor, input) => {
    const { created, conversation: started } = await conversation.create(actor, input);
    return new WithStatus(created ? 201 : 200, started);
  },
  getConversation: conversation.get,
  updateConversation: conversation.update,
  leaveConversation: conversation.leave,
  listBlocks: conversation.listBlocks,
  block: conversation.block,
  unblock: conversation.unblock,
  listMessagesInDm: message.page,
  searchMessagesInDm: message.search,
  sendMessageInDm: send,
  editMessageInDm: message.edit,
  deleteMessageInDm: message.remove,
  addReactionInDm: message.addReaction,
  removeReactionInDm: message.removeReaction,
  listPinsInDm: message.listPins,
  pinMessageInDm: message.pin,
  unpinMessageInDm: message.unpin,
  markReadInDm: readState.mark,
  typeInDm: message.type,

  createUpload: upload.create,
  getImage: (_actor, input) => upload.openImage(input),
  getFile: (_actor, input) => upload.openFile(input),

  createRoom: room.create,
  previewRoom: (_actor, input) => room.preview(input),
  reportRoom: room.report,
  moveRoom: room.move,
  listRoomReports: (_actor, input) => room.listReports(input),
  closeRoom: (_actor, input) => room.close(input),
  reopenRoom: (_actor, input) => room.reopen(input),
});
