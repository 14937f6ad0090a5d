import { channel } from "node:diagnostics_channel";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { ConsumedCapacity, DynamoDBClientConfig, TransactWriteItem, WriteRequest } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import type { TableName } from "../tables";
import { isAppError, unavailable } from "./error";
import { aws, resources } from "./resources";
import { sleep } from "./sleep";

export type Item = Record<string, unknown>;
type Values = Record<string, unknown>;

/** What a request may say beside its table: an expression, and what its `:placeholders` and `#names` stand for. */
interface Expression {
  condition?: string;
  names?: Record<string, string>;
  values?: Values;
}

/** The condition did not hold; `item` is what stands there instead, if anything does. */
export class ConditionFailed extends Error {
  readonly item: Item | undefined;
  constructor(item: Item | undefined, options?: ErrorOptions) {
    super("condition failed", options);
    this.name = "ConditionFailed";
    this.item = item;
  }
}

/** A transaction did not happen; `failed[i]` says whether the condition of its i-th part did not hold. */
export class TransactionFailed extends Error {
  readonly failed: boolean[];
  constructor(failed: boolean[], options?: ErrorOptions) {
    super("transaction failed", options);
    this.name = "TransactionFailed";
    this.failed = failed;
  }
}

const TRANSACTION_TRIES = 12;
const TRANSACTION_BACKOFF_MS = 40;

/**
 * Every call is announced here with what it consumed, as long as somebody listens (the local meter does). DynamoDB is asked to count only then.
 */
const calls = channel("agora:dynamodb");

const silent = () => undefined;
/**
 * The SDK copies every request and answer, attribute by attribute, for the line that its logger might write, and asks only whether the logger has
 * `info`. Its own silent one has, this one has not.
 */
const QUIET = { debug: silent, warn: silent, error: silent } as unknown as DynamoDBClientConfig["logger"];

let client: DynamoDBClient | undefined;
const dynamo = () =>
  (client ??= new DynamoDBClient({
    region: aws.region,
    credentials: aws.credentials,
    maxAttempts: 3,
    logger: QUIET,
    cacheMiddleware: true, // resolved once for each kind of command: nothing that we add to a command differs from call to call
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  }));

const toAttributes = (value: Item) => marshall(value, { removeUndefinedValues: true });

function expression({ names, values }: Expression) {
  return {
    ...(names ? { ExpressionAttributeNames: names } : {}),
    ...(values ? { ExpressionAttributeValues: toAttributes(values) } : {}),
  };
}

/** Asks for the count of units if somebody wants it, announces it, and turns the SDK's exceptions into ours. */
async function run<T extends { ConsumedCapacity?: ConsumedCapacity | ConsumedCapacity[] | undefined }>(
  operation: string,
  call: (counting: { ReturnConsumedCapacity: "INDEXES" | "NONE" }) => Promise<T>,
): Promise<T> {
  try {
    const result = await call({ ReturnConsumedCapacity: calls.hasSubscribers ? "INDEXES" : "NONE" });
    if (calls.hasSubscribers) calls.publish({ operation, consumed: result.ConsumedCapacity });
    return result;
  } catch (error) {
    const items = error instanceof TransactionCanceledException ? error.CancellationReasons?.length : undefined; // a reason for each
    if (calls.hasSubscribers) calls.publish({ operation, failed: error instanceof Error ? error.name : "unknown", items });
    if (error instanceof ConditionalCheckFailedException) {
      throw new ConditionFailed(error.Item && unmarshall(error.Item), { cause: error });
    }
    if (error instanceof TransactionCanceledException) throw error;
    if (isTransient(error)) throw unavailable(error);
    throw error;
  }
}

/**
 * Throttled, timed out, refused, or failed at DynamoDB's side: for all of them the SDK has already tried again. Without a status nothing answered.
 * What it does not try again is a single write to an item that a transaction has just then; the caller's repeat finds it free.
 */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  return (
    (status !== undefined && status >= 500) ||
    /Throttl|ProvisionedThroughputExceeded|LimitExceeded|Timeout|TransactionInProgress|TransactionConflict/.test(error.name) ||
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/.test((error as NodeJS.ErrnoException).code ?? "")
  );
}

/** A single write that found its item in the hands of a transaction: it was not made, and may be tried again. */
export const isInTransaction = (error: unknown): boolean =>
  isAppError(error, "unavailable") && error.cause instanceof Error && error.cause.name === "TransactionConflictException";

