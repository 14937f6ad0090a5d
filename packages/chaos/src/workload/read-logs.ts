import { Entries } from "../history/entries";
import type { FinalLog } from "../history/history";
import { persist } from "./account";
import { at, type Community, type Place, type World } from "./world";

const PAGE = 100;

/** Every log from its first entry to its last, by the REST API. */
export async function readLogs(world: World, when: FinalLog["when"]): Promise<FinalLog[]> {
  const logs = await Promise.all(
    world.communities.map(async (community) => {
      const read: FinalLog[] = [];
      for (const place of community.places) read.push(await readLog(world, community, place, when));
      return read;
    }),
  );
  return logs.flat();
}

async function readLog(
  { accounts, recorder }: World,
  { owner }: Community,
  { topic, path }: Place,
  when: FinalLog["when"],
): Promise<FinalLog> {
  const { rest } = at(accounts, owner);
  const entries = new Entries();
  for (let after: number | null = 0; ;) {
    const behind: number = after;
    const page = await persist(() => rest.listMessages({ ...path, after: behind, limit: PAGE }));
    for (const message of page.messages) entries.push(recorder.see(message));
    after = page.next_cursor;
    if (after === null) return { log: recorder.logOf(topic), when, head: page.head, entries };
  }
}
