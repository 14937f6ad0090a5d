import * as v from "valibot";
import { ConditionFailed, deleteItems, getItem, putItem, query, TransactionFailed, transactWrite, updateItem } from "../lib/dynamo";
import { keyOf, toRow } from "./store";
import type { TopicRow } from "./store";

/* Of the table Topics (store.ts) what is about tiers: segments, the list of all topics, and how far the job has come. */

const NAMES = { "#topic": "topic", "#name": "name" };
/** Offsets have as many digits at most, so that names are in their order. */
const DIGITS = 16;

/** First offset, how many offsets, first byte, bytes, bytes as JSON, digest of what stands there. */
const Block = v.tuple([v.number(), v.number(), v.number(), v.number(), v.number(), v.string()]);
export type Block = v.InferOutput<typeof Block>;

const Segment = v.object({
  first: v.number(),
  last: v.number(),
  first_at: v.number(),
  last_at: v.number(),
  key: v.string(),
  bytes: v.number(),
  blocks: v.array(Block),
});
/** Neighbouring messages in one object. Its row has about 60 bytes for each block. */
export type Segment = v.InferOutput<typeof Segment>;

/** By its last offset, so that the first one behind a number is the one that covers it. */
const segmentKey = (topicId: string, last: number) => ({ topic: topicId, name: `segment#${String(last).padStart(DIGITS, "0")}` });

/** The segment that covers an offset, and those behind it. Sees every one that was made. Cost: 1 read unit per 4 KB. */
export async function segmentsFrom(topicId: string, from: number, limit: number): Promise<Segment[]> {
  const { items } = await query("Topics", {
    key: "#topic = :topic AND #name BETWEEN :from AND :to",
    names: NAMES,
    values: { ":topic": topicId, ":from": segmentKey(topicId, from).name, ":to": segmentKey(topicId, Number.MAX_SAFE_INTEGER).name },
    limit,
    consistent: true,
  });
  return items.map((item) => v.parse(Segment, item));
}

/** Cost: 1 write unit per KB of each. */
export async function forgetSegments(topicId: string, segments: readonly Segment[]): Promise<void> {
  await deleteItems(
    "Topics",
    segments.map(({ last }) => segmentKey(topicId, last)),
  );
}

/** Notes the object that is about to be made: until that is over nobody else makes one of this topic. False if somebody does. Cost: 1 write unit. */
export async function beginSealing(row: TopicRow, key: string, at: number): Promise<boolean> {
  try {
    await updateItem("Topics", keyOf(row), "SET sealing = :sealing", {
      condition:
        "id = :id AND attribute_not_exists(sealing) AND (attribute_not_exists(sealed_through) OR sealed_through = :sealed_through)",
      values: { ":id": row.id, ":sealed_through": row.sealed_through, ":sealing": { key, at } },
    });
    return true;
  } catch (error) {
    if (!(error instanceof ConditionFailed)) throw error;
    return error.item !== undefined && toRow(error.item).sealing?.key === key; // the SDK repeats a call whose answer was lost
  }
}

/** From now on whoever has made that note commits nothing. Cost: 1 write unit. */
export async function abandonSealing(row: TopicRow, key: string): Promise<boolean> {
  const values = { ":key": key, ":yes": true };
  return changeIf(row, "SET sealing.is_abandoned = :yes", "sealing.#key = :key", { values, names: { "#key": "key" } });
}

/** Forgets the note. Cost: 1 write unit. */
export async function endSealing(row: TopicRow, key: string): Promise<void> {
  await changeIf(row, "REMOVE sealing", "sealing.#key = :key", { values: { ":key": key }, names: { "#key": "key" } });
}

interface Committed {
  segment: Segment;
  /** The first and the last offset of what the table will not delete by itself. */
  undated: readonly [number, number] | undefined;
  at: number;
}

/**
 * From now on the segment is where its messages are read from. Undefined if it was somebody else's turn, or the topic is gone.
 * Cost: 2 write units, and 2 per KB of the segment's row.
 */
