import type { Account } from "../lib/actor";
import { logPrefixOfServer } from "../lib/id";
import { userTopic } from "../lib/topic";
import * as log from "../log/index";
import { readerOf } from "../place/channel";
import { enter } from "../place/index";
import type { PlacePath, Reader, Readership } from "../place/index";
import type { MarkReadBody } from "../protocol/message";
import type { ReadMark } from "../protocol/channel";
import type { Member } from "../protocol/member";
import { announce } from "../realtime/publish";
import * as store from "./store";
import type { ReadStateRow } from "./store";

/**
 * Moves the actor's read mark of a place to `seq`, at most to the last message and never backwards, and tells the actor's other devices.
 * @throws server.not_found, channel.not_found
 * Cost: 2 read units for the rights, 1 for the head, 1 for each role, 1 write unit (2 where it passes mentions), 1 push for each of the actor's connections.
 */
export async function mark(actor: Account, { seq, ...path }: MarkReadBody & PlacePath): Promise<ReadMark> {
  const place = await enter(actor, path);
  const { logId, reader } = place;
  const head = await log.head(logId);
  const wanted = Math.min(seq, head);
  const moved = wanted > 0 ? await store.moveMark(actor.user_id, logId, wanted) : undefined;
  const [own, ofRoles] = await Promise.all([
    moved ?? store.findFor([actor.user_id], logId).then(([row]) => row ?? store.emptyRow(logId)),
    store.findFor(reader.role_ids, logId),
  ]);
  const now = markOf(own, [own, ...ofRoles]);
  if (!moved) return now;

  const passed = [...own.mentions].filter((mentioned) => mentioned <= own.last_read);
  if (passed.length > 0) await store.forgetMentions(actor.user_id, logId, passed);
  await tellReader(place, reader, head, now);
  return now;
}

/** A mention counts once, however many of somebody's names are in it. */
function markOf({ last_read }: ReadStateRow, rows: readonly ReadStateRow[]): ReadMark {
  const behind = new Set(rows.flatMap(({ mentions }) => [...mentions].filter((seq) => seq > last_read)));
  return { last_read, mention_count: Math.min(behind.size, store.MENTIONS_MAX) };
}

/** The member's marks in the channels of their server, by log; a log that is missing was never read. Cost: 1 read unit, and 1 for each role. */
export async function ofServer(member: Pick<Member, "server_id" | "user_id" | "role_ids">): Promise<(logId: string) => ReadMark> {
  const prefix = logPrefixOfServer(member.server_id);
  const [own = [], ...ofRoles] = await Promise.all([member.user_id, ...readerOf(member).role_ids].map((id) => store.listOf(id, prefix)));
  return (logId) => {
    const isOf = (row: ReadStateRow) => row.log_id === logId;
    return markOf(own.find(isOf) ?? store.emptyRow(logId), [...own, ...ofRoles.flat()].filter(isOf));
  };
}

/** An account's marks in logs where nobody is named by a role; a log that is missing was never read. Cost: 1 read unit each. */
export async function ofLogs(userId: string, logIds: readonly string[]): Promise<(logId: string) => ReadMark> {
  const rows = await store.findIn(userId, logIds);
  return (logId) => {
    const own = rows.find((row) => row.log_id === logId) ?? store.emptyRow(logId);
    return markOf(own, [own]);
  };
}

/** How many role mentions are kept: who has not looked for longer than that counts the newest. */
const ROLE_MENTIONS_KEPT = 100;

/**
 * Notes that an entry mentions people and roles. Safe to run twice.
 * @returns how to tell those people's devices, as far as they may hear of it then.
 * Cost: 1 write unit, 2 read units and 1 push to each of their connections for each account; 1 write unit for each role.
 */
export async function noteMentions(
  place: Readership,
  seq: number,
  readers: readonly Reader[],
  roleIds: readonly string[],
): Promise<() => Promise<void>> {
  await Promise.all(roleIds.map((id) => noteRoleMention(id, place.logId, seq)));
  const marks = await Promise.all(readers.map((reader) => noteMention(reader, place.logId, seq)));
  return async () => {
    if (readers.length === 0) return;
    const allowed = await place.audienceNow(readers.map(({ user_id }) => user_id));
    const isTold = ({ user_id }: Reader) => allowed.has(user_id);
    await Promise.all(readers.flatMap((reader, i) => (marks[i] && isTold(reader) ? tellReader(place, reader, seq, marks[i]) : [])));
  };
}

/** Undefined if there is nothing new to tell. */
async function noteMention({ user_id, role_ids }: Reader, logId: string, seq: number): Promise<ReadMark | undefined> {
  const row = await store.noteMention(user_id, logId, seq);
  return row && markOf(row, [row, ...(await store.findFor(role_ids, logId))]);
}

async function noteRoleMention(roleId: string, logId: string, seq: number): Promise<void> {
  const { mentions } = await store.noteRoleMention(roleId, logId, seq);
  if (mentions.size < 2 * ROLE_MENTIONS_KEPT) return;
  const oldest = [...mentions].sort((a, b) => a - b).slice(0, -ROLE_MENTIONS_KEPT);
  await store.forgetMentions(roleId, logId, oldest);
}

/** An entry, as far as it mentions somebody. */
interface Mentioning {
  seq: number;
  mentions?: readonly string[] | undefined;
  mentioned_role_ids?: readonly string[] | undefined;
}

/**
 * Takes entries that were deleted out of what was noted of them, and tells the devices of those who were named. Safe to run twice. Who was meant
 * by a role sees it when their marks are loaded next.
 * Cost: 1 write unit for each account and role; 1 read unit for the head, and for each account that counts mentions there 3 read units and 1 push to
 * each of their connections.
 */
export async function forgetMentions(place: Readership, entries: readonly Mentioning[]): Promise<void> {
  const { logId } = place;
  const ofAccounts = seqsBy(entries, ({ mentions }) => mentions);
  const ofRoles = seqsBy(entries, ({ mentioned_role_ids }) => mentioned_role_ids);
  const forget = ([id, seqs]: [string, number[]]) => store.forgetMentions(id, logId, seqs);
  await Promise.all([...ofRoles].map(forget)); // first, so that what is told to the accounts is without them
  const rows = await Promise.all([...ofAccounts].map(forget));
  const counting = [...ofAccounts.keys()].filter((_, i) => rows[i]);
  if (counting.length === 0) return;
  // Whoever does not read here any more does not hear how much was said.
  const [head, readers] = await Promise.all([log.head(logId), place.readersNow(counting)]);
  await Promise.all(
    readers.map(async (reader) => {
      const [[own = store.emptyRow(logId)], ofRoles] = await Promise.all([
        store.findFor([reader.user_id], logId),
        store.findFor(reader.role_ids, logId),
      ]);
      await tellReader(place, reader, head, markOf(own, [own, ...ofRoles]));
    }),
  );
}

/** By account or role: where it is mentioned. */
function seqsBy(entries: readonly Mentioning[], idsIn: (entry: Mentioning) => readonly string[] | undefined): Map<string, number[]> {
  const byId = new Map<string, number[]>();
  for (const entry of entries) for (const id of idsIn(entry) ?? []) byId.set(id, [...(byId.get(id) ?? []), entry.seq]);
  return byId;
}

function tellReader({ logId, serverId }: Readership, { user_id }: Reader, head: number, now: ReadMark): Promise<void> {
  const server = serverId === undefined ? {} : { server_id: serverId };
  return announce(userTopic(user_id), { type: "read", topic: logId, ...server, head, ...now });
}
