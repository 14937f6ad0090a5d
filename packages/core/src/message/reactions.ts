import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import * as limit from "../limit/index";
import * as log from "../log/index";
import { enter } from "../place/index";
import type { PlacePath } from "../place/index";
import { toEmoji } from "../protocol/emoji";
import { limits } from "../protocol/limits";
import { tellUpdated } from "./announce";
import { toMessageWithReply } from "./shown";
import { assertUndeleted, getUndeleted, noSuchMessage } from "./stored";
import type { MessageEntry } from "./stored";

interface ReactionPath {
  seq: string;
  /** As it stands in the path. */
  emoji: string;
}

const WINDOW_SECONDS = 60;
const REACTIONS_PER_WINDOW = 60;

/**
 * Adds the actor's reaction. When this returns it is stored, counted once whoever else reacts at the same moment, and those who look at the place have
 * been told. Repeating it changes nothing.
 * @throws server.not_found, channel.not_found, auth.denied, message.not_found (also if it is deleted), input.invalid for what is not one emoji,
 * message.reactions_full, limit.reactions, unavailable
 * Cost: 4 read units, 1 write unit, 1 write unit per KB of the message, 1 read unit for the listeners, 1 push to each; for an answer 1 read unit more.
 */
export async function addReaction(actor: Account, { seq, emoji, ...path }: ReactionPath & PlacePath): Promise<void> {
  const place = await enter(actor, path, "send_messages");
  await react(actor, place.logId, { seq, emoji, added: true });
}

/** Takes the actor's reaction back, also in a time-out. Otherwise as `addReaction`. */
export async function removeReaction(actor: Account, { seq, emoji, ...path }: ReactionPath & PlacePath): Promise<void> {
  const place = await enter(actor, path);
  await react(actor, place.logId, { seq, emoji, added: false });
}

async function react({ user_id }: Account, logId: string, { seq, emoji: text, added }: ReactionPath & { added: boolean }): Promise<void> {
  const found = await getUndeleted(logId, seq);
  const emoji = toEmoji(text);
  if (emoji === undefined) {
    throw new AppError("input.invalid", "That is not an emoji.", { details: { emoji: "must be one emoji" } });
  }
  const change = (now: MessageEntry): Partial<MessageEntry> | undefined => {
    assertUndeleted(now);
    return added ? withReaction(now, emoji, user_id) : withoutReaction(now, emoji, user_id);
  };
  if (change(found)) {
    const key = `reactions#${user_id}`;
    await limit.take({ key, max: REACTIONS_PER_WINDOW, windowSeconds: WINDOW_SECONDS, code: "limit.reactions" });
  }
  const revised = await log.revise(logId, found.seq, change, { found });
  if (!revised) throw noSuchMessage(); // the place was deleted meanwhile
  await tellUpdated(await toMessageWithReply(revised.entry), { user_id, emoji, added });
}

/** Undefined if it is there. @throws message.reactions_full */
function withReaction({ reactions = [] }: MessageEntry, emoji: string, userId: string): Partial<MessageEntry> | undefined {
  const present = reactions.find((one) => one.emoji === emoji);
  if (present?.user_ids.includes(userId)) return undefined;
  if (!present && reactions.length >= limits.reactionEmojiMax) {
    throw full(`A message takes at most ${limits.reactionEmojiMax} different reactions.`);
  }
  if (reactions.reduce((sum, { user_ids }) => sum + user_ids.length, 0) >= limits.reactionsMax) {
    throw full(`A message takes at most ${limits.reactionsMax} reactions.`);
  }
  if (!present) return { reactions: [...reactions, { emoji, user_ids: [userId] }] };
  return { reactions: reactions.map((one) => (one === present ? { emoji, user_ids: [...one.user_ids, userId] } : one)) };
}

const full = (sentence: string) => new AppError("message.reactions_full", sentence);

/** Undefined if it is not there. */
function withoutReaction({ reactions = [] }: MessageEntry, emoji: string, userId: string): Partial<MessageEntry> | undefined {
  if (!reactions.some((one) => one.emoji === emoji && one.user_ids.includes(userId))) return undefined;
  const left = reactions
    .map((one) => (one.emoji === emoji ? { emoji, user_ids: one.user_ids.filter((id) => id !== userId) } : one))
    .filter(({ user_ids }) => user_ids.length > 0);
  return { reactions: left.length > 0 ? left : undefined };
}
