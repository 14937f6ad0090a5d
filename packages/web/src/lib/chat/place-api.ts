import type { Message, MessagePage, PinPage } from "@agora/core/protocol/message";
import type { CallOptions, RestInput, TalkRest } from "@agora/sdk";

interface ChannelPath {
  server_id: string;
  channel_id: string;
}

/** Of a direct conversation or a group. */
interface ConversationPath {
  dm_id: string;
}

/** How requests name a place where messages are. */
export type PlacePath = ChannelPath | ConversationPath;

/** Which part of the log: its newest, unless one of the others says otherwise. */
type Range = Pick<RestInput<"listMessages">, "limit" | "before" | "after" | "around" | "at">;

/** What people do with the messages of one place, whichever kind of place it is. */
export interface PlaceApi {
  readonly path: PlacePath;
  readonly topic: string;
  /** Its page. */
  readonly href: string;
  list(range: Range): Promise<MessagePage>;
  edit(seq: number, content: string): Promise<Message>;
  remove(seq: number): Promise<void>;
  /** Adds an own reaction, or takes it back. */
  react(seq: number, emoji: string, added: boolean): Promise<void>;
  pins(cursor?: string): Promise<PinPage>;
  /** Pins it, or takes it off. */
  pin(seq: number, isWanted: boolean): Promise<void>;
  /** Absent where nobody keeps order. */
  report?: (seq: number, reason: string) => Promise<void>;
}

/** The place that a path leads to. The requests throw AgoraError. */
export function placeApi(rest: TalkRest, path: PlacePath): PlaceApi {
  return { path, topic: topicOf(path), href: hrefOf(path), ...("dm_id" in path ? inConversation(rest, path) : inChannel(rest, path)) };
}

type Requests = Omit<PlaceApi, "path" | "topic" | "href">;

function inChannel(rest: TalkRest, { server_id, channel_id }: ChannelPath): Requests {
  const at = (seq: number) => ({ server_id, channel_id, seq: String(seq) });
  return {
    list: (range) => rest.listMessages({ server_id, channel_id, ...range }),
    edit: (seq, content) => rest.editMessage({ ...at(seq), content }),
    remove: (seq) => rest.deleteMessage(at(seq)),
    react: (seq, emoji, added) => (added ? rest.addReaction : rest.removeReaction)({ ...at(seq), emoji }),
    pins: (cursor) => rest.listPins({ server_id, channel_id, cursor }),
    pin: (seq, isWanted) => (isWanted ? rest.pinMessage : rest.unpinMessage)(at(seq)),
    report: (seq, reason) => rest.reportMessage({ ...at(seq), reason }),
  };
}

function inConversation(rest: TalkRest, { dm_id }: ConversationPath): Requests {
  const at = (seq: number) => ({ dm_id, seq: String(seq) });
  return {
    list: (range) => rest.listMessagesInDm({ dm_id, ...range }),
    edit: (seq, content) => rest.editMessageInDm({ ...at(seq), content }),
    remove: (seq) => rest.deleteMessageInDm(at(seq)),
    react: (seq, emoji, added) => (added ? rest.addReactionInDm : rest.removeReactionInDm)({ ...at(seq), emoji }),
    pins: (cursor) => rest.listPinsInDm({ dm_id, cursor }),
    pin: (seq, isWanted) => (isWanted ? rest.pinMessageInDm : rest.unpinMessageInDm)(at(seq)),
  };
}

/** Sends what the outbox kept, with the path beside it. */
export const sendIn = (
  rest: TalkRest,
  message: RestInput<"sendMessage"> | RestInput<"sendMessageInDm">,
  options: CallOptions,
): Promise<Message> => ("dm_id" in message ? rest.sendMessageInDm(message, options) : rest.sendMessage(message, options));

export const topicOf = (path: PlacePath): string => ("dm_id" in path ? conversationTopic(path.dm_id) : `channel:${path.channel_id}`);

export const conversationTopic = (id: string): string => `dm:${id}`;

/** Undefined for the topic of anything else. */
export const conversationIdIn = (topic: string): string | undefined => (topic.startsWith("dm:") ? topic.slice("dm:".length) : undefined);

const hrefOf = (path: PlacePath): string =>
  "dm_id" in path ? hrefOfConversation(path.dm_id) : `${hrefOfServer(path.server_id)}${path.channel_id}`;

export const hrefOfConversation = (id: string): string => `/dms/${id}`;

/** What the pages of all channels of a server begin with, and no others. */
export const hrefOfServer = (serverId: string): string => `/channels/${serverId}/`;

/** The path in something that has more in it. */
export const pathIn = (path: PlacePath): PlacePath =>
  "dm_id" in path ? { dm_id: path.dm_id } : { server_id: path.server_id, channel_id: path.channel_id };
