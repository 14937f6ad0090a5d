import { logChecks } from "../checks";
import { committedBackwards } from "./checks/committed-backwards";
import { producerOrder } from "./checks/producer-order";
import { sharedLease } from "./checks/shared-lease";
import { unaskedCommit } from "./checks/unasked-commit";
import { undelivered } from "./checks/undelivered";
import { unexpectedOffset } from "./checks/unexpected-offset";

/** What no fault may bring about in streams, by name: what is said of logs, and what is said of producers and groups. */
export const streamChecks = {
  ...logChecks,
  producer_order: producerOrder,
  unexpected_offset: unexpectedOffset,
  committed_backwards: committedBackwards,
  unasked_commit: unaskedCommit,
  shared_lease: sharedLease,
  undelivered,
} as const;

export type StreamCheckName = keyof typeof streamChecks;