/** Half a read unit per 4 KB, or a whole one with `consistent`. */
export async function getItem(table: TableName, key: Item, { consistent = false } = {}): Promise<Item | undefined> {
  const { Item } = await run("GetItem", (counting) =>
    dynamo().send(
      new GetItemCommand({ TableName: resources.table(table), Key: toAttributes(key), ConsistentRead: consistent, ...counting }),
    ),
  );
  return Item && unmarshall(Item);
}

/** What to get from one table: up to a hundred items. */
interface Keys {
  keys: Item[];
  consistent?: boolean;
}

/** Items of several tables in one call. Those that do not exist are left out, and the order is not kept. */
export async function getItems(wanted: Partial<Record<TableName, Keys>>): Promise<Partial<Record<TableName, Item[]>>> {
  const tables = Object.entries(wanted) as [TableName, Keys][];
  const { Responses, UnprocessedKeys } = await run("BatchGetItem", (counting) =>
    dynamo().send(
      new BatchGetItemCommand({
        RequestItems: Object.fromEntries(
          tables.map(([table, { keys, consistent = false }]) => [
            resources.table(table),
            { Keys: keys.map(toAttributes), ConsistentRead: consistent },
          ]),
        ),
        ...counting,
      }),
    ),
  );
  if (Object.keys(UnprocessedKeys ?? {}).length > 0) throw unavailable(new Error("BatchGetItem left keys unprocessed"));
  return Object.fromEntries(tables.map(([table]) => [table, (Responses?.[resources.table(table)] ?? []).map((item) => unmarshall(item))]));
}

export async function putItem(table: TableName, item: Item, { condition, ...rest }: Expression = {}): Promise<void> {
  await run("PutItem", (counting) =>
    dynamo().send(
      new PutItemCommand({
        TableName: resources.table(table),
        Item: toAttributes(item),
        ...(condition ? { ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } : {}),
        ...expression(rest),
        ...counting,
      }),
    ),
  );
}

/** Returns the item as it is after the update. */
export async function updateItem(table: TableName, key: Item, update: string, { condition, ...rest }: Expression = {}): Promise<Item> {
  const { Attributes } = await run("UpdateItem", (counting) =>
    dynamo().send(
      new UpdateItemCommand({
        TableName: resources.table(table),
        Key: toAttributes(key),
        UpdateExpression: update,
        ReturnValues: "ALL_NEW",
        ...(condition ? { ConditionExpression: condition, ReturnValuesOnConditionCheckFailure: "ALL_OLD" } : {}),
        ...expression(rest),
        ...counting,
      }),
    ),
  );
  return unmarshall(Attributes ?? {});
}

/** Returns the item as it was. */
export async function deleteItem(table: TableName, key: Item, { condition, ...rest }: Expression = {}): Promise<Item | undefined> {
  const { Attributes } = await run("DeleteItem", (counting) =>
    dynamo().send(
      new DeleteItemCommand({
        TableName: resources.table(table),
        Key: toAttributes(key),
        ReturnValues: "ALL_OLD",
        ...(condition ? { ConditionExpression: condition } : {}),
        ...expression(rest),
        ...counting,
      }),
    ),
  );
  return Attributes && unmarshall(Attributes);
}

/** What one call may hold, and how many calls are under way at once. */
const BATCH_MAX = 25;
const BATCHES_AT_ONCE = 4;

/** Deletes items of one table, in any order; those that do not exist are no trouble. Cost: 1 write unit per KB of each. @throws unavailable */
export async function deleteItems(table: TableName, keys: readonly Item[]): Promise<void> {
  const waiting = Array.from({ length: Math.ceil(keys.length / BATCH_MAX) }, (_, i) => keys.slice(i * BATCH_MAX, (i + 1) * BATCH_MAX));
  const work = async () => {
    for (let batch = waiting.pop(); batch; batch = waiting.pop()) await deleteBatch(table, batch);
  };
  await Promise.all(Array.from({ length: Math.min(BATCHES_AT_ONCE, waiting.length) }, work));
}

