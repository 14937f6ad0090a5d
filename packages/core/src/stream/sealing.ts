import { atOnce } from "../lib/at-once";
import { randomText, topicLog } from "../lib/id";
import { logger } from "../lib/logger";
import * as s3 from "../lib/s3";
import * as log from "../log/index";
import { HOT_MS } from "./dating";
import { folderOf } from "./deletion";
import { jsonOf, toTopicEntry } from "./entry";
import type { Stored } from "./entry";
import { SegmentWriter } from "./segment";
import type { Old } from "./segment";
import { UNDER_WAY_MS } from "./store";
import type { TopicRow } from "./store";
import * as tiers from "./tier-store";

/*
 * Messages go from the table into segments of the bucket (docs/decisions/0024-tiers.md). Whatever ends in the midst of it can be begun again:
 * 1. The topic's row notes the key of the object that is about to be made, and nobody else makes one meanwhile.
 * 2. The object is put.
 * 3. In one transaction the segment's row is made, and the topic's row says up to where messages are read from segments; the note is gone with it.
 * 4. The table deletes what has a date. What has none is deleted by a later run, when nobody is under way any more who has read the topic's row before 3.
 * An object whose note is found later leads nowhere, and is removed.
 */

/** With less than a day's messages in it a segment would be dear: what is older than the hot period waits until the oldest is twice as old. */
const SEALED_FROM_MS = 2 * HOT_MS;
/** Longer than anybody makes a segment who is alive. */
const SEALING_MS = 20 * 60_000;
const KEY_CHARACTERS = 16;
const ENTRIES_AT_ONCE = 100;
const FETCHES_AT_ONCE = 10;

/** Removes what somebody has left who ended in the midst of it. False if they may still be alive. Cost: nothing, or 2 write units. */
export async function clearUnfinished(row: TopicRow, now: number): Promise<boolean> {
  if (!row.sealing) return true;
  const { key, at } = row.sealing;
  if (Math.abs(now - at) < SEALING_MS) return false;
  if (!(await tiers.abandonSealing(row, key))) return false;
  await s3.remove(key);
  await tiers.endSealing(row, key);
  return true;
}

/**
 * Seals what is old, if enough is, as far as there is time. @returns whether nothing more is to be sealed.
 * @throws Error for what is not what was written; unavailable
 * Cost: 1 read unit per 4 KB, at least one, and 1 GET for each large entry; for each segment 1 PUT and 3 write units, and 2 per KB of its row.
 */
export async function seal(row: TopicRow, now: number, until: number): Promise<boolean> {
  const [oldest] = (await log.entriesFrom(topicLog(row.id), row.sealed_through + 1, { limit: 1, isBorder: true })).entries.map(
    toTopicEntry,
  );
  if (!oldest || oldest.created_at > now - SEALED_FROM_MS) return true;
  if (oldest.seq > row.sealed_through + 1) logger.error("tiering.hole", { topic_id: row.id, from: row.sealed_through + 1, to: oldest.seq });
  const entries = oldEntries(row, now - HOT_MS);
  let present: TopicRow | undefined = row;
  for (let next = await entries.next(); !next.done;) {
    if (Date.now() >= until) return false;
    const writer = new SegmentWriter();
    const undated: number[] = [];
    for (; !next.done && !writer.isFull; next = await entries.next()) {
      await writer.add(next.value);
      if (next.value.expires_on === undefined) undated.push(next.value.seq);
    }
    present = await store(present, writer, undated, now);
    if (!present) return false;
  }
  return true;
}

/** What is not hot any more, from the first that is not sealed on. */
async function* oldEntries(row: TopicRow, before: number): AsyncGenerator<Old & Pick<Stored, "expires_on">> {
  const logId = topicLog(row.id);
  for (let from = row.sealed_through + 1; ;) {
    const { entries, isEnd } = await log.entriesFrom(logId, from, { limit: ENTRIES_AT_ONCE, isBorder: true });
    const all = entries.map(toTopicEntry);
    const hot = all.findIndex(({ created_at }) => created_at > before);
    const old = all.slice(0, hot === -1 ? undefined : hot);
    for (let i = 0; i < old.length; i += FETCHES_AT_ONCE) {
      const some = old.slice(i, i + FETCHES_AT_ONCE);
      const texts = new Map<Stored, string>();
      await atOnce(FETCHES_AT_ONCE, some, async (entry) => texts.set(entry, await jsonOf(entry)));
      for (const entry of some) yield { ...entry, json: texts.get(entry) ?? "" };
    }
    const last = old.at(-1);
    if (isEnd || hot !== -1 || !last) return;
    from = log.lastOf(last) + 1;
  }
}

