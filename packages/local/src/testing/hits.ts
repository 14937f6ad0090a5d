import { DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

/** As if something had been done so often in this window already. */
export async function countHits(key: string, windowSeconds: number, hits: number): Promise<void> {
  const client = new DynamoDBClient({});
  const window = Math.floor(Date.now() / 1000 / windowSeconds);
  await client.send(
    new UpdateItemCommand({
      TableName: "Limits",
      Key: { key: { S: `${key}#${window}` } },
      UpdateExpression: "ADD hits :hits",
      ExpressionAttributeValues: { ":hits": { N: String(hits) } },
    }),
  );
  client.destroy();
}