async function deleteBatch(table: TableName, keys: readonly Item[]): Promise<void> {
  const TableName = resources.table(table);
  let requests = keys.map((key) => ({ DeleteRequest: { Key: toAttributes(key) } })) as WriteRequest[];
  for (let attempt = 1; requests.length > 0; attempt++) {
    const RequestItems = { [TableName]: requests };
    const { UnprocessedItems } = await run("BatchWriteItem", (counting) =>
      dynamo().send(new BatchWriteItemCommand({ RequestItems, ...counting })),
    );
    requests = UnprocessedItems?.[TableName] ?? [];
    if (requests.length === 0) return;
    if (attempt === TRANSACTION_TRIES) throw unavailable(new Error(`BatchWriteItem left ${requests.length} items unprocessed`));
    await sleep(Math.random() * TRANSACTION_BACKOFF_MS * attempt);
  }
}

interface QueryInput extends Omit<Expression, "condition"> {
  key: string;
  index?: string;
  filter?: string;
  project?: string;
  limit?: number;
  descending?: boolean;
  consistent?: boolean;
  startKey?: Item | undefined;
}

/** One page: at most `limit` items and 1 MB. `lastKey` is where the next page starts; absent at the end. */
export async function query(table: TableName, input: QueryInput): Promise<{ items: Item[]; lastKey: Item | undefined }> {
  const { Items, LastEvaluatedKey } = await run("Query", (counting) =>
    dynamo().send(
      new QueryCommand({
        TableName: resources.table(table),
        KeyConditionExpression: input.key,
        IndexName: input.index,
        FilterExpression: input.filter,
        ProjectionExpression: input.project,
        Limit: input.limit,
        ScanIndexForward: !input.descending,
        ConsistentRead: input.consistent ?? false,
        ExclusiveStartKey: input.startKey && toAttributes(input.startKey),
        ...expression(input),
        ...counting,
      }),
    ),
  );
  return { items: (Items ?? []).map((item) => unmarshall(item)), lastKey: LastEvaluatedKey && unmarshall(LastEvaluatedKey) };
}

/** Every page of a query, one after the other, with all items in one list: only for what has a known small bound. */
export async function queryAll(table: TableName, input: Omit<QueryInput, "startKey" | "limit">): Promise<Item[]> {
  const all: Item[] = [];
  let startKey: Item | undefined;
  do {
    const page = await query(table, { ...input, startKey });
    all.push(...page.items);
    startKey = page.lastKey;
  } while (startKey);
  return all;
}

export type Write =
  | ({ table: TableName; put: Item } & Expression)
  | ({ table: TableName; key: Item; update: string } & Expression)
  | ({ table: TableName; key: Item; delete: true } & Expression)
  /** Changes nothing: the others happen only if its condition holds. */
  | ({ table: TableName; key: Item; check: true; condition: string } & Expression);

function toTransactItem(write: Write): TransactWriteItem {
  const common = {
    TableName: resources.table(write.table),
    ...(write.condition ? { ConditionExpression: write.condition } : {}),
    ...expression(write),
  };
  if ("put" in write) return { Put: { ...common, Item: toAttributes(write.put) } };
  if ("update" in write) return { Update: { ...common, Key: toAttributes(write.key), UpdateExpression: write.update } };
  if ("check" in write) return { ConditionCheck: { ...common, ConditionExpression: write.condition, Key: toAttributes(write.key) } };
  return { Delete: { ...common, Key: toAttributes(write.key) } };
}

/**
 * All of the writes or none of them; two write units per KB each.
 * DynamoDB refuses one of two transactions that touch the same item at the same moment: such a refusal is tried again with jitter.
 * @throws TransactionFailed if a condition does not hold.
 */
export async function transactWrite(writes: Write[]): Promise<void> {
  const TransactItems = writes.map(toTransactItem);
  for (let attempt = 1; ; attempt++) {
    try {
      await run("TransactWriteItems", (counting) => dynamo().send(new TransactWriteItemsCommand({ TransactItems, ...counting })));
      return;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code);
      if (codes.includes("ConditionalCheckFailed")) {
        throw new TransactionFailed(
          codes.map((code) => code === "ConditionalCheckFailed"),
          { cause: error },
        );
      }
      if (codes.some((code) => code === "ValidationError" || code === "ItemCollectionSizeLimitExceeded")) throw error;
      if (attempt === TRANSACTION_TRIES) throw unavailable(error);
      await sleep(Math.random() * TRANSACTION_BACKOFF_MS * Math.min(attempt, 5));
    }
  }
}
