import { AppError } from "./error";
import { isId } from "./id";
import type { IdPrefix } from "./id";

/** @throws input.invalid for a cursor that no list has given. */
export function assertCursor(prefix: IdPrefix, cursor: string | undefined): string | undefined {
  if (cursor === undefined || isId(prefix, cursor)) return cursor;
  throw badCursor();
}

export const badCursor = () =>
  new AppError("input.invalid", "The cursor is not one that Agora gave.", {
    details: { cursor: "must be the next_cursor of the page before" },
  });

/** A seq as it stands in a path or a cursor; undefined for what is none. */
export const parseSeq = (text: string): number | undefined => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined);

/** For lists that are logs. @throws input.invalid */
export function assertSeqCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const seq = parseSeq(cursor);
  if (seq === undefined) throw badCursor();
  return seq;
}

export interface Slice<T> {
  items: T[];
  /** Where the next slice starts; null at the end. */
  next: string | null;
}

/** One more than wanted is read, to know whether there is more. */
export function slice<T>(items: T[], limit: number, cursorOf: (item: T) => string): Slice<T> {
  const kept = items.slice(0, limit);
  const last = kept.at(-1);
  return { items: kept, next: items.length > limit && last !== undefined ? cursorOf(last) : null };
}
