import { deleteItems } from "../lib/dynamo";
import type { Write } from "../lib/dynamo";
import { pinsLog } from "../lib/id";
import * as log from "../log/index";

/*
 * What is pinned, in Messages beside the log:
 * | log_id             | seq            | pinned_by | pinned_at |
 * |--------------------|----------------|-----------|-----------|
 * | pins:channel:chn_… | the message's  | usr_…     | ms        |
 *
 * A row is written and deleted in one transaction with `pinned` of the message. What a deleted message leaves is cleared away where it is found.
 */

interface Pinned {
  log_id: string;
  seq: number;
}

export const pinWrite = ({ log_id, seq }: Pinned, userId: string): Write => ({
  table: "Messages",
  put: { log_id: pinsLog(log_id), seq, pinned_by: userId, pinned_at: Date.now() },
});

export const unpinWrite = ({ log_id, seq }: Pinned): Write => ({ table: "Messages", key: { log_id: pinsLog(log_id), seq }, delete: true });

/** Numbers of messages, the newest first. Cost: 1 read unit per 4 KB, and 1 with `before`. */
export async function page(logId: string, limit: number, before: number | undefined): Promise<{ seqs: number[]; next: number | null }> {
  const { entries, next_cursor } = await log.page(pinsLog(logId), { limit, before });
  return { seqs: entries.map(({ seq }) => seq), next: next_cursor };
}

/** Cost: 1 write unit each. */
export const forget = (logId: string, seqs: readonly number[]): Promise<void> =>
  deleteItems(
    "Messages",
    seqs.map((seq) => ({ log_id: pinsLog(logId), seq })),
  );
