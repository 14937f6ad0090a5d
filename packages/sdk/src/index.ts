export { createRest } from "./rest";
export type { CallOptions, Rest, RestInput, RestOptions, RestOutput } from "./rest";
export { createRealtime } from "./realtime";
export type { Realtime, RealtimeOptions, RealtimeState, RealtimeStatus } from "./realtime";
export type { Listener, Subscription } from "./topics";
export type { EntryPage, FetchAfter } from "./log-reader";
export type { Transport, TransportConstructor } from "./connection";
export { createOutbox } from "./outbox";
export type { Outbox, OutboxOptions, SendRequest } from "./outbox";
export type { OutboxItem, OutboxSnapshot } from "./outbox-draft";
export { createReadMarks } from "./read-marks";
export type { LogMark, LogState, Look, ReadMarks, ReadMarksOptions } from "./read-marks";
export { AgoraError, isSignedOut, isTransient } from "./errors";
export type { AgoraErrorCode } from "./errors";
export { backoffMs } from "./backoff";
export { Repeater } from "./repeater";
export { systemClock } from "./clock";
export type { Clock } from "./clock";
export { alwaysOnline, browserOnlineSignal } from "./online";
export type { OnlineSignal } from "./online";

export type { Me, Session, SessionInfo, SessionPage, Ticket, User } from "@agora/core/protocol/account";
export type { ErrorCode } from "@agora/core/protocol/errors";
export type { EventFrame } from "@agora/core/protocol/frames";
export type { Invite, InvitePreview } from "@agora/core/protocol/invite";
export type { Author, Message, MessagePage } from "@agora/core/protocol/message";
export type {
  Channel,
  ChannelState,
  Member,
  MemberPage,
  Permission,
  ReadMark,
  Role,
  Server,
  ServerDetail,
  ServerListItem,
  ServerPage,
} from "@agora/core/protocol/server";
