import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";

const TABLE = "Traced";
/** From what fits beside others on a page of the database to what takes several. */
const PADDING = [0, 40, 700, 3_000, 9_000];

export async function createTracedTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: "who", AttributeType: "S" },
        { AttributeName: "seq", AttributeType: "N" },
      ],
      KeySchema: [
        { AttributeName: "who", KeyType: "HASH" },
        { AttributeName: "seq", KeyType: "RANGE" },
      ],
    }),
  );
}

/** Every kind of write, one after the other, by one client that waits for each answer; and a read of what it wrote. */
export async function writeOneOfEach(client: DynamoDBClient, who: string, round: number): Promise<void> {
  let count = 0;
  const key = (seq: number): Record<string, AttributeValue> => ({ who: { S: who }, seq: { N: String(seq) } });
  // The mark stands at both ends, so that one of them is whole wherever SQLite cuts the item into pages.
  const marked = () => {
    const mark = `mark-${who}-${round}-${count++}-end`;
    return { head: { S: mark }, padding: { S: "x".repeat(PADDING[(round + count) % PADDING.length] ?? 0) }, tail: { S: mark } };
  };
  const [first, second, third] = [round * 3, round * 3 + 1, round * 3 + 2];
  const isFree = "attribute_not_exists(who)";

  await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...key(first), ...marked() } }));
  await client.send(new PutItemCommand({ TableName: TABLE, Item: { ...key(second), ...marked() }, ConditionExpression: isFree }));
  await client
    .send(
      new PutItemCommand({
        TableName: TABLE,
        Item: { ...key(second), who: { S: who } },
        ConditionExpression: isFree,
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    )
    .catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  const { head, tail } = marked();
  await client.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: key(first),
      UpdateExpression: "SET head = :head, tail = :tail",
      ExpressionAttributeValues: { ":head": head, ":tail": tail },
      ReturnValues: "ALL_NEW",
    }),
  );
  await client.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName: TABLE, Item: { ...key(first), ...marked() } } },
        { Put: { TableName: TABLE, Item: { ...key(third), ...marked() } } },
      ],
    }),
  );
  await client.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: "who = :who",
      ExpressionAttributeValues: { ":who": { S: who } },
      ScanIndexForward: false,
      Limit: 3,
    }),
  );
  await client.send(new DeleteItemCommand({ TableName: TABLE, Key: key(second) }));
  await client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item: { ...key(second), ...marked() } } }] } }));
}

/** Writes of one `writeOneOfEach` that are done, as opposed to refused. */
export const WRITES_OF_EACH = 6;
