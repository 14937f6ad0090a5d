import { atOnce } from "../lib/at-once";
import type { Part } from "./part";
import { read } from "./segment";
import type { Range } from "./segment";
import { segmentsFrom } from "./tier-store";
import type { Block } from "./tier-store";

const FETCHES_AT_ONCE = 10;
/** Neighbouring blocks are fetched in one: a GET is paid for as one, whatever it brings. */
const FETCH_MAX_BYTES = 1024 * 1024;

interface Wish {
  from: number;
  messages: number;
  bytes: number;
  /** Rows that are looked at. */
  segments: number;
  /** May something that was made then be wanted? */
  isKept(lastAt: number): boolean;
}

interface Cold {
  /** In order; the first of them may begin before. */
  parts: Part[];
  /** The offset behind what was looked at; undefined if nothing was there. */
  next: number | undefined;
}

/**
 * What is sealed from an offset on, about as much as is wished for.
 * @throws Error for what is not what was written; unavailable. Cost: 1 read unit for each row of a whole segment, less for smaller ones; 1 GET per MB as compressed.
 */
export async function sealedFrom(topicId: string, { from, messages, bytes, segments, isKept }: Wish): Promise<Cold> {
  const found = await segmentsFrom(topicId, from, segments);
  const last = found.at(-1);
  if (!last) return { parts: [], next: undefined };
  const candidates = found
    .filter(({ last_at }) => isKept(last_at))
    .flatMap(({ key, blocks }) => blocks.map((block) => ({ key, block })))
    .filter(({ block: [first, count] }) => first + count > from);
  const ranges: Range[] = [];
  const read = { messages: 0, bytes: 0 };
  for (const { key, block } of candidates) {
    const [first, count, , , size] = block;
    if (read.messages >= messages || read.bytes >= bytes) return { parts: await fetchAll(ranges), next: first };
    const wanted = Math.min(count, first + count - from);
    read.messages += wanted;
    read.bytes += (size * wanted) / count;
    const range = ranges.at(-1);
    if (range?.key === key && follows(range, block)) range.blocks.push(block);
    else ranges.push({ key, blocks: [block] });
  }
  return { parts: await fetchAll(ranges), next: last.last + 1 };
}

function follows({ blocks: [first] }: Range, [, , start, length]: Block): boolean {
  return first !== undefined && start + length - first[2] <= FETCH_MAX_BYTES;
}

async function fetchAll(ranges: Range[]): Promise<Part[]> {
  const parts = new Map<Range, Part[]>();
  await atOnce(FETCHES_AT_ONCE, ranges, async (range) => parts.set(range, await read(range)));
  return ranges.flatMap((range) => parts.get(range) ?? []);
}
