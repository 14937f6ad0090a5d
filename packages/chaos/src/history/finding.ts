import type { Seen } from "./entries";
import { NOBODYS } from "./entries";
import type { History } from "./history";

/** Something that cannot be if the product keeps its promises, whatever the timing was. */
export interface Finding {
  /** A sentence for whoever has to find the cause. */
  what: string;
  evidence: Record<string, unknown>;
}

/** A pure function over a history. */
export type Check = (history: History) => Finding[];

/** A broken run may have a million findings; the first ones say it all. */
export const FINDINGS_MAX = 50;

/** The first findings of a generator. */
export function firstOf(findings: Iterable<Finding>): Finding[] {
  const first: Finding[] = [];
  for (const finding of findings) {
    first.push(finding);
    if (first.length === FINDINGS_MAX) break;
  }
  return first;
}

/** A send as a person reads it. */
export function nameOf(history: History, send: number): string {
  if (send === NOBODYS || send >= history.sends.length) return "a message that nobody sent";
  const { person, log } = history.sends.at(send);
  return `send ${send} of ${history.people[person]} to ${history.logs[log]}`;
}

export const isSame = (a: Seen, b: Seen): boolean => a.send === b.send && a.digest === b.digest;
