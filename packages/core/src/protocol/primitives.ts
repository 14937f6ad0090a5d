import * as v from "valibot";
import { limits } from "./limits";

/** An opaque id with a type prefix: `usr_…`. Only its prefix and its length are promised. */
export function Id(prefix: string) {
  return v.pipe(v.string(), v.maxLength(limits.idMax), v.regex(new RegExp(`^${prefix}_[0-9a-z]+$`), `must be an id (${prefix}_…)`));
}

/** Milliseconds since the epoch. */
export const Timestamp = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A position in a log: 1, 2, 3, … without a hole. */
export const Seq = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(Number.MAX_SAFE_INTEGER));

/** A position in a log, or 0: before the first entry. */
export const SeqOrZero = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** A whole number as it stands in a query string. */
function NumberInQuery(min: number, max: number) {
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, "must be a whole number"),
    v.transform(Number),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
}

export const SeqInQuery = NumberInQuery(0, Number.MAX_SAFE_INTEGER);

/** Milliseconds since the epoch, as they stand in a query string. */
export const TimeInQuery = NumberInQuery(0, Number.MAX_SAFE_INTEGER);

export const LimitInQuery = v.optional(NumberInQuery(1, limits.pageMax), String(limits.pageDefault));

/** Paging of every list but messages: `cursor` is the `next_cursor` of the answer before. */
export const PageQuery = v.strictObject({
  limit: LimitInQuery,
  cursor: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.cursorMax))),
});
export type PageQuery = v.InferOutput<typeof PageQuery>;

/** What every list ends with: `next_cursor` is null at the end. */
export const PageEnd = { has_more: v.boolean(), next_cursor: v.nullable(v.string()) };
