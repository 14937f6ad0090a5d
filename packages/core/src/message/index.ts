import type { Account } from "../lib/actor";
import { randomText } from "../lib/id";
import * as limit from "../limit/index";
import * as log from "../log/index";
import type { Draft } from "../log/index";
import { enter, logOf } from "../place/index";
import type { PlacePath } from "../place/index";
import { limits } from "../protocol/limits";
import type { Message, MessagePage, MessagePageQuery, SendMessageBody } from "../protocol/message";
import * as readState from "../read-state/index";
import { announceToOthers, publish } from "../realtime/publish";
import { onceInThisProcess } from "./announce";
import { claimFiles, releaseOthers } from "./files";
import { changedSince, settleMentions } from "./mentions";
import { findAnswered } from "./reply";
import { asReadBy, toMessages, toMessageWithReply, withOriginal } from "./shown";
import { toMessage } from "./stored";
import type { MessageEntry } from "./stored";

export { edit } from "./edit";
export { remove, removeMany } from "./moderation";
export { listPins, pin, unpin } from "./pins";
export { addReaction, removeReaction } from "./reactions";
export { search } from "./search";

/** Enough chance that no two messages of one person meet. */
const NONCE_CHARACTERS = 16;

/**
 * Says something in a place. When this returns, the message is stored under the next number of the place and was pushed to everybody who
 * listens; when it throws, the sender repeats the same input, which says it once however often it is repeated (with `nonce` and `after`: see
 * `log.append`). A repeat pushes again unless this process did already, since the first call may have ended between the two.
 * @throws server.not_found, channel.not_found, auth.denied, input.invalid (it answers what is not there), limit.slow_mode, message.conflict, unavailable;
 * for files what `upload.claim` throws
 * Cost: 3 read units for the rights, 1 for what it answers, half a read unit for the end of the log, 1 write unit more where `passSlowMode` asks, 1 write
 * unit per KB, 1 read unit per 4 KB of listeners, 1 push for each. Once in a minute of talk 1 read unit, and 1 push to everybody else who has the server
 * in sight (in a private channel 1 read unit for each more). For mentions see `mentionedIn` and `readState.noteMentions`, for files `upload.claim`.
 */
export async function send(
  actor: Account,
  { content, nonce, after, reply_to, attachments = [], ...path }: SendMessageBody & PlacePath,
): Promise<{ message: Message; repeated: boolean }> {
  const lookBehind = nonce === undefined ? log.NO_COPY : after;
  const possibleLog = logOf(path);
  const ahead = possibleLog === undefined ? undefined : log.lookAhead(possibleLog, lookBehind);
  const place = await enter(actor, path, "send_messages");
  if (attachments.length > 0) place.assertMayAttach();
  const { logId } = place;
  const name = nonce ?? randomText(NONCE_CHARACTERS);
  const answered = reply_to === undefined ? undefined : await findAnswered(logId, reply_to, { authorId: actor.user_id, nonce, after });
  const passage = await place.pass({ logId, nonce: name, after: answered?.copyBehind ?? lookBehind, ahead });
  const [author, { readers, roleIds }] = await Promise.all([place.author(), place.namedIn(content)]);
  const files = await claimFiles(actor, attachments, { log_id: logId, nonce: name }); // last, so that nothing but the append may be refused behind it
  const draft: Draft<MessageEntry> = {
    author,
    content,
    created_at: Date.now(),
    nonce: name,
    ...(reply_to === undefined ? {} : { reply_to }),
    ...(readers.length > 0 ? { mentions: readers.map(({ user_id }) => user_id) } : {}),
    ...(roleIds.length > 0 ? { mentioned_role_ids: roleIds } : {}),
    ...(files.length > 0 ? { attachments: files } : {}),
  };
  const { entry, repeated, previousAt } = await log.append<MessageEntry>(logId, draft, { after: passage.after, ahead });
  // What is new is pushed with nothing awaited before: the order of publishing is that of the numbers.
  const message = repeated ? await toMessageWithReply(entry) : withOriginal(toMessage(entry), answered?.original);
  if (repeated) await Promise.all([passage.wasSaid(message.created_at), releaseOthers(entry, files)]);
  await onceInThisProcess(`${logId}#${message.seq}`, async () => {
    // A repeat may come with another text; what counts is what is stored.
    const mentioned = repeated ? await place.readersAmong(message.mentions) : readers;
    const roles = message.mentioned_role_ids ?? [];
    const isFirst = opensBurst(message, previousAt);
    const [tellReaders] = await Promise.all([
      readState.noteMentions(place, message.seq, mentioned, roles),
      publish(logId, { type: "new_message", topic: logId, seq: message.seq, message }, place.hintOf(message, isFirst)),
      place.noteSaid(message, isFirst),
    ]);
    await tellReaders();
    // Whoever changed or deleted it meanwhile may have settled its mentions before they were noted.
    const changed = await changedSince(entry);
    if (changed) await settleMentions(place, changed);
  });
  return { message: asReadBy(message, entry, actor.user_id), repeated };
}

/**
 * Those who do not look at a channel hear once in a minute of talk that there is something new, which is all that they can see. It is decided by
 * the times of two neighbours in the log, so no state is kept; a client that has just read everything listens on for a minute (see the SDK's read marks).
 * Unknown means yes: a hint too many is harmless.
 */
const opensBurst = ({ created_at }: Message, previousAt: number | undefined): boolean =>
  previousAt === undefined || Math.floor(created_at / limits.burstMs) !== Math.floor(previousAt / limits.burstMs);

/** Clients say it every eight seconds; what comes more often is not passed on. */
const TYPING_EVERY_MS = 4_000;

/**
 * Tells those who look at a place that the actor is writing.
 * @throws server.not_found, channel.not_found, auth.denied
 * Cost: 3 read units, 1 write unit, 1 read unit for the listeners, 1 push to each but the actor.
 */
export async function type(actor: Account, path: PlacePath): Promise<void> {
  const { logId: topic, author } = await enter(actor, path, "send_messages");
  if (!(await limit.passes(`typing#${actor.user_id}#${topic}`, TYPING_EVERY_MS))) return;
  await announceToOthers(topic, actor.user_id, { type: "typing", topic, user: await author() });
}

/**
 * A page of a place's messages: newest first, or oldest first with `after`. Holds every message that was acknowledged before the call.
 * @throws server.not_found, channel.not_found
 * Cost: 3 read units for the rights, 1 per 4 KB of messages, 1 for the head where the page does not reach it; see `toMessages`. With `at` the moment is
 * found before, by `log.seqAt`: some ten read units in a log of a hundred thousand.
 */
export async function page(
  actor: Account,
  { limit, before, after, around, at, ...path }: MessagePageQuery & PlacePath,
): Promise<MessagePage> {
  const logId = logOf(path);
  const [read, place] = await Promise.all([
    logId === undefined ? undefined : log.page(logId, { limit, before, after, around, at }),
    enter(actor, path),
  ]);
  if (!read) throw new Error("a path that leads nowhere was let through");
  const { entries, ...rest } = read;
  return { messages: await toMessages(place.logId, entries, actor.user_id), ...rest };
}
