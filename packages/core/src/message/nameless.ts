import { atOnce } from "../lib/at-once";
import * as log from "../log/index";
import { DELETED_USERNAME } from "../protocol/deleted-account";
import type { MessageEntry } from "./stored";

/* Of an account that is deleted, what it said stays. What it was called is taken out of it; by its id it can still be told from others. */

const AT_ONCE = 10;
const STEP = 500;

/**
 * Takes the name of an account out of what it said in a log, the newest first, before a number if one is given. Safe to run twice.
 * @param onstep told how far it has come; it goes on when that is noted.
 * Cost: 1 read unit per 4 KB of what anybody said; for each of its entries that has a name 1 read unit and 1 write unit per KB.
 */
export async function makeNameless(
  logId: string,
  userId: string,
  { before, onstep }: { before?: number | undefined; onstep: (reached: number) => Promise<void> },
): Promise<void> {
  let named: number[] = [];
  let looked = 0;
  for await (const { seq, author } of log.backwards(logId, before)) {
    if (author.id === userId && author.username !== DELETED_USERNAME) named.push(seq);
    if (++looked % STEP !== 0) continue;
    await takeNamesOut(logId, named);
    named = [];
    await onstep(seq);
  }
  await takeNamesOut(logId, named);
}

const takeNamesOut = (logId: string, seqs: readonly number[]): Promise<void> =>
  atOnce(AT_ONCE, seqs, (seq) =>
    log.revise<MessageEntry>(logId, seq, ({ author }) =>
      author.username === DELETED_USERNAME
        ? undefined
        : { author: { id: author.id, username: DELETED_USERNAME, display_name: null, avatar_url: null } },
    ),
  );
