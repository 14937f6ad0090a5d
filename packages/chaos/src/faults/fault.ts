/** A request of an AWS SDK client, as the proxy sees it on the wire. */
export interface AwsCall {
  /** "PutItem", "Query", "BatchGetItem", "TransactWriteItems", …, or of the management API "PostToConnection", "DeleteConnection", "GetConnection", or of S3 "GetObject", … */
  readonly operation: string;
  /** Of the management API: which connection it is about. */
  readonly connection: string | undefined;
  /** Of a batch or a transaction the first one that is named. */
  readonly table: string | undefined;
  /** What DynamoDB is asked, parsed when it is first looked at; undefined for the management API. */
  readonly body: unknown;
}

/** What happens to one request. */
export type Fault =
  /** DynamoDB: 400 ProvisionedThroughputExceededException; management: 429 LimitExceededException. Nothing takes effect. */
  | { kind: "throttle" }
  /** Another transaction has the item: TransactionCanceledException, for a single write TransactionConflictException. Nothing takes effect. */
  | { kind: "conflict" }
  /** 500. Nothing takes effect. */
  | { kind: "server_error" }
  /** The connection is cut, and nothing took effect. */
  | { kind: "reset_before" }
  /** It takes effect, then the connection is cut: the SDK repeats it and meets its own write. */
  | { kind: "reset_after" }
  /** No answer at all, until the client gives up. */
  | { kind: "hang_before" }
  | { kind: "hang_after" }
  | { kind: "delay"; ms: number }
  /** A batch of two or more is half done, and the answer names the rest as unprocessed. */
  | { kind: "partial" }
  /** Management: 410 although the connection lives. Nothing takes effect. */
  | { kind: "gone" }
  /** Calls `kill` instead of forwarding, or between the effect and the answer. There is no answer. */
  | { kind: "kill_before"; kill: () => void | Promise<void> }
  | { kind: "kill_after"; kill: () => void | Promise<void> };

export type FaultKind = Fault["kind"];

const MANAGEMENT = new Set(["PostToConnection", "DeleteConnection", "GetConnection"]);
const CAN_CONFLICT = new Set(["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "TransactGetItems"]);
const BATCHES = new Set(["BatchGetItem", "BatchWriteItem"]);

export const isManagement = (operation: string): boolean => MANAGEMENT.has(operation);

/** Whether AWS could answer this operation so; a fault that it could not is not injected. */
export function canHappen(kind: FaultKind, operation: string): boolean {
  switch (kind) {
    case "conflict":
      return CAN_CONFLICT.has(operation);
    case "partial":
      return BATCHES.has(operation);
    case "gone":
      return isManagement(operation);
    case "throttle":
    case "server_error":
    case "reset_before":
    case "reset_after":
    case "hang_before":
    case "hang_after":
    case "delay":
    case "kill_before":
    case "kill_after":
      return true;
  }
}
