import type { ConsumedCapacity } from "@aws-sdk/client-dynamodb";
import type { Engine } from "../dynamodb/engine";

/** What `@agora/core` publishes on `agora:dynamodb` after each call. */
export interface DynamoDbReport {
  operation: string;
  consumed?: ConsumedCapacity | ConsumedCapacity[] | undefined;
  /** The name of the exception if the call failed; and of how many items the transaction was, if it was one that was cancelled. */
  failed?: string;
  items?: number | undefined;
}

const READS = new Set(["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"]);

/** Request units of one call as AWS would bill them. */
export function requestUnits(report: DynamoDbReport, engine: Engine["name"]): { readUnits: number; writeUnits: number } {
  const total = report.failed === undefined ? consumedUnits(report, engine) : failedUnits(report);
  return READS.has(report.operation) ? { readUnits: total, writeUnits: 0 } : { readUnits: 0, writeUnits: total };
}

/**
 * The engines differ from AWS in one known way each; dynoxide's is made up for here: it counts the writes to indexes in a transaction once,
 * where AWS counts them twice like the rest of the transaction. DynamoDB Local counts no condition check of a transaction, and nothing in its
 * answer shows that there was one.
 */
function consumedUnits({ operation, consumed }: DynamoDbReport, engine: Engine["name"]): number {
  const parts = [consumed ?? []].flat();
  const hasHalvedIndexes = engine === "dynoxide" && operation === "TransactWriteItems";
  let total = 0;
  for (const part of parts) {
    total += part.CapacityUnits ?? 0;
    if (hasHalvedIndexes) total += indexUnits(part);
  }
  return total;
}

/**
 * A refusal says nothing of what it consumed, and what came to no item is free. So this is the least that AWS bills: one unit for a
 * condition that did not hold (more if the item that stands there is above 1 KB), and two for each item of a transaction.
 */
function failedUnits({ failed, items = 0 }: DynamoDbReport): number {
  if (failed === "ConditionalCheckFailedException") return 1;
  return failed === "TransactionCanceledException" ? 2 * items : 0;
}

function indexUnits({ GlobalSecondaryIndexes = {} }: ConsumedCapacity): number {
  return Object.values(GlobalSecondaryIndexes).reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}
