import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import * as log from "../log/index";
import { enter } from "../place/index";
import type { PlacePath } from "../place/index";
import type { EditMessageBody, Message } from "../protocol/message";
import { canonicalKey } from "../protocol/characters";
import { onceInThisProcess, tellUpdated } from "./announce";
import { mentioning, namesOf, settleMentions } from "./mentions";
import { asReadBy, toMessageWithReply } from "./shown";
import { assertUndeleted, getUndeleted, noSuchMessage } from "./stored";
import type { MessageEntry } from "./stored";

/**
 * Changes the words of an own message. When this returns, it is stored, those who look at the place have been told, and whom it mentions now is noted
 * and told, and whom it does not any more forgotten. When it throws, it is to be repeated. The same words change nothing. Of two edits at once the one
 * that is stored last stays.
 * @throws server.not_found, channel.not_found, auth.denied, message.not_found (also if it is deleted), input.invalid, unavailable
 * Cost: 4 read units, 1 write unit per KB, 1 read unit for the listeners, 1 push to each; for an answer 1 read unit more. For mentions see `mentionedIn`
 * and `settleMentions`.
 */
export async function edit(actor: Account, { content, seq, ...path }: EditMessageBody & PlacePath & { seq: string }): Promise<Message> {
  const place = await enter(actor, path, "send_messages");
  const found = await getUndeleted(place.logId, seq);
  if (found.author.id !== actor.user_id) throw new AppError("auth.denied", "Only who said it can change what it says.");
  assertSaysSomething(found, content);
  const isSame = found.content === content;
  const { readers, roleIds } = isSame ? { readers: [], roleIds: [] } : await place.namedIn(content, found.mentioned_role_ids);
  const userIds = readers.map(({ user_id }) => user_id);

  const change = (now: MessageEntry): Partial<MessageEntry> | undefined => {
    assertUndeleted(now);
    if (now.content === content) return undefined;
    return { content, edited_at: Date.now(), ...mentioning(now, userIds, roleIds) };
  };
  const revised = isSame ? { entry: found } : await log.revise(place.logId, found.seq, change, { found });
  if (!revised) throw noSuchMessage(); // the place was deleted meanwhile
  const { entry } = revised;
  const message = await toMessageWithReply(entry);
  const { log_id, edited_at } = message;
  if (edited_at !== null) {
    await Promise.all([
      // An edit that ended half way may be repeated when others have changed the message in other ways.
      onceInThisProcess(`${log_id}#${message.seq} edited ${edited_at} ${namesOf(entry)}`, () => settleMentions(place, entry)),
      tellUpdated(message),
    ]);
  }
  return asReadBy(message, entry, actor.user_id);
}

/** @throws input.invalid */
function assertSaysSomething({ attachments = [] }: MessageEntry, content: string): void {
  if (attachments.length > 0 || canonicalKey(content) !== "") return;
  throw new AppError("input.invalid", "A message without a file must say something. To take it away, delete it.", {
    details: { content: "must have a visible character" },
  });
}
