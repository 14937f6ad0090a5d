import * as v from "valibot";
import type { Account } from "../lib/actor";
import { TransactionFailed, transactWrite } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { unavailable } from "../lib/error";
import { auditLog } from "../lib/id";
import { inThisProcess } from "../lib/in-this-process";
import { assertSeqCursor } from "../lib/page";
import { sleep } from "../lib/sleep";
import * as log from "../log/index";
import type { Draft, LogEntry } from "../log/index";
import { AuditEntry } from "../protocol/audit";
import type { AuditChange, AuditPage } from "../protocol/audit";
import type { Member } from "../protocol/member";
import type { PageQuery } from "../protocol/primitives";
import { withPermission } from "../server/access";
import type { Membership } from "../server/access";

/*
 * The audit log of a server is a log like any other: `audit:<server id>` in Messages. It is written in one way only: in the transaction of what it
 * tells of. So there is no change without its line and no line without its change, and the number of the line is a lock: of two people who change the
 * server at the same moment one is second, sees what the first has done, and is asked again whether they may (docs/decisions/0014-the-audit-log-is-the-lock.md).
 */

export interface Note {
  action: AuditEntry["action"];
  target: AuditEntry["target"];
  changes?: AuditChange[];
  reason?: string | null;
  /** It tells of a private channel, or of what is in one: only those who manage channels see what and which. */
  isHidden?: boolean;
}

/** What is to happen, decided from what was read after `decide` was called. */
interface Decision<T> {
  /** Who does it. */
  by: Member;
  /** At most 99, each on another item. */
  writes: Write[];
  /** Null: there is nothing to change. */
  note: Note | null;
  value: T;
}

const TRIES = 40;
const BACKOFF_MS = 25;
/** Of conditions other than that nobody was faster. */
const REFUSALS = 3;
/** As long as API Gateway waits, less the time to say so. */
const WITHIN_MS = 20_000;
/** Changes of a server that may wait in one process. */
const WAITING_MAX = 200;

/** One line of waiting for each server and process, so that its own changes never race each other. */
const lines = () => inThisProcess("audit.lines", () => new Map<string, Line>());

interface Line {
  last: Promise<unknown>;
  waiting: number;
}

/**
 * Changes a server and notes who did it, both or neither. `decide` may run several times: whenever what it has read may not be so any more, since
 * somebody else changed the server, or a condition of its writes did not hold. Then it says itself what is true now.
 * @throws what `decide` throws; TransactionFailed if a condition does not hold though `decide`, asked again, sees nothing amiss: one about what it does
 * not read, like a name that is taken; unavailable.
 * Cost: 1 read unit, and a transaction of its writes and one more (2 write units per KB each).
 */
export async function change<T>(serverId: string, decide: () => Promise<Decision<T>>): Promise<T> {
  const waitingIn = lines();
  const line = waitingIn.get(serverId) ?? { last: Promise.resolve(), waiting: 0 };
  if (line.waiting >= WAITING_MAX) throw unavailable(new Error(`${WAITING_MAX} changes wait for ${serverId}`));
  waitingIn.set(serverId, line);
  line.waiting++;
  const run = line.last.then(() => changeNow(serverId, decide));
  line.last = run.catch(() => undefined); // whoever waits for `run` hears of it; the next in line goes on
  try {
    return await run;
  } finally {
    if (--line.waiting === 0) waitingIn.delete(serverId);
  }
}

async function changeNow<T>(serverId: string, decide: () => Promise<Decision<T>>): Promise<T> {
  const logId = auditLog(serverId);
  const until = Date.now() + WITHIN_MS;
  let refusals = 0;
  for (let attempt = 1; attempt <= TRIES && Date.now() < until; attempt++) {
    const head = await log.head(logId);
    const { by, writes, note, value } = await decide();
    if (!note) return value;
    try {
      await transactWrite([...writes, log.entryWrite<StoredEntry>(logId, head + 1, draftOf(by, note))]);
      return value;
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      const isOutrun = error.failed.at(-1) === true;
      if (!isOutrun && ++refusals === REFUSALS) throw error;
      await sleep(Math.random() * BACKOFF_MS * Math.min(attempt, 8));
    }
  }
  throw unavailable(new Error(`${logId} was written by others all the time`));
}

type StoredEntry = LogEntry & Omit<AuditEntry, "seq" | "created_at"> & { hidden?: true };

function draftOf(by: Member, { action, target, changes = [], reason = null, isHidden = false }: Note): Draft<StoredEntry> {
  return { author: by.user, action, target, changes, reason, created_at: Date.now(), ...(isHidden ? { hidden: true as const } : {}) };
}

const AuditItem = v.object({ ...AuditEntry.entries, hidden: v.optional(v.literal(true)) });

/** Of what is hidden only that it was done, and by whom. */
function entryFor(item: LogEntry, { permissions }: Membership): AuditEntry {
  const { hidden, ...entry } = v.parse(AuditItem, item);
  return hidden && !permissions.includes("manage_channels") ? { ...entry, target: null, changes: [] } : entry;
}

/**
 * Who did what, the newest first. Lines about private channels say of what only to those who manage channels.
 * @throws server.not_found, auth.denied. Cost: 3 read units and 1 per 4 KB.
 */
export async function page(actor: Account, { server_id, limit, cursor }: PageQuery & { server_id: string }): Promise<AuditPage> {
  const membership = await withPermission(actor, server_id, "manage_server");
  const { entries, has_more, next_cursor } = await log.page(auditLog(server_id), { limit, before: assertSeqCursor(cursor) });
  return {
    entries: entries.map((entry) => entryFor(entry, membership)),
    has_more,
    next_cursor: next_cursor === null ? null : String(next_cursor),
  };
}

/** What is different, key by key. */
export function changesOf<T extends object>(before: Partial<T>, after: Partial<T>): AuditChange[] {
  return (Object.keys(after) as (keyof T & string)[])
    .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
    .map((key) => ({ key, before: before[key] ?? null, after: after[key] ?? null }));
}
