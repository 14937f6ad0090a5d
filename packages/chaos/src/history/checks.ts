import { duplicate } from "./checks/duplicate";
import { frameAfterKick } from "./checks/frame-after-kick";
import { hole } from "./checks/hole";
import { lostWrite } from "./checks/lost-write";
import { nonMonotonicRead } from "./checks/non-monotonic-read";
import { orderDisagreement } from "./checks/order-disagreement";
import { readYourWrites } from "./checks/read-your-writes";
import { skippedEntry } from "./checks/skipped-entry";
import { unsentEntry } from "./checks/unsent-entry";
import type { Check, Finding } from "./finding";
import type { History } from "./history";

/** What no fault may bring about, by name. */
export const checks = {
  lost_write: lostWrite,
  duplicate,
  hole,
  order_disagreement: orderDisagreement,
  read_your_writes: readYourWrites,
  non_monotonic_read: nonMonotonicRead,
  skipped_entry: skippedEntry,
  frame_after_kick: frameAfterKick,
  unsent_entry: unsentEntry,
} as const satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;
export type Verdict = Record<CheckName, Finding[]>;

/** Runs every check. Findings of each are bounded: see `FINDINGS_MAX`. */
export function judge(history: History): Verdict {
  return Object.fromEntries(Object.entries<Check>(checks).map(([name, check]) => [name, check(history)])) as Verdict;
}

/** The checks that found something. */
export const failedChecks = (verdict: Verdict): CheckName[] =>
  (Object.keys(verdict) as CheckName[]).filter((name) => verdict[name].length > 0);
