import { tables, type TableDefinition } from "@agora/core/tables";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ListTablesCommand,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
  type AttributeDefinition,
  type DynamoDBClient,
  type KeySchemaElement,
  type TableDescription,
} from "@aws-sdk/client-dynamodb";

export interface CreateTablesOptions {
  /** The name of a table in the database; the same as in `@agora/core/tables` unless given. */
  nameOf?: (table: string) => string;
  definitions?: Record<string, TableDefinition>;
}

type Indexes = NonNullable<TableDefinition["globalIndexes"]>;

const ACTIVE_TIMEOUT_MS = 300_000;
/** DynamoDB Local makes an index between our questions, one at a time: who asks all the time keeps it from its work. */
const POLL_MS = { first: 10, most: 1_000, growth: 1.6 };

/**
 * Brings a database to what `@agora/core/tables` says: makes tables that are missing, adds indexes that are missing, sets the attribute of
 * expiry. Safe to run again at every start; takes nothing away.
 * @returns the tables that were made or changed
 */
export async function createTables(client: DynamoDBClient, options: CreateTablesOptions = {}): Promise<string[]> {
  const { nameOf = (table: string) => table, definitions = tables } = options;
  const existing = await listTables(client);
  const changed = await Promise.all(
    Object.entries<TableDefinition>(definitions).map(async ([table, definition]) => {
      const name = nameOf(table);
      const isChanged = existing.has(name) ? await updateTable(client, name, definition) : await createTable(client, name, definition);
      return isChanged ? [name] : [];
    }),
  );
  return changed.flat();
}

async function listTables(client: DynamoDBClient): Promise<Set<string>> {
  const names = new Set<string>();
  let last: string | undefined;
  do {
    const page = await client.send(new ListTablesCommand({ ExclusiveStartTableName: last }));
    for (const name of page.TableNames ?? []) names.add(name);
    last = page.LastEvaluatedTableName;
  } while (last);
  return names;
}

async function createTable(client: DynamoDBClient, name: string, definition: TableDefinition): Promise<boolean> {
  const { fields, primaryIndex, globalIndexes, ttl } = definition;
  const indexes = Object.entries(globalIndexes ?? {}).map(([indexName, index]) => indexSpec(indexName, index));
  const { TableDescription } = await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: attributes(fields, Object.keys(fields)),
      KeySchema: keySchema(primaryIndex),
      ...(indexes.length ? { GlobalSecondaryIndexes: indexes } : {}),
    }),
  );
  if (!isActive(TableDescription)) await untilActive(client, name);
  if (ttl) await setTtl(client, name, ttl);
  return true;
}

async function updateTable(client: DynamoDBClient, name: string, { fields, globalIndexes = {}, ttl }: TableDefinition): Promise<boolean> {
  const [{ Table }, { TimeToLiveDescription }] = await Promise.all([
    client.send(new DescribeTableCommand({ TableName: name })),
    client.send(new DescribeTimeToLiveCommand({ TableName: name })),
  ]);
  const present = new Set(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName));
  const missing = Object.entries(globalIndexes).filter(([indexName]) => !present.has(indexName));
  // DynamoDB adds one index at a time.
  for (const [indexName, index] of missing) {
    const names = [index.hashKey, index.rangeKey].filter((field) => field !== undefined);
    await client.send(
      new UpdateTableCommand({
        TableName: name,
        AttributeDefinitions: attributes(fields, names),
        GlobalSecondaryIndexUpdates: [{ Create: indexSpec(indexName, index) }],
      }),
    );
    await untilActive(client, name);
  }
  const needsTtl = ttl !== undefined && TimeToLiveDescription?.AttributeName !== ttl;
  if (needsTtl) await setTtl(client, name, ttl);
  return missing.length > 0 || needsTtl;
}

async function setTtl(client: DynamoDBClient, TableName: string, AttributeName: string): Promise<void> {
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled: true } }));
}

async function untilActive(client: DynamoDBClient, name: string): Promise<void> {
  const deadline = Date.now() + ACTIVE_TIMEOUT_MS;
  for (let pauseMs = POLL_MS.first; ; pauseMs = Math.min(POLL_MS.most, pauseMs * POLL_MS.growth)) {
    const Table = await describe(client, name);
    if (isActive(Table)) return;
    if (Date.now() > deadline) throw new Error(`Table ${name} is not active after ${ACTIVE_TIMEOUT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** DynamoDB Local now and then answers InternalFailure while it adds an index. It means: ask again. */
async function describe(client: DynamoDBClient, TableName: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName }))).Table;
  } catch (error) {
    if (error instanceof Error && error.name === "InternalFailure") return undefined;
    throw error;
  }
}

function isActive(table: TableDescription | undefined): boolean {
  const indexes = table?.GlobalSecondaryIndexes ?? [];
  return table?.TableStatus === "ACTIVE" && indexes.every(({ IndexStatus }) => IndexStatus === "ACTIVE");
}

function attributes(fields: TableDefinition["fields"], names: string[]): AttributeDefinition[] {
  return names.map((name) => ({ AttributeName: name, AttributeType: fields[name] === "number" ? "N" : "S" }));
}

function keySchema({ hashKey, rangeKey }: { hashKey: string; rangeKey?: string }): KeySchemaElement[] {
  const hash: KeySchemaElement = { AttributeName: hashKey, KeyType: "HASH" };
  return rangeKey ? [hash, { AttributeName: rangeKey, KeyType: "RANGE" }] : [hash];
}

function indexSpec(IndexName: string, index: Indexes[string]) {
  const ProjectionType = index.projection === "all" ? ("ALL" as const) : ("KEYS_ONLY" as const);
  return { IndexName, KeySchema: keySchema(index), Projection: { ProjectionType } };
}
