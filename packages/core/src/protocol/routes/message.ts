import { BulkDeleteBody, BulkDeleted } from "../message";
import { PageQuery } from "../primitives";
import { ReportBody, ReportPage } from "../report";
import { route } from "../route";
import { inPlace } from "./in-place";

const inChannel = inPlace({ reader: "member", writer: "send_messages", pinner: "moderate_messages", absent: ["channel.not_found"] });

/** What is said in channels, how far it was read, and what moderators do about it. */
export const messageRoutes = {
  listMessages: route("GET /servers/{server_id}/channels/{channel_id}/messages", inChannel.list),
  sendMessage: route("POST /servers/{server_id}/channels/{channel_id}/messages", inChannel.send),
  editMessage: route("PATCH /servers/{server_id}/channels/{channel_id}/messages/{seq}", inChannel.edit),
  deleteMessage: route("DELETE /servers/{server_id}/channels/{channel_id}/messages/{seq}", inChannel.remove),
  addReaction: route("PUT /servers/{server_id}/channels/{channel_id}/messages/{seq}/reactions/{emoji}", inChannel.react),
  removeReaction: route("DELETE /servers/{server_id}/channels/{channel_id}/messages/{seq}/reactions/{emoji}", inChannel.unreact),
  listPins: route("GET /servers/{server_id}/channels/{channel_id}/pins", inChannel.pins),
  pinMessage: route("PUT /servers/{server_id}/channels/{channel_id}/pins/{seq}", inChannel.pin),
  unpinMessage: route("DELETE /servers/{server_id}/channels/{channel_id}/pins/{seq}", inChannel.unpin),
  searchMessages: route("GET /servers/{server_id}/channels/{channel_id}/search", inChannel.search),
  bulkDeleteMessages: route("POST /servers/{server_id}/channels/{channel_id}/messages/bulk-delete", {
    summary: "Delete several messages",
    who: "moderate_messages",
    scope: "messages:write",
    body: BulkDeleteBody,
    returns: BulkDeleted,
    status: [200],
    errors: ["channel.not_found"],
  }),
  reportMessage: route("POST /servers/{server_id}/channels/{channel_id}/messages/{seq}/report", {
    summary: "Show a message to the moderators",
    who: "member",
    body: ReportBody,
    status: [204],
    errors: ["channel.not_found", "message.not_found", "limit.report"],
  }),
  listReports: route("GET /servers/{server_id}/reports", {
    summary: "What members reported, the newest first",
    who: "moderate_messages",
    query: PageQuery,
    returns: ReportPage,
    status: [200],
  }),
  resolveReport: route("DELETE /servers/{server_id}/reports/{report_seq}", {
    summary: "Note that a report has been dealt with",
    who: "moderate_messages",
    status: [204],
    errors: ["report.not_found"],
  }),
  markRead: route("PUT /servers/{server_id}/channels/{channel_id}/read", inChannel.markRead),
  type: route("POST /servers/{server_id}/channels/{channel_id}/typing", inChannel.type),
};
