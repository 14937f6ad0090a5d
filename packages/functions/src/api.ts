import * as account from "@agora/core/account";
import * as invite from "@agora/core/invite";
import * as connection from "@agora/core/realtime/connection";
import * as member from "@agora/core/member";
import * as message from "@agora/core/message";
import * as readState from "@agora/core/read-state";
import * as server from "@agora/core/server";
import * as session from "@agora/core/session";
import { httpHandler, WithStatus } from "./http/handler";

/** Every route that hashes no password. */
export const handler = httpHandler({
  health: () => Promise.resolve({ status: "ok", version: "0.1.0" }),
  // Made on demand and only where it is asked for: nobody's first message should wait for it.
  openapi: async () => (await import("./http/openapi")).openApiDocument(),

  refresh: (_actor, input) => session.refresh(input, { onReuse: connection.closeAllOfSession }),
  logout: connection.signOut,
  listSessions: session.list,
  endSession: connection.endSession,
  me: async (actor) => {
    await session.assertAlive(actor);
    return account.me(actor);
  },
  createTicket: async (actor) => session.createTicket(actor),

  listServers: server.list,
  createServer: server.create,
  getServer: server.get,
  listMembers: member.list,
  removeMember: member.remove,
  createChannel: server.createChannel,

  createInvite: invite.create,
  previewInvite: (_actor, input) => invite.preview(input),
  joinByInvite: invite.join,

  listMessages: message.page,
  sendMessage: async (actor, input) => {
    const sent = await message.send(actor, input);
    return new WithStatus(sent.repeated ? 200 : 201, sent.message);
  },
  markRead: readState.mark,
  type: message.type,
});
