import { tables, TTL_ATTRIBUTE, type TableDefinition } from "@agora/core/tables";
import { DeleteItemCommand, ScanCommand, type AttributeValue, type DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface TtlSweeperOptions {
  client: DynamoDBClient;
  nameOf?: (table: string) => string;
  definitions?: Record<string, TableDefinition>;
  intervalMs?: number;
  /** It begins when this is resolved, if it is given. */
  after?: Promise<unknown>;
  /** Items that are looked at in one request, and requests for one table in one sweep. What is left waits for the next sweep. */
  pageItems?: number;
  pagesPerSweep?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
  onError?: (error: unknown) => void;
}

export interface TtlSweeper {
  /** Sweeps now. Resolves to the number of items that were deleted. A sweep that is running is joined, not doubled. */
  sweep(): Promise<number>;
  /** Resolves when a running sweep has ended. */
  stop(): Promise<void>;
}

type Key = Record<string, AttributeValue>;

const DELETES_AT_ONCE = 8;

/**
 * Deletes expired items, as DynamoDB does on AWS and the engines of one machine do not. Late, like the real one: a table is gone through bit
 * by bit, so nothing may rely on it.
 */
export function startTtlSweeper(options: TtlSweeperOptions): TtlSweeper {
  const { nameOf = (table: string) => table, definitions = tables, intervalMs = 60_000, after, onError = () => undefined } = options;
  const swept = Object.entries<TableDefinition>(definitions)
    .filter(([, { ttl }]) => ttl !== undefined)
    .map(([table, { primaryIndex }]) => new TableSweep(nameOf(table), primaryIndex, options));
  let running: Promise<number> | undefined;
  let isStopped = false;

  async function sweepAll(): Promise<number> {
    let deleted = 0;
    for (const table of swept) if (!isStopped) deleted += await table.sweep();
    return deleted;
  }
  const sweep = () => (running ??= sweepAll().finally(() => (running = undefined)));
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    if (isStopped) return;
    timer = setInterval(() => void sweep().catch(onError), intervalMs);
    timer.unref();
  };
  if (after) void after.then(start);
  else start();
  return {
    sweep,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running?.catch(() => undefined); // whoever asked for that sweep hears of it
    },
  };
}

class TableSweep {
  readonly #name: string;
  readonly #keyNames: string[];
  readonly #options: TtlSweeperOptions;
  #cursor: Key | undefined;

  constructor(name: string, { hashKey, rangeKey }: TableDefinition["primaryIndex"], options: TtlSweeperOptions) {
    this.#name = name;
    this.#keyNames = rangeKey ? [hashKey, rangeKey] : [hashKey];
    this.#options = options;
  }

  async sweep(): Promise<number> {
    const { pagesPerSweep = 10, now = Date.now } = this.#options;
    const values = { ":now": { N: String(Math.floor(now() / 1000)) } };
    let deleted = 0;
    for (let page = 0; page < pagesPerSweep; page++) {
      const keys = await this.#expiredKeys(values);
      for (let start = 0; start < keys.length; start += DELETES_AT_ONCE) {
        const results = await Promise.all(keys.slice(start, start + DELETES_AT_ONCE).map((key) => this.#delete(key, values)));
        deleted += results.filter(Boolean).length;
      }
      if (!this.#cursor) break;
    }
    return deleted;
  }

  /** One page, from where the last one ended. Starts over at the end of the table. */
  async #expiredKeys(values: Key): Promise<Key[]> {
    const names = Object.fromEntries(this.#keyNames.map((name, index) => [`#k${index}`, name]));
    const page = await this.#options.client.send(
      new ScanCommand({
        TableName: this.#name,
        FilterExpression: "#ttl < :now",
        ProjectionExpression: Object.keys(names).join(", "),
        ExpressionAttributeNames: { "#ttl": TTL_ATTRIBUTE, ...names },
        ExpressionAttributeValues: values,
        Limit: this.#options.pageItems ?? 500,
        ExclusiveStartKey: this.#cursor,
      }),
    );
    this.#cursor = page.LastEvaluatedKey;
    return page.Items ?? [];
  }

  /** Only if it is still expired: since the scan its time may have been put off. */
  async #delete(key: Key, values: Key): Promise<boolean> {
    try {
      await this.#options.client.send(
        new DeleteItemCommand({
          TableName: this.#name,
          Key: key,
          ConditionExpression: "#ttl < :now",
          ExpressionAttributeNames: { "#ttl": TTL_ATTRIBUTE },
          ExpressionAttributeValues: values,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === "ConditionalCheckFailedException") return false;
      throw error;
    }
  }
}
