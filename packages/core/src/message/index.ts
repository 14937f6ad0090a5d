import type { Account } from "../lib/actor";
import { randomText } from "../lib/id";
import * as limit from "../limit/index";
import * as log from "../log/index";
import type { Draft } from "../log/index";
import { enter, logOf } from "../place/index";
import type { Place, PlacePath } from "../place/index";
import { limits } from "../protocol/limits";
import type { Message, MessagePage, MessagePageQuery, SendMessageBody } from "../protocol/message";
import * as readState from "../read-state/index";
import { announceToOthers, publish } from "../realtime/publish";
import { onceInThisProcess } from "./announce";
import { isDeleted, toMessage } from "./stored";
import type { MessageEntry } from "./stored";

export { remove, removeMany } from "./moderation";

/** Enough chance that no two messages of one person meet. */
const NONCE_CHARACTERS = 16;

/**
 * Says something in a place. When this returns, the message is stored under the next number of the place and was pushed to everybody who
 * listens; when it throws, the sender repeats the same input, which says it once however often it is repeated (with `nonce` and `after`: see
 * `log.append`). A repeat pushes again unless this process did already, since the first call may have ended between the two.
 * @throws server.not_found, channel.not_found, auth.denied, limit.slow_mode, message.conflict, unavailable
 * Cost: 3 read units for the rights, half a read unit for the end of the log, 1 write unit more where `passSlowMode` asks, 1 write unit per KB, 1 read
 * unit per 4 KB of listeners, 1 push for each. Once in a minute of talk 1 read unit, and 1 push to everybody else who has the server in sight (in a
 * private channel 1 read unit for each more). For mentions see `mentionedIn` and `readState.noteMentions`.
 */
export async function send(
  actor: Account,
  { content, nonce, after, ...path }: SendMessageBody & PlacePath,
): Promise<{ message: Message; repeated: boolean }> {
  const lookBehind = nonce === undefined ? log.NO_COPY : after;
  const possibleLog = logOf(path);
  const ahead = possibleLog === undefined ? undefined : log.lookAhead(possibleLog, lookBehind);
  const place = await enter(actor, path, "send_messages");
  const { logId } = place;
  const name = nonce ?? randomText(NONCE_CHARACTERS);
  const passage = await place.pass({ logId, nonce: name, after: lookBehind, ahead });
  const { readers, roleIds } = await place.namedIn(content);
  const draft: Draft<MessageEntry> = {
    author: place.author,
    content,
    created_at: Date.now(),
    nonce: name,
    ...(readers.length > 0 ? { mentions: readers.map(({ user_id }) => user_id) } : {}),
    ...(roleIds.length > 0 ? { mentioned_role_ids: roleIds } : {}),
  };
  const { entry, repeated, previousAt } = await log.append<MessageEntry>(logId, draft, { after: passage.after, ahead });
  const message = toMessage(entry);
  if (repeated) await passage.wasSaid(message.created_at);
  await onceInThisProcess(`${logId}#${message.seq}`, async () => {
    // A repeat may come with another text; what counts is what is stored.
    const mentioned = repeated ? await place.readersAmong(message.mentions) : readers;
    const roles = message.mentioned_role_ids ?? [];
    // At once, and nothing awaited before it where nothing is repeated: the order of publishing is that of the numbers.
    const [tellReaders] = await Promise.all([
      readState.noteMentions(place, message.seq, mentioned, roles),
      publish(
        logId,
        { type: "new_message", topic: logId, seq: message.seq, message },
        place.hintOf(message, opensBurst(message, previousAt)),
      ),
    ]);
    await tellReaders();
    // Whoever deleted it meanwhile may have looked for its mentions before they were noted.
    if (mentioned.length + roles.length > 0) await forgetIfDeleted(place, message.seq);
  });
  return { message, repeated };
}

async function forgetIfDeleted(place: Place, seq: number): Promise<void> {
  const entry = await log.find<MessageEntry>(place.logId, seq);
  if (entry && isDeleted(entry)) await readState.forgetMentions(place, [entry]);
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
  await announceToOthers(topic, actor.user_id, { type: "typing", topic, user: author });
}

/**
 * A page of a place's messages: newest first, or oldest first with `after`. Holds every message that was acknowledged before the call.
 * @throws server.not_found, channel.not_found
 * Cost: 3 read units for the rights, 1 per 4 KB of messages, 1 for the head where the page does not reach it.
 */
export async function page(actor: Account, { limit, before, after, around, ...path }: MessagePageQuery & PlacePath): Promise<MessagePage> {
  const logId = logOf(path);
  const [read] = await Promise.all([
    logId === undefined ? undefined : log.page(logId, { limit, before, after, around }),
    enter(actor, path),
  ]);
  if (!read) throw new Error("a path that leads nowhere was let through");
  const { entries, ...rest } = read;
  return { messages: entries.map(toMessage), ...rest };
}
