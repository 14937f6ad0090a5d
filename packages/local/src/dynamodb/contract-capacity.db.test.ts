import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { definition, key, n, s, T, text, type Item } from "../testing/contract-table";
import { enginesToTest, startEngineWorld, type EngineWorld } from "../testing/engine-world";
import { createTables } from "./create-tables";

describe.each(enginesToTest())("$name", ({ name, skipReason }) => {
  describe.skipIf(skipReason)("as DynamoDB", () => {
    let world: EngineWorld | undefined;
    let client: DynamoDBClient;
    beforeAll(async () => {
      world = await startEngineWorld(name);
      client = world.client;
      await createTables(client, { definitions: { [T]: definition } });
      for (let seq = 1; seq <= 50; seq++) await put({ ...key("log", seq), body: text(1000) });
    }, 30_000);
    afterAll(() => world?.stop());

    const put = (item: Item, more: object = {}) => client.send(new PutItemCommand({ TableName: T, Item: item, ...more }));
    const query = (input: Partial<QueryCommandInput>) => client.send(new QueryCommand({ TableName: T, ...input }));

    describe("consumed capacity, which the meter reads", () => {
      const COUNT = { ReturnConsumedCapacity: "INDEXES" as const };
      /** All units, those of the table, and those of each index that has any. */
      interface Units {
        all: number;
        table: number;
        indexes?: Record<string, number>;
      }
      function unitsOf(output: { ConsumedCapacity?: unknown }): Units {
        const [consumed] = [output.ConsumedCapacity].flat() as [
          {
            CapacityUnits: number;
            Table?: { CapacityUnits: number };
            GlobalSecondaryIndexes?: Record<string, { CapacityUnits: number }>;
          },
        ];
        const indexes = Object.entries(consumed.GlobalSecondaryIndexes ?? {}).map(
          ([index, units]) => [index, units.CapacityUnits] as const,
        );
        const used = indexes.filter(([, units]) => units > 0);
        return {
          all: consumed.CapacityUnits,
          table: consumed.Table?.CapacityUnits ?? 0,
          ...(used.length ? { indexes: Object.fromEntries(used) } : {}),
        };
      }
      const indexed = { owner: s("o"), rank: n(1) };
      const update = (pk: string, expression: string, value: AttributeValue) =>
        client.send(
          new UpdateItemCommand({
            TableName: T,
            Key: key(pk),
            UpdateExpression: expression,
            ExpressionAttributeValues: { ":v": value },
            ExpressionAttributeNames: expression.includes("#rank") ? { "#rank": "rank" } : undefined,
            ...COUNT,
          }),
        );

      it.each<[string, () => Promise<{ ConsumedCapacity?: unknown }>, Units]>([
        ["a put of 100 bytes", () => put({ ...key("cc-1"), body: text(100) }, COUNT), { all: 1, table: 1 }],
        [
          "an indexed put",
          () => put({ ...key("cc-2"), ...indexed, body: text(100) }, COUNT),
          { all: 3, table: 1, indexes: { by_owner: 1, owner_keys: 1 } },
        ],
        [
          "an indexed put of 3.5 KB",
          () => put({ ...key("cc-3"), ...indexed, body: text(3500) }, COUNT),
          { all: 9, table: 4, indexes: { by_owner: 4, owner_keys: 1 } },
        ],
        [
          "an overwrite by something smaller",
          async () => (await put({ ...key("cc-4"), body: text(3500) }), put({ ...key("cc-4"), body: text(100) }, COUNT)),
          { all: 4, table: 4 },
        ],
        [
          "a change of an index key",
          async () => (await put({ ...key("cc-5"), ...indexed }), update("cc-5", "SET #rank = :v", n(2))),
          { all: 3, table: 1, indexes: { by_owner: 2 } },
        ],
        ["an update that counts", () => update("cc-6", "ADD sum_of :v", n(1)), { all: 1, table: 1 }],
        [
          "a delete of 3.5 KB",
          async () => (
            await put({ ...key("cc-7"), body: text(3500) }),
            client.send(new DeleteItemCommand({ TableName: T, Key: key("cc-7"), ...COUNT }))
          ),
          { all: 4, table: 4 },
        ],
        ["a get", () => client.send(new GetItemCommand({ TableName: T, Key: key("log"), ...COUNT })), { all: 0.5, table: 0.5 }],
        ["a get of nothing", () => client.send(new GetItemCommand({ TableName: T, Key: key("none"), ...COUNT })), { all: 0.5, table: 0.5 }],
        [
          "a consistent get",
          () => client.send(new GetItemCommand({ TableName: T, Key: key("log"), ConsistentRead: true, ...COUNT })),
          { all: 1, table: 1 },
        ],
        [
          "a query of 50 items of 1 KB",
          () => query({ KeyConditionExpression: "pk = :p", ExpressionAttributeValues: { ":p": s("log") }, Limit: 50, ...COUNT }),
          { all: 6.5, table: 6.5 },
        ],
        [
          "a batch of two puts",
          () =>
            client.send(
              new BatchWriteItemCommand({
                RequestItems: { [T]: [{ PutRequest: { Item: key("cc-8") } }, { PutRequest: { Item: { ...key("cc-9"), ...indexed } } }] },
                ...COUNT,
              }),
            ),
          { all: 4, table: 2, indexes: { by_owner: 1, owner_keys: 1 } },
        ],
        [
          "a put in a transaction",
          () => client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: T, Item: key("cc-10") } }], ...COUNT })),
          { all: 2, table: 2 },
        ],
        [
          "a get in a transaction",
          () => client.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName: T, Key: key("cc-10") } }], ...COUNT })),
          { all: 2, table: 2 },
        ],
      ])("of %s is what AWS documents", async (_, run, units) => {
        expect(unitsOf(await run())).toEqual(units);
      });

      it("of an indexed put in a transaction leaves the index at half on dynoxide, which the meter makes up for", async () => {
        const Item = { ...key("cc-11"), owner: s("o") }; // without a rank it is in one index only
        const output = await client.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: T, Item } }], ...COUNT }));
        const onAws = { all: 4, table: 2, indexes: { owner_keys: 2 } };
        expect(unitsOf(output)).toEqual(name === "dynoxide" ? { all: 3, table: 2, indexes: { owner_keys: 1 } } : onAws);
      });

      it("of a condition check in a transaction is missing on DynamoDB Local", async () => {
        const check = { ConditionCheck: { TableName: T, Key: key("cc-1"), ConditionExpression: "attribute_exists(pk)" } };
        const TransactItems = [{ Put: { TableName: T, Item: key("cc-12") } }, check];
        const output = await client.send(new TransactWriteItemsCommand({ TransactItems, ...COUNT }));
        const onAws = { all: 4, table: 4 };
        expect(unitsOf(output)).toEqual(name === "dynamodb-local" ? { all: 2, table: 2 } : onAws);
      });
    });
  });
});
