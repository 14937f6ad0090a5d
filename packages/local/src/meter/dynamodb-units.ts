import type { ConsumedCapacity } from "@aws-sdk/client-dynamodb";

/** What `@agora/core` publishes on `agora:dynamodb` after each call. */
export interface DynamoDbReport {
  operation: string;
  table: string | string[];
  consumed: ConsumedCapacity | ConsumedCapacity[] | undefined;
}

const READS = new Set(["GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"]);

/**
 * Request units of one call as AWS would bill them. The engines differ from AWS in one known way each; dynoxide's is made up for here: it
 * counts the writes to indexes in a transaction once, where AWS counts them twice like the rest of the transaction. DynamoDB Local counts no
 * condition check of a transaction, and nothing in its answer shows that there was one.
 */
export function requestUnits({ operation, consumed }: DynamoDbReport, engine: string): { readUnits: number; writeUnits: number } {
  const parts = [consumed ?? []].flat();
  const hasHalvedIndexes = engine === "dynoxide" && operation === "TransactWriteItems";
  let total = 0;
  for (const part of parts) {
    total += part.CapacityUnits ?? 0;
    if (hasHalvedIndexes) total += indexUnits(part);
  }
  return READS.has(operation) ? { readUnits: total, writeUnits: 0 } : { readUnits: 0, writeUnits: total };
}

function indexUnits({ GlobalSecondaryIndexes = {} }: ConsumedCapacity): number {
  return Object.values(GlobalSecondaryIndexes).reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}
