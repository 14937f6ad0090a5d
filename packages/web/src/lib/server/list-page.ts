import type * as v from "valibot";
import { parseOrErrorPage } from "./refusals";

/** The part of a list that the address asks for, with the `limit` of the site. What cannot be asked leads nowhere. */
export function listPage<S extends v.GenericSchema>(schema: S, url: URL, limit: number): v.InferOutput<S> {
  const asked = Object.fromEntries(url.searchParams);
  const known: Record<string, string> = { limit: String(limit) };
  // An empty search is none: that is what an empty box sends.
  for (const name of ["q", "cursor"]) if (asked[name]?.trim()) known[name] = asked[name];
  return parseOrErrorPage(schema, known);
}
