import { ReadMark } from "../channel";
import { BulkDeleteBody, BulkDeleted, MarkReadBody, Message, MessagePage, MessagePageQuery, SendMessageBody } from "../message";
import { PageQuery } from "../primitives";
import { ReportBody, ReportPage } from "../report";
import { route } from "../route";

/** What is said in channels, how far it was read, and what moderators do about it. */
export const messageRoutes = {
  listMessages: route("GET /servers/{server_id}/channels/{channel_id}/messages", {
    summary: "A page of messages: newest first, or oldest first with `after`",
    who: "member",
    query: MessagePageQuery,
    returns: MessagePage,
    status: [200],
    errors: ["channel.not_found"],
  }),
  sendMessage: route("POST /servers/{server_id}/channels/{channel_id}/messages", {
    summary: "Say something. 201 for the first of several repeats of a nonce, 200 for the others",
    who: "send_messages",
    body: SendMessageBody,
    returns: Message,
    status: [201, 200],
    errors: ["channel.not_found", "message.conflict", "limit.slow_mode"],
  }),
  deleteMessage: route("DELETE /servers/{server_id}/channels/{channel_id}/messages/{seq}", {
    summary: "Delete an own message; with moderate_messages anybody's. It keeps its number",
    who: "member",
    status: [204],
    errors: ["channel.not_found", "message.not_found"],
  }),
  bulkDeleteMessages: route("POST /servers/{server_id}/channels/{channel_id}/messages/bulk-delete", {
    summary: "Delete several messages",
    who: "moderate_messages",
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
  markRead: route("PUT /servers/{server_id}/channels/{channel_id}/read", {
    summary: "Move the own read mark forward, at most to the last message",
    who: "member",
    body: MarkReadBody,
    returns: ReadMark,
    status: [200],
    errors: ["channel.not_found"],
  }),
  type: route("POST /servers/{server_id}/channels/{channel_id}/typing", {
    summary: "Tell those who look at the channel that one is writing; to be repeated while it lasts, every eight seconds",
    who: "send_messages",
    status: [204],
    errors: ["channel.not_found"],
  }),
};