export async function commit(row: TopicRow, { segment, undated, at }: Committed): Promise<TopicRow | undefined> {
  const undatedRange = undated ? ", undated_from = if_not_exists(undated_from, :undated_from), undated_through = :undated_through" : "";
  try {
    await transactWrite([
      {
        table: "Topics",
        put: { ...segmentKey(row.id, segment.last), ...segment },
        condition: "attribute_not_exists(#topic)",
        names: { "#topic": "topic" },
      },
      {
        table: "Topics",
        key: keyOf(row),
        update: `SET sealed_through = :last, sealed_at = :at${undatedRange} REMOVE sealing`,
        condition: "id = :id AND sealing.#key = :key AND attribute_not_exists(sealing.is_abandoned)",
        names: { "#key": "key" },
        values: {
          ":id": row.id,
          ":key": segment.key,
          ":last": segment.last,
          ":at": at,
          ...(undated ? { ":undated_from": undated[0], ":undated_through": undated[1] } : {}),
        },
      },
    ]);
  } catch (error) {
    if (!(error instanceof TransactionFailed)) throw error;
    const [there] = await segmentsFrom(row.id, segment.last, 1);
    if (there?.key !== segment.key) return undefined; // else it is this very one, whose answer was lost
  }
  return { ...row, sealed_through: segment.last };
}

/** What was sealed and had no date has been deleted. Cost: 1 write unit. */
export async function noteUndatedGone(row: TopicRow): Promise<void> {
  const values = { ":through": row.undated_through };
  await changeIf(row, "REMOVE undated_from, undated_through", "undated_through = :through", { values });
}

/** From now on reads begin behind this offset. Undefined if the topic keeps its messages for another time now, or is gone. Cost: 1 write unit. */
export async function trim(row: TopicRow, through: number): Promise<TopicRow | undefined> {
  const values = { ":through": through, ":retention_ms": row.retention_ms };
  const isUnchanged = "retention_ms = :retention_ms AND (attribute_not_exists(trimmed_through) OR trimmed_through < :through)";
  const isDone = await changeIf(row, "SET trimmed_through = :through", isUnchanged, { values });
  return isDone ? { ...row, trimmed_through: through } : undefined;
}

async function changeIf(
  row: TopicRow,
  update: string,
  condition: string,
  { values, names }: { values: Record<string, unknown>; names?: Record<string, string> },
): Promise<boolean> {
  try {
    await updateItem("Topics", keyOf(row), update, {
      condition: `id = :id AND ${condition}`,
      values: { ":id": row.id, ...values },
      ...(names ? { names } : {}),
    });
    return true;
  } catch (error) {
    if (error instanceof ConditionFailed) return false;
    throw error;
  }
}

const Listed = v.object({ name: v.string(), user_id: v.string(), topic_name: v.string() });
export type Listed = v.InferOutput<typeof Listed>;

const Deleting = v.object({ name: v.string(), deleted_at: v.optional(v.number(), 0) });

interface Page<T> {
  items: T[];
  /** Where the next page begins; undefined at the end. */
  next: string | undefined;
}

/** Topics in the order of their ids, behind one. Cost: half a read unit for about thirty. */
export async function listTopics(after: string | undefined, limit: number): Promise<Page<Listed>> {
  return list("tiering", after, limit, (item) => v.parse(Listed, item));
}

/** As `listTopics`, of topics that are gone. */
export async function listDeleting(after: string | undefined, limit: number): Promise<Page<v.InferOutput<typeof Deleting>>> {
  return list("deleting", after, limit, (item) => v.parse(Deleting, item));
}

async function list<T extends { name: string }>(
  partition: string,
  after = "$",
  limit: number,
  parse: (item: Record<string, unknown>) => T,
): Promise<Page<T>> {
  const { items, lastKey } = await query("Topics", {
    key: "#topic = :partition AND #name > :after",
    names: NAMES,
    values: { ":partition": partition, ":after": after },
    limit,
  });
  const parsed = items.map(parse);
  return { items: parsed, next: lastKey && parsed.at(-1)?.name };
}

const Round = v.object({
  /** Since then every topic was gone through, and nothing failed. */
  kept_up_at: v.optional(v.number()),
  /** Of the round that is under way: when it began, behind which topic it goes on, and whether something failed. */
  began_at: v.optional(v.number()),
  after: v.optional(v.string()),
  has_failed: v.optional(v.boolean()),
});
export type Round = v.InferOutput<typeof Round>;

const roundKey = { topic: "tiering", name: "#round" };

/** Cost: half a read unit. */
export async function findRound(): Promise<Round> {
  return v.parse(Round, (await getItem("Topics", roundKey)) ?? {});
}

/** Cost: 1 write unit. */
export async function noteRound(round: Round): Promise<void> {
  await putItem("Topics", { ...roundKey, ...round });
}
