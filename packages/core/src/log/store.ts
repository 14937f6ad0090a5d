import { ConditionFailed, putItem, query } from "../lib/dynamo";
import type { Item } from "../lib/dynamo";
import type { LogEntry } from "./entry";

/*
 * Messages
 * | log_id           | seq     | nonce                  | author                    | …                      |
 * |------------------|---------|------------------------|---------------------------|------------------------|
 * | channel:chn_…    | 1, 2, … | the author's name for  | {id, username, …}         | what the domain keeps  |
 * |                  |         | the entry              |                           |                        |
 */

/** The table as a log needs it. Tests put a model or a fault injector in its place. */
export interface LogStore {
  /**
   * Entries with `from <= seq <= to`, at most `limit` of them counted from the chosen side, always in ascending order.
   * Cost: half a read unit per 4 KB, a whole one if `consistent`.
   */
  read(
    logId: string,
    range: { from?: number; to?: number; limit: number; newestFirst?: boolean; consistent?: boolean; identityOnly?: boolean },
  ): Promise<LogEntry[]>;
  /** Puts the entry on its number, if that is free: undefined. If it is not: the entry that stands there. Cost: 1 write unit per KB. */
  put(entry: LogEntry): Promise<LogEntry | undefined>;
}

/** Entries are parsed by the domain that owns them; here only the key is looked at. */
const toEntry = (item: Item) => item as unknown as LogEntry;

/** `count` is a word of DynamoDB's own. */
const IDENTITY_ONLY = {
  project: "seq, #count, nonce, author.id, author.username, guest_id, created_at",
  names: { "#count": "count" },
};

export const tableStore: LogStore = {
  async read(logId, { from = 1, to = Number.MAX_SAFE_INTEGER, limit, newestFirst = false, consistent = false, identityOnly = false }) {
    const entries: LogEntry[] = [];
    if (from > to || !Number.isSafeInteger(from)) return entries; // nothing can stand there, and DynamoDB refuses to look
    let startKey: Item | undefined;
    do {
      const page = await query("Messages", {
        key: "log_id = :log AND seq BETWEEN :from AND :to",
        values: { ":log": logId, ":from": from, ":to": to },
        limit: limit - entries.length,
        descending: newestFirst,
        consistent,
        startKey,
        ...(identityOnly ? IDENTITY_ONLY : {}),
      });
      entries.push(...page.items.map(toEntry));
      startKey = page.lastKey;
    } while (startKey && entries.length < limit);
    return newestFirst ? entries.reverse() : entries;
  },

  async put(entry) {
    try {
      await putItem("Messages", { ...entry }, { condition: "attribute_not_exists(log_id)" });
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error;
      if (!error.item) throw new Error("the table refused a number and did not say what stands there", { cause: error });
      return toEntry(error.item);
    }
  },
};
