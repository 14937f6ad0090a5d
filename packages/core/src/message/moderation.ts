import * as audit from "../audit/index";
import type { Note } from "../audit/index";
import * as channels from "../channel/store";
import type { Account } from "../lib/actor";
import { AppError, unavailable } from "../lib/error";
import { channelLog } from "../lib/id";
import * as log from "../log/index";
import { placeOfChannel, readershipOfChannel } from "../place/channel";
import { enter } from "../place/index";
import type { ChannelPath, ConversationPath, PlacePath, Readership } from "../place/index";
import type { Channel } from "../protocol/channel";
import type { Member } from "../protocol/member";
import type { BulkDeleteBody } from "../protocol/message";
import * as readState from "../read-state/index";
import { publish } from "../realtime/publish";
import { inChannel, withPermission } from "../server/access";
import { onceInThisProcess } from "./announce";
import { releaseFiles } from "./files";
import { everMentioned } from "./mentions";
import { getMessage, isDeleted, noSuchMessage, toMessage } from "./stored";
import type { MessageEntry } from "./stored";

/*
 * A message that is deleted keeps its place: its number, its author, and its nonce, by which a late repeat of its sending still finds it. What it said,
 * and to whom, is not shown any more. Who was mentioned is forgotten behind that, and its files are deleted, since both may be refused; the
 * row keeps them, so that a repeat of a deletion that ended between the two finds them.
 */

/** What a deletion makes of a message; what is undefined goes out of the table. */
const emptied = (): Partial<MessageEntry> => ({
  content: null,
  deleted_at: Date.now(),
  reply_to: undefined,
  reactions: undefined,
  pinned: undefined,
});

/**
 * Deletes a message: an own one, also in a time-out; with moderate_messages anybody's, which the audit log notes. When this returns, those who look at
 * the channel have been told; when it throws, it is to be repeated. Deleting it again changes nothing.
 * @throws server.not_found, channel.not_found, conversation.not_found, message.not_found, auth.denied, unavailable
 * Cost: 4 read units, 1 write unit (2 and 2 more for the audit line), 1 push to each listener; for mentions see `readState.forgetMentions`,
 * for files `upload.release`.
 */
export async function remove(actor: Account, { seq, ...path }: PlacePath & { seq: string }): Promise<void> {
  if ("dm_id" in path) return removeInConversation(actor, path, seq);
  const { server_id, channel_id } = path;
  const { channel, ...membership } = await inChannel(actor, server_id, channel_id);
  const place = placeOfChannel({ ...membership, channel });
  const entry = await getMessage(place.logId, seq);
  if (entry.author.id === actor.user_id) return removeOwn(place, entry);
  const target = { id: `${channel_id}/${entry.seq}`, name: entry.author.username };
  const { now, before } = await removeTogether(channel, [entry.seq], {
    authorize: async () => (await inChannel(actor, server_id, channel_id, "moderate_messages")).member,
    noteOf: () => ({ action: "message.delete", target, isHidden: channel.private }),
  });
  await settle(place, [...now, ...before]);
}

/** Nobody keeps order there. */
async function removeInConversation(actor: Account, path: ConversationPath, seq: string): Promise<void> {
  const place = await enter(actor, path);
  const entry = await getMessage(place.logId, seq);
  if (entry.author.id !== actor.user_id) throw new AppError("auth.denied", "In a conversation everybody deletes their own messages alone.");
  await removeOwn(place, entry);
}

async function removeOwn(place: Readership, entry: MessageEntry): Promise<void> {
  const { log_id, seq } = entry;
  const revised = await log.revise<MessageEntry>(log_id, seq, (now) => (isDeleted(now) ? undefined : emptied()), { found: entry });
  if (!revised) throw noSuchMessage(); // the channel was deleted meanwhile
  await settle(place, [revised.entry]);
}

/** What is to be done behind a deletion, however often: forgets whom it mentioned, deletes its files, and tells those who look at the channel. */
async function settle(place: Readership, entries: readonly MessageEntry[]): Promise<void> {
  await Promise.all([readState.forgetMentions(place, entries.map(everMentioned)), releaseAll(entries), tell(entries)]);
}

/** One message after the other: what belongs to one account is counted in one place. */
async function releaseAll(entries: readonly MessageEntry[]): Promise<void> {
  for (const entry of entries) await releaseFiles(entry);
}

/** Tells those who look at the channel; of a repeat only if this process has not told them already. */
async function tell(entries: readonly MessageEntry[]): Promise<void> {
  await Promise.all(
    entries.map((entry) => {
      const message = toMessage(entry);
      const { log_id: topic, seq } = message;
      return onceInThisProcess(`${topic}#${seq} deleted`, () => publish(topic, { type: "message_deleted", topic, seq, message }));
    }),
  );
}

