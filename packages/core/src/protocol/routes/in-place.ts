import type { ErrorCode } from "../error-status";
import {
  EditMessageBody,
  MarkReadBody,
  Message,
  MessagePage,
  MessagePageQuery,
  PinPage,
  SearchPage,
  SearchQuery,
  SendMessageBody,
} from "../message";
import { ReadMark } from "../channel";
import { PageQuery } from "../primitives";
import type { RouteDefinition, Who } from "../route";

interface Kind {
  /** Who may read there, who may say something, and who may pin. */
  reader: Who;
  writer: Who;
  pinner: Who;
  /** What is answered where there is no such place, beside what every route of its kind can answer. */
  absent: readonly ErrorCode[];
}

/** What people do with messages, in one kind of place: all but method and path of the routes. */
export function inPlace({ reader, writer, pinner, absent }: Kind) {
  return {
    list: {
      summary: "A page of messages: newest first, or oldest first with `after`",
      who: reader,
      scope: "messages:read",
      query: MessagePageQuery,
      returns: MessagePage,
      status: [200],
      errors: absent,
    },
    send: {
      summary: "Say something. 201 for the first of several repeats of a nonce, 200 for the others",
      who: writer,
      scope: "messages:write",
      body: SendMessageBody,
      returns: Message,
      status: [201, 200],
      errors: [...absent, "message.conflict", "limit.slow_mode", "upload.not_found", "upload.used", "upload.quota_full"],
    },
    edit: {
      summary: "Change the words of an own message",
      who: writer,
      scope: "messages:write",
      body: EditMessageBody,
      returns: Message,
      status: [200],
      errors: [...absent, "message.not_found"],
    },
    remove: {
      summary: "Delete an own message; with moderate_messages anybody's. It keeps its number",
      who: reader,
      scope: "messages:write",
      status: [204],
      errors: [...absent, "message.not_found"],
    },
    react: {
      summary: "React to a message with an emoji. Again changes nothing",
      who: writer,
      scope: "messages:write",
      status: [204],
      errors: [...absent, "message.not_found", "input.invalid", "message.reactions_full", "limit.reactions"],
    },
    unreact: {
      summary: "Take an own reaction back",
      who: reader,
      scope: "messages:write",
      status: [204],
      errors: [...absent, "message.not_found", "input.invalid", "limit.reactions"],
    },
    pins: {
      summary: "What is pinned, the newest message first",
      who: reader,
      scope: "messages:read",
      query: PageQuery,
      returns: PinPage,
      status: [200],
      errors: absent,
    },
    pin: {
      summary: "Pin a message. Again changes nothing",
      who: pinner,
      status: [204],
      errors: [...absent, "message.not_found"],
    },
    unpin: {
      summary: "Take a message off the pins",
      who: pinner,
      status: [204],
      errors: [...absent, "message.not_found"],
    },
    search: {
      summary: "Messages by words, author, what they have and when, newest first. A page may be short, or empty, before the end",
      who: reader,
      scope: "messages:read",
      query: SearchQuery,
      returns: SearchPage,
      status: [200],
      errors: [...absent, "limit.search"],
    },
    markRead: {
      summary: "Move the own read mark forward, at most to the last message",
      who: reader,
      scope: "messages:write",
      body: MarkReadBody,
      returns: ReadMark,
      status: [200],
      errors: absent,
    },
    type: {
      summary: "Tell those who look at the place that one is writing; to be repeated while it lasts, every eight seconds",
      who: writer,
      scope: "messages:write",
      status: [204],
      errors: absent,
    },
  } satisfies Record<string, RouteDefinition>;
}
