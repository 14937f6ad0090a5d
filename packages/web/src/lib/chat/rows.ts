import type { Author } from "@agora/core/protocol/message";
import type { Dates } from "./dates";

/** What a row is made of: a message that is stored, or one that is on its way. */
export interface Said {
  author: Pick<Author, "id" | "username">;
  created_at: number;
  /** Null: it was deleted. */
  content?: string | null;
  seq?: number;
  /** What it answers stands above it. */
  reply_to?: object | null;
}

export interface Row<T extends Said> {
  item: T;
  /** Opens a group: shows who and when. */
  opens: boolean;
  /** The day, on the first row of each. */
  day: number | null;
  /** The first one that is new to the reader. */
  isFirstNew: boolean;
  /** Messages that were deleted one behind the other are one row: the last of them, and how many. */
  last: T;
  count: number;
}

/** Within so long, what the same author says next needs no new head. */
export const GROUP_WITHIN_MS = 7 * 60_000;

/** Lays out messages, oldest first, as rows. One pass. */
export function layOut<T extends Said>(said: readonly T[], dates: Pick<Dates, "dayKey">, firstNewSeq?: number): Row<T>[] {
  const rows: Row<T>[] = [];
  let dayBefore: string | undefined;
  for (const item of said) {
    const before = rows.at(-1);
    const dayKey = dates.dayKey(item.created_at);
    const isNewDay = dayKey !== dayBefore;
    const isFirstNew = firstNewSeq !== undefined && item.seq === firstNewSeq;
    const isApart = isNewDay || isFirstNew || !before;
    dayBefore = dayKey;
    if (!isApart && item.content === null && before.last.content === null) {
      before.last = item;
      before.count++;
    } else {
      const opens = isApart || Boolean(item.reply_to) || opensGroup(before.last, item);
      rows.push({ item, day: isNewDay ? item.created_at : null, isFirstNew, opens, last: item, count: 1 });
    }
  }
  return rows;
}

/** A guest has no id: two guests are the same one if they go by the same name. */
function opensGroup(before: Said, item: Said): boolean {
  const sameAuthor = before.author.id === item.author.id && (item.author.id !== null || before.author.username === item.author.username);
  return !sameAuthor || before.content === null || Math.abs(item.created_at - before.created_at) >= GROUP_WITHIN_MS;
}
