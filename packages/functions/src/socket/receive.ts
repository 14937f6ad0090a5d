import { AppError, isAppError } from "@agora/core/error";
import { logger } from "@agora/core/logger";
import type { Account, Guest } from "@agora/core/actor";
import * as message from "@agora/core/message";
import { placeOfTopic } from "@agora/core/place";
import { errorStatus } from "@agora/core/protocol/error-status";
import { ClientFrame } from "@agora/core/protocol/frames";
import type { SingleFrame } from "@agora/core/protocol/frames";
import * as connection from "@agora/core/realtime/connection";
import { close, push } from "@agora/core/realtime/push";
import * as subscription from "@agora/core/realtime/subscription";
import * as room from "@agora/core/room";
import { idOf, kindOf } from "@agora/core/topic";
import { parse } from "../http/parse";

/**
 * Does what a client frame asks for and pushes the answer, since a WebSocket route has none of its own. The socket stays open whatever happens,
 * unless it is one that was closed from our side and does not know it yet.
 */
export async function receive(connectionId: string, requestId: string, body: string): Promise<void> {
  const frame = decode(body);
  const id = echoOf(frame);
  const { answer, afterwards } = await act(connectionId, frame).catch((error: unknown) => ({
    answer: refusal(error, requestId, frame),
    afterwards: undefined,
  }));
  if (answer) {
    const { gone } = await push([connectionId], JSON.stringify(id === undefined ? answer : { ...answer, id }));
    if (gone.length > 0) await connection.remove(connectionId);
    else if (answer.type === "error" && answer.code === "auth.invalid") await close([connectionId]);
  }
  await afterwards?.();
}

interface Done {
  answer: SingleFrame | undefined;
  /** What others are told when whoever asked has the answer. */
  afterwards?: (() => Promise<void>) | undefined;
}

async function act(connectionId: string, body: unknown): Promise<Done> {
  if (body === undefined) throw new AppError("input.malformed", "The frame is not JSON.");
  const actor = await connection.actorOf(connectionId);
  const frame = parse(ClientFrame, body);
  const at = { connection_id: connectionId };
  switch (frame.action) {
    case "subscribe":
      return { answer: { type: "subscribed", ...(await subscription.subscribe(asAccount(actor), { ...at, topics: frame.topics })) } };
    case "unsubscribe":
      await subscription.unsubscribe(asAccount(actor), { ...at, topics: frame.topics });
      return { answer: { type: "unsubscribed", topics: frame.topics } };
    case "send": {
      const { action: _, id: __, topic, ...said } = frame;
      const { message: sent } = isOfRoom(topic)
        ? await room.say(actor, { ...at, ...said, room: idOf(topic) })
        : await message.send(asAccount(actor), { ...placeOf(topic), ...said });
      return { answer: { type: "sent", message: sent } };
    }
    case "typing":
      if (isOfRoom(frame.topic)) await room.type(actor, { ...at, room: idOf(frame.topic) });
      else await message.type(asAccount(actor), placeOf(frame.topic));
      return { answer: undefined };
    case "join": {
      const { joined, tellOthers } = await room.join(actor, { ...at, ...frame });
      return { answer: joined, afterwards: tellOthers };
    }
    case "leave":
      return { answer: { type: "left", room: frame.room }, afterwards: await room.leave({ ...at, room: frame.room }) };
    case "who":
      return { answer: { type: "who", room: frame.room, ...(await room.who({ ...at, room: frame.room })) } };
    case "messages": {
      const { messages, has_more } = await room.messages({ ...at, room: frame.room, before: frame.before, after: frame.after });
      return { answer: { type: "messages", room: frame.room, messages, has_more } };
    }
    case "upload": {
      const { action: _, id: __, ...asked } = frame;
      const { id: upload_id, ...form } = await room.upload(actor, { ...at, ...asked });
      return { answer: { type: "upload", upload_id, ...form } };
    }
    case "ping":
      return { answer: { type: "pong" } };
  }
}

const isOfRoom = (topic: string): boolean => kindOf(topic) === "room";

/** @throws auth.required for a guest, who may be in rooms and nowhere else */
function asAccount(actor: Account | Guest): Account {
  if (actor.kind === "guest") throw new AppError("auth.required", "Log in first: a guest can only be in rooms.");
  return actor;
}

function placeOf(topic: string) {
  const path = placeOfTopic(topic);
  if (!path) throw new AppError("channel.not_found", "There is no such place.");
  return path;
}

function decode(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The `id` to echo, also in the answer to a frame that is wrong in everything else. */
function echoOf(frame: unknown): string | number | undefined {
  const id: unknown = typeof frame === "object" && frame !== null && "id" in frame ? frame.id : undefined;
  return typeof id === "number" || (typeof id === "string" && id.length <= 64) ? id : undefined;
}

function refusal(error: unknown, requestId: string, frame: unknown): SingleFrame {
  if (!isAppError(error)) {
    logger.error("frame.failed", { request_id: requestId }, error);
    return { type: "error", code: "internal", error: "Something went wrong on our side." };
  }
  if (errorStatus[error.code] >= 500) logger.warn("frame.unavailable", { request_id: requestId }, error.cause ?? error);
  const { code, message: text, details, retryAfterSeconds } = error;
  if (code === "limit.room_messages" && hasTopic(frame)) {
    return { type: "rate_limited", topic: frame.topic, error: text, retry_after_ms: Math.ceil((retryAfterSeconds ?? 1) * 1000) };
  }
  return {
    type: "error",
    code,
    error: text,
    ...(details ? { details } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterSeconds * 1000) }),
  };
}

const hasTopic = (frame: unknown): frame is { topic: string } =>
  typeof frame === "object" && frame !== null && "topic" in frame && typeof frame.topic === "string";
