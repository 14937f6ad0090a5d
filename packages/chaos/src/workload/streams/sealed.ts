import { setTimeout as sleep } from "node:timers/promises";
import { tablesAt } from "../../faults/testing/table-row";
import type { SystemUnderTest } from "../system";
import type { StreamWorld } from "./world";

/** Up to where each topic is read from segments, which no route shows. */
export async function sealedThrough({ userId, topics }: StreamWorld, system: SystemUnderTest): Promise<number[]> {
  const tables = tablesAt(system.tables.url);
  try {
    const rows = await Promise.all(topics.map((name) => tables.row("Topics", { topic: `account#${userId}`, name })));
    return rows.map((row) => Number(row?.["sealed_through"] ?? 0));
  } finally {
    tables.close();
  }
}

/** Waits until all is sealed that was produced. @returns whether it is. */
export async function becomesSealed(world: StreamWorld, system: SystemUnderTest, withinMs: number): Promise<boolean> {
  const { finals } = world.recorder.history;
  const heads = world.topics.map((topic) => finals.find(({ log }) => log === world.recorder.logOf(topic))?.head ?? 0);
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(200)) {
    const sealed = await sealedThrough(world, system);
    if (heads.every((head, topic) => (sealed[topic] ?? 0) >= head)) return true;
  }
  return false;
}
