import { safeParse } from "valibot";
import type { Account } from "../lib/actor";
import { AppError } from "../lib/error";
import { limits } from "../protocol/limits";
import { GroupName } from "../protocol/stream-group";
import type { Group, GroupPage, Polled, PutGroupBody } from "../protocol/stream-group";
import { consumeFrom } from "./consume";
import { assertName } from "./name";
import * as store from "./group-store";
import type { GroupRow } from "./group-store";
import { sourceOf } from "./source";
import type { Source } from "./source";
import { noSuchTopic } from "./topics";

interface Named {
  topic: string;
  group: string;
}

/** So much of a lease a poll may wait: it is renewed then. */
const WAITED_PART = 0.8;
/** After less than that the lease is as good as new. */
const RENEWED_AFTER_MS = 200;

const noSuchGroup = () => new AppError("group.not_found", "This topic has no group of that name.");

function leased({ lease_until }: GroupRow): AppError {
  const retryAfterSeconds = (lease_until - Date.now()) / 1_000;
  return new AppError("group.leased", "Another consumer has this group.", { retryAfterSeconds });
}

/** A name that can be none is one that nobody has made. */
const nameOf = (group: string): string => {
  if (!safeParse(GroupName, group).success) throw noSuchGroup();
  return group;
};

function toGroup({ group, lease_ms, committed, generation, ...row }: GroupRow, head: number): Group {
  const holder = store.holderOf({ group, lease_ms, committed, generation, ...row }) ?? null;
  return {
    group,
    lease_seconds: lease_ms / 1_000,
    committed,
    lag: Math.max(0, head + 1 - committed),
    holder,
    generation,
    lease_until: holder === null ? null : row.lease_until,
  };
}

/** @throws topic.not_found; of a channel server.not_found, channel.not_found. Cost: half a read unit for about twenty, and that of the topic and its last entry. */
export async function list(
  actor: Account,
  { topic, limit, cursor }: { topic: string; limit: number; cursor?: string | undefined },
): Promise<GroupPage> {
  const source = await sourceOf(actor, topic);
  const [{ items, next }, head] = await Promise.all([store.listOf(source.groupsOf, limit, cursor), source.head()]);
  return { groups: items.map((row) => toGroup(row, head)), has_more: next !== null, next_cursor: next };
}

/** @throws group.not_found, and as `list`. Cost: 1 read unit, and that of the topic and its last entry. */
export async function get(actor: Account, { topic, group }: Named): Promise<Group> {
  const source = await sourceOf(actor, topic);
  const [row, head] = await Promise.all([store.find(source.groupsOf, nameOf(group)), source.head()]);
  if (!row) throw noSuchGroup();
  return toGroup(row, head);
}

/**
 * Makes a group, or changes how long its leases are, from the next one on. `start` counts only for a new one.
 * @throws input.invalid for what can be no name, or a start beyond the end; group.full; group.not_found if it was deleted at this moment; and as `list`.
 * Cost: 2 read units, and that of the topic and its last entry; 6 write units for a new one, else 1.
 */
export async function put(
  actor: Account,
  { topic, group, lease_seconds, start = "earliest" }: Named & PutGroupBody,
): Promise<{ group: Group; created: boolean }> {
  const source = await sourceOf(actor, topic);
  const name = assertName("group", GroupName, group);
  const [there, head] = await Promise.all([store.find(source.groupsOf, name), source.head()]);
  const made = there ? { row: there, isNew: false } : await make(source, name, { lease_seconds, committed: startAt(start, head) });
  const isChanged = !made.isNew && lease_seconds !== undefined && made.row.lease_ms !== lease_seconds * 1_000;
  const row = isChanged ? await store.setLease(source.groupsOf, name, lease_seconds * 1_000) : made.row;
  if (!row) throw noSuchGroup();
  return { group: toGroup(row, head), created: made.isNew };
}

async function make(
  { groupsOf, stillThere }: Source,
  group: string,
  { lease_seconds = limits.leaseSeconds.default, committed }: { lease_seconds?: number | undefined; committed: number },
): Promise<{ row: GroupRow; isNew: boolean }> {
  const result = await store.create(groupsOf, { group, lease_ms: lease_seconds * 1_000, committed }, stillThere);
  if (result === "gone") throw noSuchTopic();
  if (result === "full") throw new AppError("group.full", `A topic may have ${limits.groupsPerTopicMax} groups.`);
  return result;
}

function startAt(start: NonNullable<PutGroupBody["start"]>, head: number): number {
  if (start === "earliest") return 1;
  if (start === "latest") return head + 1;
  assertReached("start", start, head);
  return start;
}

function assertReached(field: "start" | "offset", offset: number, head: number): void {
  if (offset <= head + 1) return;
  const problem = `must be at most ${head + 1}`;
  throw new AppError("input.invalid", `${field} ${problem}.`, { details: { [field]: problem } });
}

/** @throws group.not_found, and as `list`. Cost: 2 read units, 4 write units. */
export async function remove(actor: Account, { topic, group }: Named): Promise<void> {
  const { groupsOf } = await sourceOf(actor, topic);
  if (!(await store.remove(groupsOf, nameOf(group)))) throw noSuchGroup();
}

/**
 * The messages behind what the group has committed, for the one consumer that has its lease. Whoever has it renews it under the same generation; if nobody
 * has it, or not any more, whoever asks gets it under the next one. What two processes of the same name get is the same.
 * If there is nothing it waits as `consume` does, for at most four fifths of a lease, and then renews it.
 * @throws group.leased while another consumer has it; group.not_found, and as `list`.
 * Cost: that of `consume`, and 1 write unit for the lease, 1 more for a new one or after a wait.
 */
export async function poll(
  actor: Account,
  { topic, group, consumer, limit, wait }: Named & { consumer: string; limit: number; wait: number },
): Promise<Polled> {
  const source = await sourceOf(actor, topic);
  const since = Date.now();
  const lease = await store.acquire(source.groupsOf, nameOf(group), consumer);
  if (!lease) throw noSuchGroup();
  if (lease.holder !== consumer) throw leased(lease);
  const waitMax = (lease.lease_ms / 1_000) * WAITED_PART;
  const { messages, next_offset } = await consumeFrom(source, { offset: lease.committed, limit, wait: Math.min(wait, waitMax) });
  const { generation, lease_until } = Date.now() - since < RENEWED_AFTER_MS ? lease : await renewed(source, lease);
  return { messages, next_offset, generation, lease_until };
}

async function renewed({ groupsOf }: Source, lease: GroupRow): Promise<GroupRow> {
  const { changed, instead } = await store.renew(groupsOf, lease);
  if (changed) return changed;
  throw instead ? leased(instead) : noSuchGroup();
}

/**
 * What the group is to read next: everything before it is done. It renews the lease, also one that is over and that nobody has taken; `release` ends it.
 * An offset below what is committed changes nothing, and is answered with what is.
 * @throws input.invalid beyond the end of the topic; group.fenced for a generation that is not the present one; group.not_found, and as `list`.
 * Cost: 1 write unit, and the read units of the topic and its last entry.
 */
export async function commit(
  actor: Account,
  { topic, group, ...given }: Named & { generation: number; offset: number; release: boolean },
): Promise<Group> {
  const source = await sourceOf(actor, topic);
  const name = nameOf(group);
  const head = await source.head();
  assertReached("offset", given.offset, head);
  const { changed, instead } = await store.commit(source.groupsOf, name, given);
  const row = changed ?? instead;
  if (!row) throw noSuchGroup();
  if (row.generation !== given.generation) throw new AppError("group.fenced", "Another consumer has got this group since.");
  return toGroup(row, head);
}
