import type { PageRead } from "../history";

/**
 * What is missing from a page whose log was known to reach `floor` when the page was asked for; undefined if nothing is. Holes inside of the page
 * are another check's business.
 */
export function shortOf({ kind, cursor, limit, head, hasMore, entries }: PageRead, floor: number): string | undefined {
  if (head < floor) return `gives the head as ${head}`;
  const first = entries.at(0)?.seq;
  const last = entries.at(-1)?.seq;
  switch (kind) {
    case "newest":
      return (first ?? 0) < floor ? `ends at ${first ?? 0}` : undefined;
    case "before":
      return (first ?? 0) < Math.min(cursor - 1, floor) ? `ends at ${first ?? 0}` : undefined;
    case "around":
      return (first ?? 0) < Math.min(cursor + Math.floor(limit / 2), floor) ? `ends at ${first ?? 0}` : undefined;
    case "after":
      return !hasMore && cursor < floor && (last ?? 0) < floor ? `says that ${last ?? cursor} is the end` : undefined;
  }
}
