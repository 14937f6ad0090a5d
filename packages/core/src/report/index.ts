import * as v from "valibot";
import * as audit from "../audit/index";
import * as channels from "../channel/store";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { channelLog, reportsLog } from "../lib/id";
import { assertSeqCursor, parseSeq } from "../lib/page";
import { serverTopic } from "../lib/topic";
import * as limit from "../limit/index";
import * as log from "../log/index";
import type { LogEntry } from "../log/index";
import { getMessage, isDeleted, noSuchMessage } from "../message/stored";
import type { PageQuery } from "../protocol/primitives";
import { Report } from "../protocol/report";
import type { ReportBody, ReportPage } from "../protocol/report";
import { announce } from "../realtime/publish";
import { audience, inChannel, withPermission } from "../server/access";
import type { Membership } from "../server/access";

/*
 * What members reported in a server is a log, `reports:<server id>` in Messages. A report holds the message as it stood then, so that deleting it, or
 * changing it, hides nothing from the moderators. It is shown to those of them who may see the channel, and to nobody when the channel is gone.
 */

type ReportEntry = Omit<Report, "seq"> & LogEntry & { revision?: number };

const ReportItem = v.object(Report.entries);

/** Ten minutes. */
const WINDOW_SECONDS = 600;
const REPORTS_PER_WINDOW = 20;
/** A repeat of a report is found among so many. */
const LOOK_BACK = 1_000;

/**
 * Shows a message to the moderators, and tells those of them who are there. Repeating it changes nothing until it was dealt with.
 * @throws server.not_found, channel.not_found, message.not_found (also if it is deleted), limit.report, unavailable
 * Cost: 5 read units, 2 write units, and for each listener of the server 1 read unit; 1 push to each moderator. For each time that the actor has reported
 * it and it was dealt with 1 read unit per 4 KB of reports.
 */
export async function report(
  actor: Account,
  { server_id, channel_id, seq, reason }: ReportBody & { server_id: string; channel_id: string; seq: string },
): Promise<void> {
  const { member, channel } = await inChannel(actor, server_id, channel_id);
  const message = await getMessage(channelLog(channel_id), seq);
  if (isDeleted(message)) throw noSuchMessage();
  await limit.take({
    key: `report#${actor.user_id}`,
    max: REPORTS_PER_WINDOW,
    windowSeconds: WINDOW_SECONDS,
    code: "limit.report",
  });
  const { author, content, created_at } = message;
  const logId = reportsLog(server_id);
  const draft = {
    author: member.user,
    created_at: Date.now(),
    reason,
    message: { channel_id, seq: message.seq, author, content, created_at },
    resolved_at: null,
    resolved_by: null,
  };
  const after = Math.max(0, (await log.head(logId)) - LOOK_BACK);
  const add = (nonce: string) => log.append<ReportEntry>(logId, { ...draft, nonce }, { after });
  const name = `${channel_id}#${message.seq}`;
  let added = await add(name);
  while (added.repeated && added.entry.resolved_at !== null) added = await add(`${name}#${added.entry.seq}`);
  if (added.repeated) return;
  const topic = serverTopic(server_id);
  const maySee = audience(server_id, ({ permissions, sees }) => permissions.includes("moderate_messages") && sees(channel));
  await announce(topic, { type: "report_created", topic, server_id, seq: added.entry.seq }, maySee);
}

/** So many are looked through for those that the moderator may see; then a page is short, or empty, though it is not the last. */
const LOOKED_THROUGH_MAX = 1_000;
const STEP_MIN = 50;

/**
 * What was reported, the newest first, without what was said in channels that the actor does not see.
 * @throws server.not_found, auth.denied, input.invalid. Cost: 3 read units, 1 per 4 KB of reports and 1 per 4 KB of channels.
 */
export async function list(actor: Account, { server_id, limit: count, cursor }: PageQuery & { server_id: string }): Promise<ReportPage> {
  const membership = await withPermission(actor, server_id, "moderate_messages");
  const before = assertSeqCursor(cursor);
  const isSeen = await sight(membership);
  const found: Report[] = [];
  let next: number | null = before ?? null;
  const step = Math.max(STEP_MIN, count + 1); // one more, to know whether there is more
  for (let looked = 0; looked < LOOKED_THROUGH_MAX && found.length <= count; looked += step) {
    const page = await log.page(reportsLog(server_id), { limit: step, ...(next === null ? {} : { before: next }) });
    found.push(...page.entries.map((entry) => v.parse(ReportItem, entry)).filter(isSeen));
    next = page.next_cursor;
    if (next === null) break;
  }
  const reports = found.slice(0, count);
  const last = reports.at(-1);
  const end = found.length > count && last ? last.seq : next;
  return { reports, has_more: end !== null, next_cursor: end === null ? null : String(end) };
}

/** Which reports a moderator may see. */
async function sight({ server, sees }: Membership): Promise<(report: Pick<Report, "message">) => boolean> {
  const seen = new Set((await channels.list(server.id)).filter(sees).map(({ id }) => id));
  return ({ message }) => seen.has(message.channel_id);
}

/**
 * Notes that a report has been dealt with, for the other moderators and in the audit log. A repeat changes nothing.
 * @throws server.not_found, auth.denied, report.not_found, unavailable
 * Cost: 5 read units and 1 per 4 KB of channels, 1 transaction of 2 writes.
 */
export async function resolve(actor: Account, { server_id, report_seq }: { server_id: string; report_seq: string }): Promise<void> {
  await audit.change(server_id, async () => {
    const membership = await withPermission(actor, server_id, "moderate_messages");
    const [entry, isSeen] = await Promise.all([findEntry(reportsLog(server_id), report_seq), sight(membership)]);
    if (!entry || !isSeen(entry)) throw new AppError("report.not_found", "There is no such report here.");
    const { channel_id, seq, author } = entry.message;
    const { write } = log.reviseWrite(entry, { resolved_at: Date.now(), resolved_by: actor.user_id });
    const isHidden = (await channels.findChannel(server_id, channel_id))?.private ?? true;
    const note = { action: "report.resolve" as const, target: { id: `${channel_id}/${seq}`, name: author.username }, isHidden };
    return { by: membership.member, writes: [write], note: entry.resolved_at === null ? note : null, value: undefined };
  });
}

async function findEntry(logId: string, seq: string): Promise<ReportEntry | undefined> {
  const number = parseSeq(seq);
  return number === undefined ? undefined : log.find<ReportEntry>(logId, number);
}
