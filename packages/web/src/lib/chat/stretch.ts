import type { Message } from "@agora/core/protocol/message";

/** A part of a channel's log, oldest first and without a hole. Each function gives a new one, or the same if nothing changes. */
export type Stretch = readonly Message[];

export function lastSeqOf(stretch: Stretch): number {
  return stretch.at(-1)?.seq ?? 0;
}

/** Puts behind it what lies behind it; what it has already is left out. */
export function append(stretch: Stretch, messages: readonly Message[]): Stretch {
  const last = lastSeqOf(stretch);
  const news = messages.filter(({ seq }) => seq > last);
  return news.length > 0 ? [...stretch, ...news] : stretch;
}

/** Puts an older page, newest first as the API gives it, before it. */
export function prepend(stretch: Stretch, older: readonly Message[]): Stretch {
  const first = stretch[0]?.seq ?? Infinity;
  return [...older.filter(({ seq }) => seq < first).toReversed(), ...stretch];
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
