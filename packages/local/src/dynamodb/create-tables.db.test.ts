import { tables, type TableDefinition } from "@agora/core/tables";
import {
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  PutItemCommand,
  QueryCommand,
  UpdateTimeToLiveCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enginesToTest, startEngineWorld, type EngineWorld } from "../testing/engine-world";
import { createTables } from "./create-tables";

describe.each(enginesToTest())("tables on $name", ({ name, skipReason }) => {
  describe.skipIf(skipReason)("as @agora/core/tables defines them", () => {
    let world: EngineWorld | undefined;
    let client: DynamoDBClient;
    beforeAll(async () => {
      world = await startEngineWorld(name);
      client = world.client;
    }, 30_000);
    afterAll(() => world?.stop());

    const expiryOf = async (TableName: string) =>
      (await client.send(new DescribeTimeToLiveCommand({ TableName }))).TimeToLiveDescription?.AttributeName;

    it("are made with keys, indexes and expiry, and are left alone by a second run", async () => {
      expect((await createTables(client)).sort()).toEqual(Object.keys(tables).sort());
      for (const [TableName, definition] of Object.entries<TableDefinition>(tables)) {
        const { Table } = await client.send(new DescribeTableCommand({ TableName }));
        const { hashKey, rangeKey } = definition.primaryIndex;
        expect(Table?.KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual([hashKey, rangeKey].filter(Boolean));
        expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName) ?? []).toEqual(Object.keys(definition.globalIndexes ?? {}));
        expect(await expiryOf(TableName)).toBe(definition.ttl);
      }
      expect(await createTables(client)).toEqual([]);
    });

    it("get an index and an expiry that were added to the definition later, over the items that are there", async () => {
      const nameOf = (table: string) => `Grown${table}`;
      const before: TableDefinition = { fields: { id: "string" }, primaryIndex: { hashKey: "id" } };
      const after: TableDefinition = {
        fields: { id: "string", owner: "string", size: "number" },
        primaryIndex: { hashKey: "id" },
        globalIndexes: {
          by_owner: { hashKey: "owner", rangeKey: "size", projection: "all" },
          keys_only: { hashKey: "owner", projection: "keys-only" },
        },
        ttl: "expires_on",
      };
      await createTables(client, { nameOf, definitions: { Things: before } });
      const Item = { id: { S: "1" }, owner: { S: "a" }, size: { N: "5" }, colour: { S: "red" } };
      await client.send(new PutItemCommand({ TableName: "GrownThings", Item }));
      expect(await createTables(client, { nameOf, definitions: { Things: after } })).toEqual(["GrownThings"]);
      expect(await createTables(client, { nameOf, definitions: { Things: after } })).toEqual([]);
      const query = (IndexName: string) =>
        client.send(
          new QueryCommand({
            TableName: "GrownThings",
            IndexName,
            KeyConditionExpression: "#owner = :owner",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: { ":owner": { S: "a" } },
          }),
        );
      expect((await query("by_owner")).Items).toEqual([Item]);
      expect((await query("keys_only")).Items).toEqual([{ id: { S: "1" }, owner: { S: "a" } }]);
      expect(await expiryOf("GrownThings")).toBe("expires_on");
      for (const [table, { ttl }] of Object.entries<TableDefinition>(tables)) expect(await expiryOf(table), table).toBe(ttl);
    }, 180_000);

    it("get back an expiry that is off, as after a start that was killed while it added an index", async () => {
      const TimeToLiveSpecification = { AttributeName: "expires_on", Enabled: false };
      await client.send(new UpdateTimeToLiveCommand({ TableName: "Rooms", TimeToLiveSpecification }));
      expect(await createTables(client)).toEqual(["Rooms"]);
      expect(await expiryOf("Rooms")).toBe("expires_on");
    });
  });
});

describe("a fresh start on dynoxide", () => {
  it("has all tables well within a second", async () => {
    const started = performance.now();
    const world = await startEngineWorld("dynoxide");
    await createTables(world.client);
    const ms = performance.now() - started;
    await world.stop();
    console.info(`engine ${world.engine.startupMs} ms, with all tables ${Math.round(ms)} ms`);
    expect(ms).toBeLessThan(1000);
  });
});
