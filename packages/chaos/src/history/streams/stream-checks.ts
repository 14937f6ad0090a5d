import { duplicate } from "../checks/duplicate";
import { hole } from "../checks/hole";
import { lostWrite } from "../checks/lost-write";
import { nonMonotonicRead } from "../checks/non-monotonic-read";
import { orderDisagreement } from "../checks/order-disagreement";
import { readYourWrites } from "../checks/read-your-writes";
import { skippedEntry } from "../checks/skipped-entry";
import { unsentEntry } from "../checks/unsent-entry";
import { committedBackwards } from "./checks/committed-backwards";
import { producerOrder } from "./checks/producer-order";
import { sharedLease } from "./checks/shared-lease";
import { unaskedCommit } from "./checks/unasked-commit";
import { undelivered } from "./checks/undelivered";
import { unexpectedOffset } from "./checks/unexpected-offset";

/** What no fault may bring about in streams, by name: what is said of logs, and what is said of producers and groups. */
export const streamChecks = {
  lost_write: lostWrite,
  duplicate,
  hole,
  order_disagreement: orderDisagreement,
  read_your_writes: readYourWrites,
  non_monotonic_read: nonMonotonicRead,
  skipped_entry: skippedEntry,
  unsent_entry: unsentEntry,
  producer_order: producerOrder,
  unexpected_offset: unexpectedOffset,
  committed_backwards: committedBackwards,
  unasked_commit: unaskedCommit,
  shared_lease: sharedLease,
  undelivered,
} as const;

export type StreamCheckName = keyof typeof streamChecks;
