import { AuditPage } from "../audit";
import { Channel, ChannelList, CreateChannelBody, OrderChannelsBody, UpdateChannelBody } from "../channel";
import { PageQuery } from "../primitives";
import { CreateServerBody, DiscoverPage, DiscoverQuery, ServerDetail, ServerPage, TransferServerBody, UpdateServerBody } from "../server";
import { route } from "../route";

/** Servers and their channels. */
export const serverRoutes = {
  listServers: route("GET /servers", {
    summary: "The servers that the account is a member of",
    who: "account",
    scope: "messages:read",
    query: PageQuery,
    returns: ServerPage,
    status: [200],
  }),
  createServer: route("POST /servers", {
    summary: "Make a server, with the text channel #general",
    who: "account",
    body: CreateServerBody,
    returns: ServerDetail,
    status: [201],
    errors: ["server.name_taken"],
  }),
  discoverServers: route("GET /servers/discover", {
    summary: "Servers that want to be found, by their names",
    who: "account",
    query: DiscoverQuery,
    returns: DiscoverPage,
    status: [200],
  }),
  getServer: route("GET /servers/{server_id}", {
    summary: "A server with its channels and roles",
    who: "member",
    scope: "messages:read",
    returns: ServerDetail,
    status: [200],
  }),
  updateServer: route("PATCH /servers/{server_id}", {
    summary: "Change what a server is called and says of itself, its icon, and whether it can be found",
    who: "manage_server",
    body: UpdateServerBody,
    returns: ServerDetail,
    status: [200],
    errors: ["server.name_taken", "upload.not_found", "upload.used", "upload.quota_full"],
  }),
  deleteServer: route("DELETE /servers/{server_id}", {
    summary: "Delete a server with all that is in it. It is gone for everybody at once; a repeat goes on clearing away",
    who: "owner",
    status: [204],
  }),
  transferServer: route("POST /servers/{server_id}/owner", {
    summary: "Hand a server to another member; its former owner stays as a member",
    who: "owner",
    body: TransferServerBody,
    returns: ServerDetail,
    status: [200],
    errors: ["member.not_found"],
  }),
  listAudit: route("GET /servers/{server_id}/audit", {
    summary: "Who did what in a server, the newest first",
    who: "manage_server",
    query: PageQuery,
    returns: AuditPage,
    status: [200],
  }),
  createChannel: route("POST /servers/{server_id}/channels", {
    summary: "Make a channel",
    who: "manage_channels",
    body: CreateChannelBody,
    returns: Channel,
    status: [201],
    errors: ["server.channels_full"],
  }),
  orderChannels: route("PUT /servers/{server_id}/channels", {
    summary: "Order the channels",
    who: "manage_channels",
    body: OrderChannelsBody,
    returns: ChannelList,
    status: [200],
    errors: ["channel.not_found"],
  }),
  updateChannel: route("PATCH /servers/{server_id}/channels/{channel_id}", {
    summary: "Change a channel. Who may not see it any more stops hearing it before the answer",
    who: "manage_channels",
    body: UpdateChannelBody,
    returns: Channel,
    status: [200],
    errors: ["channel.not_found"],
  }),
  deleteChannel: route("DELETE /servers/{server_id}/channels/{channel_id}", {
    summary: "Delete a channel with its messages",
    who: "manage_channels",
    status: [204],
    errors: ["channel.not_found"],
  }),
};
