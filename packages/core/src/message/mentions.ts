import * as log from "../log/index";
import type { Readership } from "../place/index";
import { limits } from "../protocol/limits";
import * as readState from "../read-state/index";
import { isDeleted } from "./stored";
import type { MessageEntry } from "./stored";

/*
 * Whom a message mentions is noted with each of them, in rows of their own. What counts is the message as it is stored: whoever changes it writes that
 * first, with the names that it does not mention any more, and then makes the notes so. Two who do that at once may each undo what the other has done;
 * so whoever has made notes looks whether the message still says the same, and makes them again if not: the last to make them has seen the last words.
 */

/** Names of earlier words are kept so many: of older ones somebody has made sure long ago. */
const FORMERLY_MAX = 2 * limits.mentionsMax;

/** What an entry mentions after a change of its words, as it is stored. */
export function mentioning(before: MessageEntry, userIds: readonly string[], roleIds: readonly string[]): Partial<MessageEntry> {
  return {
    mentions: orNothing(userIds),
    mentioned_role_ids: orNothing(roleIds),
    unmentioned: without(userIds, before.unmentioned, before.mentions),
    unmentioned_role_ids: without(roleIds, before.unmentioned_role_ids, before.mentioned_role_ids),
  };
}

const orNothing = (ids: readonly string[]): string[] | undefined => (ids.length > 0 ? [...ids] : undefined);

function without(ids: readonly string[], ...before: (readonly string[] | undefined)[]): string[] | undefined {
  const once = new Set(before.flatMap((some) => some ?? []));
  return orNothing([...once].filter((id) => !ids.includes(id)).slice(-FORMERLY_MAX));
}

/** Whom any of its words mentioned. */
export const everMentioned = ({
  seq,
  mentions = [],
  mentioned_role_ids = [],
  unmentioned = [],
  unmentioned_role_ids = [],
}: MessageEntry) => ({
  seq,
  mentions: [...mentions, ...unmentioned],
  mentioned_role_ids: [...mentioned_role_ids, ...unmentioned_role_ids],
});

/**
 * Makes what is noted of its mentions what the entry says, and tells those who are named, or were. Safe to run twice.
 * Cost: nothing for one that never named anybody; else 1 read unit, and see `readState.noteMentions` and `readState.forgetMentions`.
 */
export async function settleMentions(place: Readership, entry: MessageEntry): Promise<void> {
  for (let now: MessageEntry | undefined = entry; now; now = await changedSince(now)) await settle(place, now);
}

/** The entry, if it does not name the same any more. Cost: nothing for one that never named anybody; else 1 read unit per 4 KB. */
export async function changedSince(entry: MessageEntry): Promise<MessageEntry | undefined> {
  const { mentions, mentioned_role_ids } = everMentioned(entry);
  if (mentions.length + mentioned_role_ids.length === 0) return undefined;
  const now = await log.find<MessageEntry>(entry.log_id, entry.seq);
  return now && namesOf(now) !== namesOf(entry) ? now : undefined;
}

/** Whom it mentions, to be compared. */
export const namesOf = (entry: MessageEntry): string =>
  JSON.stringify(isDeleted(entry) ? null : [entry.mentions ?? [], entry.mentioned_role_ids ?? []]);

async function settle(place: Readership, entry: MessageEntry): Promise<void> {
  if (isDeleted(entry)) return readState.forgetMentions(place, [everMentioned(entry)]);
  const { seq, mentions = [], mentioned_role_ids: roleIds = [], unmentioned, unmentioned_role_ids } = entry;
  await readState.forgetMentions(place, [{ seq, mentions: unmentioned, mentioned_role_ids: unmentioned_role_ids }]);
  if (mentions.length + roleIds.length === 0) return;
  const readers = mentions.length > 0 ? await place.readersNow(mentions) : [];
  const tellReaders = await readState.noteMentions(place, seq, readers, roleIds);
  await tellReaders();
}
