import { AppError, isAppError } from "@agora/core/error";
import { logger } from "@agora/core/logger";
import * as message from "@agora/core/message";
import { placeOfTopic } from "@agora/core/place";
import { errorStatus } from "@agora/core/protocol/error-status";
import { ClientFrame } from "@agora/core/protocol/frames";
import type { SingleFrame } from "@agora/core/protocol/frames";
import * as connection from "@agora/core/realtime/connection";
import { close, push } from "@agora/core/realtime/push";
import * as subscription from "@agora/core/realtime/subscription";
import { parse } from "../http/parse";

/**
 * Does what a client frame asks for and pushes the answer, since a WebSocket route has none of its own. The socket stays open whatever happens,
 * unless it is one that was closed from our side and does not know it yet.
 */
export async function receive(connectionId: string, requestId: string, body: string): Promise<void> {
  const frame = decode(body);
  const id = echoOf(frame);
  const answer = await act(connectionId, frame).catch((error: unknown) => refusal(error, requestId));
  if (!answer) return;
  const { gone } = await push([connectionId], JSON.stringify(id === undefined ? answer : { ...answer, id }));
  if (gone.length > 0) await connection.remove(connectionId);
  else if (answer.type === "error" && answer.code === "auth.invalid") await close([connectionId]);
}

async function act(connectionId: string, body: unknown): Promise<SingleFrame | undefined> {
  if (body === undefined) throw new AppError("input.malformed", "The frame is not JSON.");
  const actor = await connection.actorOf(connectionId);
  const frame = parse(ClientFrame, body);
  switch (frame.action) {
    case "subscribe": {
      const subscribed = await subscription.subscribe(actor, { connection_id: connectionId, topics: frame.topics });
      return { type: "subscribed", ...subscribed };
    }
    case "unsubscribe":
      await subscription.unsubscribe(actor, { connection_id: connectionId, topics: frame.topics });
      return { type: "unsubscribed", topics: frame.topics };
    case "send": {
      const { message: sent } = await message.send(actor, {
        ...placeOf(frame.topic),
        content: frame.content,
        nonce: frame.nonce,
        after: frame.after,
        reply_to: frame.reply_to,
      });
      return { type: "sent", message: sent };
    }
    case "typing":
      await message.type(actor, placeOf(frame.topic));
      return undefined;
    case "ping":
      return { type: "pong" };
  }
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

function refusal(error: unknown, requestId: string): SingleFrame {
  if (!isAppError(error)) {
    logger.error("frame.failed", { request_id: requestId }, error);
    return { type: "error", code: "internal", error: "Something went wrong on our side." };
  }
  if (errorStatus[error.code] >= 500) logger.warn("frame.unavailable", { request_id: requestId }, error.cause ?? error);
  const { code, message: text, details, retryAfterSeconds } = error;
  return {
    type: "error",
    code,
    error: text,
    ...(details ? { details } : {}),
    ...(retryAfterSeconds === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterSeconds * 1000) }),
  };
}