/** What one transaction takes, with its audit line. */
const CHUNK = 25;

interface Removal {
  /** Who does it. Asked at every try, since rights may end meanwhile. */
  authorize: () => Promise<Member>;
  noteOf: (seqs: number[]) => Note;
}

interface Removed {
  now: MessageEntry[];
  /** They had been deleted already. */
  before: MessageEntry[];
}

/**
 * Deletes those of at most `CHUNK` messages that are there, with one line in the audit log, all or none.
 * @throws what `authorize` throws; unavailable
 */
async function removeTogether({ id, server_id }: Channel, seqs: readonly number[], { authorize, noteOf }: Removal): Promise<Removed> {
  const logId = channelLog(id);
  return audit.change(server_id, async () => {
    const by = await authorize();
    const found = await log.findMany<MessageEntry>(logId, seqs);
    const there = found.filter((entry) => !isDeleted(entry));
    const revisions = there.map((entry) => log.reviseWrite(entry, emptied()));
    return {
      by,
      writes: revisions.map(({ write }) => write),
      note: there.length > 0 ? noteOf(there.map(({ seq }) => seq)) : null,
      value: { now: revisions.map(({ entry }) => entry), before: found.filter(isDeleted) },
    };
  });
}

const noteOfMany = ({ id, name, private: isHidden }: Channel, seqs: number[]): Note => ({
  action: "message.bulk_delete",
  target: { id, name },
  isHidden,
  changes: [{ key: "seqs", before: null, after: seqs }],
});

/**
 * Deletes several messages. Those that are not there, or are deleted already, are passed over. If it throws, some may be deleted; to be repeated.
 * @throws server.not_found, channel.not_found, auth.denied, unavailable
 * Cost: for each 25 of them 4 read units and 1 for each, 1 transaction of 2 write units for each and 2 more, and a push or two to each listener.
 */
export async function removeMany(
  actor: Account,
  { server_id, channel_id, seqs }: BulkDeleteBody & ChannelPath,
): Promise<{ deleted: number }> {
  const authorize = () => inChannel(actor, server_id, channel_id, "moderate_messages");
  const { channel } = await authorize();
  let deleted = 0;
  for (let i = 0; i < seqs.length; i += CHUNK) {
    const { now, before } = await removeTogether(channel, seqs.slice(i, i + CHUNK), {
      authorize: async () => (await authorize()).member,
      noteOf: (removed) => noteOfMany(channel, removed),
    });
    await settle(readershipOfChannel(channel), [...now, ...before]);
    deleted += now.length;
  }
  return { deleted };
}

/** How long a ban goes on deleting. */
const DELETING_MS = 15_000;
const CHANNELS_AT_ONCE = 4;

/**
 * Deletes what an account said in a server from a moment on, the newest first, in every channel, also in those that the actor does not see: it is a
 * part of a ban. What takes longer than 15 seconds is refused, and goes on when it is repeated.
 * @throws server.not_found, auth.denied, unavailable
 * Cost: 1 read unit per 4 KB of what anybody said since; for what is deleted see `removeMany`.
 */
export async function deleteRecentBy(actor: Account, serverId: string, userId: string, since: number): Promise<void> {
  const until = Date.now() + DELETING_MS;
  const waiting = await channels.list(serverId);
  const authorize = async () => (await withPermission(actor, serverId, "moderate_members")).member;
  const clear = async (channel: Channel) => {
    const noteOf = (seqs: number[]) => noteOfMany(channel, seqs);
    for await (const seqs of inChunks(saidBy(userId, channelLog(channel.id), { since, until }))) {
      const { now, before } = await removeTogether(channel, seqs, { authorize, noteOf });
      await settle(readershipOfChannel(channel), [...now, ...before]);
    }
  };
  const work = async () => {
    for (let channel = waiting.pop(); channel; channel = waiting.pop()) await clear(channel);
  };
  await Promise.all(Array.from({ length: CHANNELS_AT_ONCE }, work));
  if (Date.now() >= until) throw unavailable(new Error("what was said was not deleted in time"));
}

/** The numbers of what an account said since a moment, newest first, as far as they are found in time. */
async function* saidBy(userId: string, logId: string, { since, until }: { since: number; until: number }): AsyncGenerator<number> {
  for await (const { seq, author, created_at = 0 } of log.backwards(logId)) {
    if (created_at < since - log.OUT_OF_ORDER_MS || Date.now() >= until) return;
    if (author.id === userId && created_at >= since) yield seq;
  }
}

async function* inChunks(seqs: AsyncIterable<number>): AsyncGenerator<number[]> {
  let chunk: number[] = [];
  for await (const seq of seqs) {
    chunk.push(seq);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
