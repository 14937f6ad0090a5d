import { isManagement, type AwsCall, type FaultKind } from "./fault";

/** An answer as AWS would give it. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const JSON_TYPE = "application/x-amz-json-1.0";

function dynamoError(status: number, type: string, message: string, more: object = {}): Answer {
  const body = Buffer.from(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message, ...more }));
  return { status, headers: { "content-type": JSON_TYPE }, body };
}

function managementError(status: number, type: string, message: string): Answer {
  return {
    status,
    headers: { "content-type": "application/json", "x-amzn-errortype": type },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** The answer of a fault that is one; undefined for those that are no answer. */
export function errorAnswer(kind: FaultKind, call: AwsCall): Answer | undefined {
  const ofManagement = isManagement(call.operation);
  switch (kind) {
    case "throttle":
      return ofManagement
        ? managementError(429, "LimitExceededException", "Too Many Requests")
        : dynamoError(400, "ProvisionedThroughputExceededException", "The level of configured provisioned throughput was exceeded.");
    case "server_error":
      return ofManagement
        ? managementError(500, "InternalServerErrorException", "Internal server error")
        : dynamoError(500, "InternalServerError", "Internal server error");
    case "conflict":
      return conflict(call);
    case "gone":
      return managementError(410, "GoneException", "Gone");
    default:
      return undefined;
  }
}

function conflict({ operation, body }: AwsCall): Answer {
  if (!operation.startsWith("Transact")) {
    return dynamoError(400, "TransactionConflictException", "Transaction is ongoing for the item");
  }
  const { TransactItems } = body as { TransactItems: unknown[] };
  const reasons = TransactItems.map((_, i) =>
    i === 0 ? { Code: "TransactionConflict", Message: "Transaction is ongoing for the item" } : { Code: "None" },
  );
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(", ")}]`;
  return dynamoError(400, "TransactionCanceledException", message, { Message: message, CancellationReasons: reasons });
}

type WriteRequests = Record<string, unknown[]>;
type Keys = Record<string, { Keys: unknown[] }>;

/** One batch in two: what is to be done, and what the answer names as unprocessed. Undefined if it cannot be halved. */
export function halve({ operation, body }: AwsCall): { done: Buffer; rest: object; restName: string } | undefined {
  const request = body as { RequestItems: WriteRequests | Keys };
  const isGet = operation === "BatchGetItem";
  const flat = Object.entries(request.RequestItems).flatMap(([table, wanted]) =>
    (isGet ? (wanted as { Keys: unknown[] }).Keys : (wanted as unknown[])).map((one) => ({ table, one })),
  );
  if (flat.length < 2) return undefined;
  const group = (part: typeof flat) => {
    const grouped: Record<string, unknown> = {};
    for (const [table, wanted] of Object.entries(request.RequestItems)) {
      const own = part.filter((item) => item.table === table).map(({ one }) => one);
      if (own.length > 0) grouped[table] = isGet ? { ...wanted, Keys: own } : own;
    }
    return grouped;
  };
  const half = Math.ceil(flat.length / 2);
  return {
    done: Buffer.from(JSON.stringify({ ...request, RequestItems: group(flat.slice(0, half)) })),
    rest: group(flat.slice(half)),
    restName: isGet ? "UnprocessedKeys" : "UnprocessedItems",
  };
}
