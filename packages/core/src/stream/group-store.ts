import * as v from "valibot";
import { ConditionFailed, deleteItems, getItem, query, TransactionFailed, transactWrite, updateItem } from "../lib/dynamo";
import type { Item, Write } from "../lib/dynamo";
import { unavailable } from "../lib/error";
import { randomText } from "../lib/id";
import { slice } from "../lib/page";
import type { Slice } from "../lib/page";
import { limits } from "../protocol/limits";

/* Rows of the groups of one source; the table is at the head of ./store.ts. */

const GroupRow = v.object({
  group: v.string(),
  lease_ms: v.number(),
  committed: v.number(),
  generation: v.number(),
  /** Its generation when it was made. */
  first: v.number(),
  /** Absent: nobody, or who had it has left. */
  holder: v.optional(v.string()),
  lease_until: v.number(),
  /** Of the call that made the lease: the SDK repeats one whose answer was lost, and finds its own work. */
  claim: v.string(),
});
export type GroupRow = v.InferOutput<typeof GroupRow>;

/** Who has the lease now. */
export const holderOf = ({ holder, lease_until }: GroupRow): string | undefined => (lease_until > Date.now() ? holder : undefined);

const NAMES = { "#topic": "topic", "#name": "name" };
const PREFIX = "group#";
/** Before and behind all that a name may consist of. */
const LOWEST = "!";
const HIGHEST = "~";
const TRIES = 12;
const CLAIM_CHARACTERS = 16;

const keyOf = (of: string, name: string) => ({ topic: of, name: PREFIX + name });
const countKey = (of: string) => ({ topic: of, name: "#groups" });
const toRow = (item: Item): GroupRow => v.parse(GroupRow, item);

/** Cost: 1 read unit. */
export async function find(of: string, name: string): Promise<GroupRow | undefined> {
  const item = await getItem("Topics", keyOf(of, name), { consistent: true });
  return item && toRow(item);
}

/** In the order of their names, behind `after`. Cost: half a read unit for about twenty. */
export async function listOf(of: string, limit: number, after = ""): Promise<Slice<GroupRow>> {
  const { items } = await query("Topics", {
    key: "#topic = :of AND #name BETWEEN :from AND :to",
    names: NAMES,
    values: { ":of": of, ":from": PREFIX + after + LOWEST, ":to": PREFIX + HIGHEST },
    limit: limit + 1,
  });
  return slice(items.map(toRow), limit, ({ group }) => group);
}

/**
 * Makes a group that nobody has read with. Its generation is beyond all that one of its name had before.
 * @param stillThere what must hold of the topic, so that nothing is made in one that is gone.
 * @returns the row, also if somebody else made one of that name.
 * @throws unavailable. Cost: 1 read unit, 4 write units, and 2 for what is checked.
 */
export async function create(
  of: string,
  { group, lease_ms, committed }: Pick<GroupRow, "group" | "lease_ms" | "committed">,
  stillThere: readonly Write[],
): Promise<{ row: GroupRow; isNew: boolean } | "full" | "gone"> {
  const claim = randomText(CLAIM_CHARACTERS);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const counted = await getItem("Topics", countKey(of), { consistent: true });
    const used = counted?.["generations"] as number | undefined;
    const row = { group, lease_ms, committed, generation: used ?? 0, first: used ?? 0, lease_until: 0, claim };
    try {
      await transactWrite([
        { table: "Topics", put: { ...keyOf(of, group), ...row }, condition: "attribute_not_exists(#topic)", names: { "#topic": "topic" } },
        {
          table: "Topics",
          key: countKey(of),
          update: "ADD groups :one",
          condition: `(attribute_not_exists(groups) OR groups < :max) AND ${used === undefined ? "attribute_not_exists(generations)" : "generations = :used"}`,
          values: { ":one": 1, ":max": limits.groupsPerTopicMax, ...(used === undefined ? {} : { ":used": used }) },
        },
        ...stillThere,
      ]);
      return { row, isNew: true };
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
      if (error.failed[2]) return "gone";
      const there = error.failed[0] ? await find(of, group) : undefined;
      if (there) return { row: there, isNew: there.claim === claim };
      if (Number(counted?.["groups"] ?? 0) >= limits.groupsPerTopicMax) return "full";
    }
  }
  throw unavailable(new Error(`${of} ${group} was not made in ${TRIES} tries`));
}

/** Undefined if there is none. The present lease stays as it is. Cost: 1 write unit. */
export async function setLease(of: string, name: string, leaseMs: number): Promise<GroupRow | undefined> {
  const result = await change(of, name, "SET lease_ms = :lease", "attribute_exists(generation)", { ":lease": leaseMs });
  return result.changed ?? result.instead;
}

