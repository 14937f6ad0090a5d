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

const ACTIVE_TIMEOUT_MS = 60_000;
const POLL_MS = 100;

/** What a table lacks. */
interface Missing {
  indexes: [name: string, index: Indexes[string]][];
  ttl?: string;
  isTable?: boolean;
}

/**
 * Brings a database to what `@agora/core/tables` says: makes tables that are missing, adds indexes that are missing, sets the attribute of
 * expiry. Safe to run again at every start, also after one that was killed; takes nothing away.
 * @returns the tables that were made or changed
 */
export async function createTables(client: DynamoDBClient, options: CreateTablesOptions = {}): Promise<string[]> {
  const { nameOf = (table: string) => table, definitions = tables } = options;
  const existing = await listTables(client);
  const wanted = Object.entries<TableDefinition>(definitions).map(([table, definition]) => ({ name: nameOf(table), definition }));
  const found = await Promise.all(
    wanted.map(async ({ name, definition }) => {
      const missing = existing.has(name) ? await missingFrom(client, name, definition) : await createTable(client, name, definition);
      return { name, definition, missing };
    }),
  );
  const growing = found.filter(({ missing }) => missing.indexes.length);
  if (growing.length) {
    await whileNothingExpires(client, existing, () =>
      Promise.all(growing.map(({ name, definition, missing }) => addIndexes(client, name, definition.fields, missing.indexes))),
    );
  }
  await Promise.all(found.map(({ name, missing: { ttl } }) => setTtl(client, name, ttl, true)));
  return found.filter(({ missing: { isTable, indexes, ttl } }) => isTable || indexes.length || ttl).map(({ name }) => name);
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

async function createTable(client: DynamoDBClient, name: string, definition: TableDefinition): Promise<Missing> {
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
  return { isTable: true, indexes: [], ttl };
}

async function missingFrom(client: DynamoDBClient, name: string, { globalIndexes = {}, ttl }: TableDefinition): Promise<Missing> {
  const [{ Table }, present] = await Promise.all([client.send(new DescribeTableCommand({ TableName: name })), getTtl(client, name)]);
  const names = new Set(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName));
  return {
    indexes: Object.entries(globalIndexes).filter(([indexName]) => !names.has(indexName)),
    ...(ttl !== present && { ttl }),
  };
}

/** One after the other, as DynamoDB wants it. */
async function addIndexes(client: DynamoDBClient, name: string, fields: TableDefinition["fields"], indexes: Missing["indexes"]) {
  for (const [indexName, index] of indexes) {
    const keys = [index.hashKey, index.rangeKey].filter((field) => field !== undefined);
    await client.send(
      new UpdateTableCommand({
        TableName: name,
        AttributeDefinitions: attributes(fields, keys),
        GlobalSecondaryIndexUpdates: [{ Create: indexSpec(indexName, index) }],
      }),
    );
    await untilActive(client, name);
  }
}

/**
 * DynamoDB Local has ten workers, for ever: three find work, and each table with an expiry takes one more. From the seventh such table on
 * none is left to fill an index, and it would stay CREATING. So the expiries of all its tables are off meanwhile.
 */
async function whileNothingExpires(client: DynamoDBClient, tableNames: Iterable<string>, work: () => Promise<unknown>): Promise<void> {
  const [first] = tableNames;
  if (!first || !(await isDynamoDbLocal(client, first))) {
    await work();
    return;
  }
  const expiries = await Promise.all(Array.from(tableNames, async (name) => ({ name, ttl: await getTtl(client, name) })));
  const switchAll = (isOn: boolean) => Promise.all(expiries.map(({ name, ttl }) => setTtl(client, name, ttl, isOn)));
  await switchAll(false);
  try {
    await work();
  } finally {
    await switchAll(true);
  }
}

async function isDynamoDbLocal(client: DynamoDBClient, TableName: string): Promise<boolean> {
  return (await describe(client, TableName))?.TableArn?.includes(":ddblocal:") ?? false;
}

async function getTtl(client: DynamoDBClient, TableName: string): Promise<string | undefined> {
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  return TimeToLiveDescription?.AttributeName;
}

async function setTtl(client: DynamoDBClient, TableName: string, AttributeName: string | undefined, Enabled: boolean): Promise<void> {
  if (AttributeName === undefined) return;
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { AttributeName, Enabled } }));
}

async function untilActive(client: DynamoDBClient, name: string): Promise<void> {
  const deadline = Date.now() + ACTIVE_TIMEOUT_MS;
  for (;;) {
    const Table = await describe(client, name);
    if (isActive(Table)) return;
    if (Date.now() > deadline) throw new Error(`Table ${name} is not active after ${ACTIVE_TIMEOUT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
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