/** Undefined if it was somebody else's turn. */
async function store(row: TopicRow, writer: SegmentWriter, undated: number[], at: number): Promise<TopicRow | undefined> {
  const key = `${folderOf(row.id)}${randomText(KEY_CHARACTERS)}`;
  const { body, segment } = await writer.finish(key);
  if (!(await tiers.beginSealing(row, key, at))) return undefined;
  await s3.put(key, body);
  const [first, last] = [undated[0], undated.at(-1)];
  const range = first === undefined || last === undefined ? undefined : ([first, last] as const);
  const sealed = await tiers.commit(row, { segment, undated: range, at });
  if (!sealed) await s3.remove(key);
  return sealed;
}

/**
 * Deletes what is sealed and has no date. False if there was no time for all of it.
 * Cost: nothing if there is none; else 1 read unit per 4 KB of all that was sealed meanwhile, 1 write unit per KB, and 1 write unit.
 */
export async function dropUndated(row: TopicRow, now: number, until: number): Promise<boolean> {
  const { undated_from, undated_through, sealed_at = 0 } = row;
  if (undated_from === undefined || undated_through === undefined || sealed_at + UNDER_WAY_MS > now) return true;
  const logId = topicLog(row.id);
  for (let from = undated_from; from <= undated_through;) {
    if (Date.now() >= until) return false;
    const { entries, isEnd } = await log.entriesFrom(logId, from, { limit: ENTRIES_AT_ONCE, isBorder: true });
    const undated = entries.map(toTopicEntry).filter(({ seq, expires_on }) => seq <= undated_through && expires_on === undefined);
    const objects = undated.flatMap(({ object }) => (object ? [object.key] : []));
    await atOnce(FETCHES_AT_ONCE, objects, s3.remove); // first: nothing else leads to them
    await log.drop(
      logId,
      undated.map(({ seq }) => seq),
    );
    const last = entries.at(-1);
    if (isEnd || !last) break;
    from = log.lastOf(last) + 1;
  }
  await tiers.noteUndatedGone(row);
  return true;
}

const SEGMENTS_AT_ONCE = 25;

/**
 * Deletes segments of which every message has expired, in steps that can be repeated: reads begin behind them, then objects and rows go. False if there
 * was no time for all of them. Cost: nothing for a topic that keeps its messages for ever; else 1 read unit per 4 KB, and for each segment 1 write unit per KB.
 */
export async function dropExpired(row: TopicRow, now: number, until: number): Promise<boolean> {
  if (row.retention_ms === null && row.trimmed_through === 0) return true;
  for (let present = row; ;) {
    const segments = await tiers.segmentsFrom(row.id, 0, SEGMENTS_AT_ONCE);
    const kept = segments.findIndex(({ last, last_at }) => last > present.trimmed_through && !hasExpired(row, last_at, now));
    const expired = segments.slice(0, kept === -1 ? undefined : kept);
    const last = expired.at(-1);
    if (!last) return true;
    if (last.last > present.trimmed_through) {
      const trimmed = await tiers.trim(present, last.last);
      if (!trimmed) return false; // it keeps its messages for another time now, or is gone
      present = trimmed;
    }
    await atOnce(FETCHES_AT_ONCE, expired, ({ key }) => s3.remove(key));
    await tiers.forgetSegments(row.id, expired);
    if (Date.now() >= until) return false;
  }
}

/** Since so long that nobody who is under way still reads it. */
const hasExpired = ({ retention_ms }: TopicRow, lastAt: number, now: number): boolean =>
  retention_ms !== null && lastAt + retention_ms + UNDER_WAY_MS <= now;
