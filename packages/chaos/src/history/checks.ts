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

/** What no fault may bring about in a log, by name. */
export const logChecks = {
  lost_write: lostWrite,
  duplicate,
  hole,
  order_disagreement: orderDisagreement,
  read_your_writes: readYourWrites,
  non_monotonic_read: nonMonotonicRead,
  skipped_entry: skippedEntry,
  unsent_entry: unsentEntry,
} as const satisfies Record<string, Check>;

/** And where people talk. */
export const checks = { ...logChecks, frame_after_kick: frameAfterKick } as const satisfies Record<string, Check>;

export type CheckName = keyof typeof checks;
export type Verdict<N extends string = CheckName> = Record<N, Finding[]>;

/** Runs every check. Findings of each are bounded: see `FINDINGS_MAX`. */
export const judge = (history: History): Verdict => judgeBy(checks, history);

/** As `judge`, by other checks. */
export function judgeBy<H, N extends string>(by: Readonly<Record<N, (history: H) => Finding[]>>, history: H): Verdict<N> {
  return Object.fromEntries((Object.keys(by) as N[]).map((name) => [name, by[name](history)])) as Verdict<N>;
}

/** The checks that found something. */
export const failedChecks = <N extends string>(verdict: Verdict<N>): N[] =>
  (Object.keys(verdict) as N[]).filter((name) => verdict[name].length > 0);
