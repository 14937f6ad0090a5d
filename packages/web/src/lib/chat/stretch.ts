import type { Message } from "@agora/core/protocol/message";

/** A part of a channel's log, oldest first and without a hole. Each function gives a new one, or the same if nothing changes. */
export type Stretch = readonly Message[];

/** The first and the last of what a reader has on the screen. */
export interface Span {
  first: number;
  last: number;
}

/** So many rows are shown at most: what takes time in a page is what stands in it. */
export const ROWS_MAX = 300;
/** What is beyond goes by so many at once, since each time has its price. */
const ROWS_AT_ONCE = 50;
/** So many rows around what is on the screen never go. */
const ROWS_NEAR = 40;

export function firstSeqOf(stretch: Stretch): number {
  return stretch[0]?.seq ?? 1;
}

export function lastSeqOf(stretch: Stretch): number {
  return stretch.at(-1)?.seq ?? 0;
}

/** Puts behind it what lies behind it; what it has already is left out. */
export function append(stretch: Stretch, messages: readonly Message[]): Stretch {
  const last = lastSeqOf(stretch);
  const news = messages.filter(({ seq }) => seq > last);
  return news.length > 0 ? [...stretch, ...news] : stretch;
}

/** Puts before it what lies before it, oldest first too. */
export function prepend(stretch: Stretch, messages: readonly Message[]): Stretch {
  const first = stretch[0]?.seq ?? Infinity;
  const older = messages.filter(({ seq }) => seq < first);
  return older.length > 0 ? [...older, ...stretch] : stretch;
}

/** Do the two overlap, or lie side by side? Then nothing is missing between them. */
export function isBeside(stretch: Stretch, other: Stretch): boolean {
  if (stretch.length === 0 || other.length === 0) return false;
  return firstSeqOf(other) <= lastSeqOf(stretch) + 1 && lastSeqOf(other) >= firstSeqOf(stretch) - 1;
}

/** Two stretches that lie beside each other as one; of what both have, the newer state. */
export function join(stretch: Stretch, other: Stretch): Stretch {
  return append(prepend(revise(stretch, other), other), other);
}

/** Puts changed messages in the places of what they were. An older state than the one that is there is left out, and so is what is not in it. */
export function revise(stretch: Stretch, changed: readonly Message[]): Stretch {
  const bySeq = new Map(changed.map((message) => [message.seq, message]));
  const revised = stretch.map((message) => {
    const now = bySeq.get(message.seq);
    return now && now.revision > message.revision ? now : message;
  });
  return revised.some((message, index) => message !== stretch[index]) ? revised : stretch;
}

/** What is left of it when it has become too long: what is furthest from what is on the screen goes, and nothing that is near it. */
export function shorten(stretch: Stretch, seen: Span): Stretch {
  const starts = rowStarts(stretch);
  const excess = starts.length - (ROWS_MAX - ROWS_AT_ONCE);
  if (excess <= ROWS_AT_ONCE) return stretch;
  const startsUpTo = (limit: number) => countWhile(starts, (start) => (stretch[start]?.seq ?? Infinity) <= limit);
  const above = Math.max(0, startsUpTo(seen.first) - 1 - ROWS_NEAR);
  const below = Math.max(0, starts.length - startsUpTo(seen.last) - ROWS_NEAR);
  const fromAbove = above >= below ? Math.min(excess, above) : Math.min(above, Math.max(0, excess - below));
  const fromBelow = Math.min(below, excess - fromAbove);
  return stretch.slice(starts[fromAbove], starts[starts.length - fromBelow]);
}

/** Where rows begin: messages that were deleted one behind the other are one row. */
function rowStarts(stretch: Stretch): number[] {
  const starts: number[] = [];
  for (const [index, { content }] of stretch.entries()) {
    if (content !== null || index === 0 || stretch[index - 1]?.content !== null) starts.push(index);
  }
  return starts;
}

function countWhile<T>(items: readonly T[], isSo: (item: T) => boolean): number {
  const end = items.findIndex((item) => !isSo(item));
  return end < 0 ? items.length : end;
}
