import { AppError } from "./error";
import { isId } from "./id";
import type { IdPrefix } from "./id";

/** @throws input.invalid for a cursor that no list has given. */
export function assertCursor(prefix: IdPrefix, cursor: string | undefined): string | undefined {
  if (cursor === undefined || isId(prefix, cursor)) return cursor;
  throw new AppError("input.invalid", "The cursor is not one that Agora gave.", {
    details: { cursor: "must be the next_cursor of the page before" },
  });
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