/** False if there was none. Cost: 1 read unit, 4 write units. @throws unavailable */
export async function remove(of: string, name: string): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const row = await find(of, name);
    if (!row) return attempt > 1;
    try {
      await transactWrite([
        {
          table: "Topics",
          key: keyOf(of, name),
          delete: true,
          condition: "generation = :generation AND #first = :first",
          names: { "#first": "first" },
          values: { ":generation": row.generation, ":first": row.first },
        },
        {
          table: "Topics",
          key: countKey(of),
          update: "ADD groups :less, generations :used", // so the sum is beyond each generation that there was
          values: { ":less": -1, ":used": row.generation - row.first + 1 },
        },
      ]);
      return true;
    } catch (error) {
      if (!(error instanceof TransactionFailed)) throw error;
    }
  }
  throw unavailable(new Error(`${of} ${name} was taken by others ${TRIES} times`));
}

/** All groups of a source that is gone. Cost: 1 read unit per 4 KB, 1 write unit each. */
export async function eraseAll(of: string): Promise<void> {
  const { items } = await query("Topics", {
    key: "#topic = :of AND #name BETWEEN :from AND :to",
    names: NAMES,
    values: { ":of": of, ":from": PREFIX, ":to": PREFIX + HIGHEST },
    project: "#topic, #name",
    consistent: true, // what is missed now nobody would find again
  });
  await deleteItems("Topics", [...items.map(({ topic, name }) => ({ topic, name })), countKey(of)]);
}

/**
 * The lease of a group for a consumer: renewed if it is theirs, and under the next generation if nobody has it.
 * @returns the row as it is now; one with another holder if it was not to be had; undefined if there is no such group.
 * @throws unavailable. Cost: 1 write unit, 2 for a new lease or a refusal; 1 for each lost race.
 */
export async function acquire(of: string, name: string, consumer: string): Promise<GroupRow | undefined> {
  const claim = randomText(CLAIM_CHARACTERS);
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const renewed = await change(of, name, "SET lease_until = :now + lease_ms", "holder = :me AND lease_until > :now", {
      ":me": consumer,
      ":now": Date.now(),
    });
    if (renewed.changed) return renewed.changed;
    const seen = renewed.instead;
    if (!seen || isHeld(seen)) return seen;
    const taken = await change(
      of,
      name,
      "SET holder = :me, lease_until = :now + lease_ms, generation = :next, claim = :claim",
      "generation = :seen AND (attribute_not_exists(holder) OR lease_until <= :now)",
      { ":me": consumer, ":now": Date.now(), ":seen": seen.generation, ":next": seen.generation + 1, ":claim": claim },
    );
    if (taken.changed) return taken.changed;
    if (!taken.instead || taken.instead.claim === claim) return taken.instead;
    if (isHeld(taken.instead) && taken.instead.holder !== consumer) return taken.instead;
  }
  throw unavailable(new Error(`${of} ${name} was taken by others ${TRIES} times`));
}

const isHeld = (row: GroupRow): boolean => holderOf(row) !== undefined;

/** The lease of a generation from now on again, if nobody has taken it: the row; or what it is instead. Cost: 1 write unit. */
export function renew(of: string, { group, generation, holder }: GroupRow): Promise<Changed> {
  return change(of, group, "SET lease_until = :now + lease_ms", "generation = :generation AND holder = :me", {
    ":now": Date.now(),
    ":generation": generation,
    ":me": holder,
  });
}

/**
 * What is to be read next, by the present generation and never backwards, and renews its lease, or ends it with `release`: the row; or what it is instead.
 * Cost: 1 write unit.
 */
export function commit(
  of: string,
  name: string,
  { generation, offset, release }: { generation: number; offset: number; release: boolean },
): Promise<Changed> {
  const lease = release ? "lease_until = :none REMOVE holder" : "lease_until = :now + lease_ms";
  return change(of, name, `SET committed = :offset, ${lease}`, "generation = :generation AND committed <= :offset", {
    ":offset": offset,
    ":generation": generation,
    ...(release ? { ":none": 0 } : { ":now": Date.now() }),
  });
}

/** Either the row after a change, or what stands there instead, if anything does. */
interface Changed {
  changed?: GroupRow;
  instead?: GroupRow | undefined;
}

async function change(of: string, name: string, update: string, condition: string, values: Item): Promise<Changed> {
  try {
    return { changed: toRow(await updateItem("Topics", keyOf(of, name), update, { condition, values })) };
  } catch (error) {
    if (error instanceof ConditionFailed) return { instead: error.item && toRow(error.item) };
    throw error;
  }
}
