import type { Account } from "../lib/actor";
import { channelLog, everyoneRoleId, logPrefixOfServer } from "../lib/id";
import { userTopic } from "../lib/topic";
import * as log from "../log/index";
import type { Channel } from "../protocol/channel";
import type { MarkReadBody } from "../protocol/message";
import type { ReadMark } from "../protocol/channel";
import type { Member } from "../protocol/member";
import { findMembers } from "../member/store";
import { announce } from "../realtime/publish";
import type { Audience } from "../realtime/publish";
import { audienceNow, inChannel } from "../server/access";
import * as store from "./store";
import type { ReadStateRow } from "./store";

type Reader = Pick<Member, "server_id" | "user_id" | "role_ids">;

const rolesOf = ({ server_id, role_ids }: Reader): string[] => [...new Set([everyoneRoleId(server_id), ...role_ids])];

/**
 * Moves the actor's read mark of a channel to `seq`, at most to the last message and never backwards, and tells the actor's other devices.
 * @throws server.not_found, channel.not_found
 * Cost: 2 read units for the rights, 1 for the head, 1 for each role, 1 write unit (2 where it passes mentions), 1 push for each of the actor's connections.
 */
export async function mark(
  actor: Account,
  { server_id, channel_id, seq }: MarkReadBody & { server_id: string; channel_id: string },
): Promise<ReadMark> {
  const { member } = await inChannel(actor, server_id, channel_id);
  const logId = channelLog(channel_id);
  const head = await log.head(logId);
  const wanted = Math.min(seq, head);
  const moved = wanted > 0 ? await store.moveMark(actor.user_id, logId, wanted) : undefined;
  const [own, ofRoles] = await Promise.all([
    moved ?? store.findFor([actor.user_id], logId).then(([row]) => row ?? store.emptyRow(logId)),
    store.findFor(rolesOf(member), logId),
  ]);
  const now = markOf(own, [own, ...ofRoles]);
  if (!moved) return now;

  const passed = [...own.mentions].filter((mentioned) => mentioned <= own.last_read);
  if (passed.length > 0) await store.forgetMentions(actor.user_id, logId, passed);
  await tellReader(member, logId, head, now);
  return now;
}

/** A mention counts once, however many of somebody's names are in it. */
function markOf({ last_read }: ReadStateRow, rows: readonly ReadStateRow[]): ReadMark {
  const behind = new Set(rows.flatMap(({ mentions }) => [...mentions].filter((seq) => seq > last_read)));
  return { last_read, mention_count: Math.min(behind.size, store.MENTIONS_MAX) };
}

/** The member's marks in the channels of their server, by log; a log that is missing was never read. Cost: 1 read unit, and 1 for each role. */
export async function ofServer(member: Reader): Promise<(logId: string) => ReadMark> {
  const prefix = logPrefixOfServer(member.server_id);
  const [own = [], ...ofRoles] = await Promise.all([member.user_id, ...rolesOf(member)].map((id) => store.listOf(id, prefix)));
  return (logId) => {
    const isOf = (row: ReadStateRow) => row.log_id === logId;
    return markOf(own.find(isOf) ?? store.emptyRow(logId), [...own, ...ofRoles.flat()].filter(isOf));
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
  logId: string,
  seq: number,
  members: readonly Reader[],
  roleIds: readonly string[],
): Promise<(may: Audience) => Promise<void>> {
  await Promise.all(roleIds.map((id) => noteRoleMention(id, logId, seq)));
  const marks = await Promise.all(members.map((member) => noteMention(member, logId, seq)));
  return async (may) => {
    if (members.length === 0) return;
    const allowed = await may(members.map(({ user_id }) => user_id));
    const isTold = ({ user_id }: Reader) => allowed.has(user_id);
    await Promise.all(members.flatMap((member, i) => (marks[i] && isTold(member) ? tellReader(member, logId, seq, marks[i]) : [])));
  };
}

/** Undefined if there is nothing new to tell. */
async function noteMention(member: Reader, logId: string, seq: number): Promise<ReadMark | undefined> {
  const row = await store.noteMention(member.user_id, logId, seq);
  return row && markOf(row, [row, ...(await store.findFor(rolesOf(member), logId))]);
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
export async function forgetMentions(channel: Channel, entries: readonly Mentioning[]): Promise<void> {
  const logId = channelLog(channel.id);
  const ofAccounts = seqsBy(entries, ({ mentions }) => mentions);
  const ofRoles = seqsBy(entries, ({ mentioned_role_ids }) => mentioned_role_ids);
  const forget = ([id, seqs]: [string, number[]]) => store.forgetMentions(id, logId, seqs);
  await Promise.all([...ofRoles].map(forget)); // first, so that what is told to the accounts is without them
  const rows = await Promise.all([...ofAccounts].map(forget));
  const counting = [...ofAccounts.keys()].filter((_, i) => rows[i]);
  if (counting.length === 0) return;
  const [head, members, allowed] = await Promise.all([
    log.head(logId),
    findMembers(channel.server_id, counting),
    audienceNow(channel)(counting),
  ]);
  // Whoever does not see the channel any more does not hear how much was said in it.
  await Promise.all(
    members
      .filter(({ user_id }) => allowed.has(user_id))
      .map(async (member) => {
        const [[own = store.emptyRow(logId)], ofRoles] = await Promise.all([
          store.findFor([member.user_id], logId),
          store.findFor(rolesOf(member), logId),
        ]);
        await tellReader(member, logId, head, markOf(own, [own, ...ofRoles]));
      }),
  );
}

/** By account or role: where it is mentioned. */
function seqsBy(entries: readonly Mentioning[], idsIn: (entry: Mentioning) => readonly string[] | undefined): Map<string, number[]> {
  const byId = new Map<string, number[]>();
  for (const entry of entries) for (const id of idsIn(entry) ?? []) byId.set(id, [...(byId.get(id) ?? []), entry.seq]);
  return byId;
}

const tellReader = ({ user_id, server_id }: Reader, logId: string, head: number, now: ReadMark): Promise<void> =>
  announce(userTopic(user_id), { type: "read", topic: logId, server_id, head, ...now });
