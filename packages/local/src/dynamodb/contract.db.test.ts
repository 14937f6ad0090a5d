import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type QueryCommandInput,
  type TransactWriteItem,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { definition, key, n, s, T, text, type Item } from "../testing/contract-table";
import { clientOf, enginesToTest, startEngineWorld, type EngineWorld } from "../testing/engine-world";
import { createTables } from "./create-tables";
import { startEngine } from "./engine";

// What Agora relies on in a DynamoDB, said to each engine that can take its place. Where an engine is known to differ, the test says so.

describe.each(enginesToTest())("$name", ({ name, skipReason }) => {
  describe.skipIf(skipReason)("as DynamoDB", () => {
    let world: EngineWorld | undefined;
    let client: DynamoDBClient;
    beforeAll(async () => {
      world = await startEngineWorld(name);
      client = world.client;
      await createTables(client, { definitions: { [T]: definition } });
    }, 30_000);
    afterAll(() => world?.stop());

    const put = (item: Item, more: object = {}) => client.send(new PutItemCommand({ TableName: T, Item: item, ...more }));
    const get = async (pk: string, seq = 1) =>
      (await client.send(new GetItemCommand({ TableName: T, Key: key(pk, seq), ConsistentRead: true }))).Item;
    const query = (input: Partial<QueryCommandInput>) => client.send(new QueryCommand({ TableName: T, ...input }));
    const transact = (...TransactItems: TransactWriteItem[]) => client.send(new TransactWriteItemsCommand({ TransactItems }));

    describe("conditions", () => {
      const IF_NEW = { ConditionExpression: "attribute_not_exists(pk)" };

      it("let one of many writers at the same key through, and give the others what is there", async () => {
        const writers = Array.from({ length: 20 }, (_, writer) =>
          put({ ...key("race"), writer: n(writer) }, { ...IF_NEW, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
        );
        const results = await Promise.allSettled(writers);
        const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
        expect(lost).toHaveLength(19);
        const there = await get("race");
        for (const error of lost) expect(error).toMatchObject({ name: "ConditionalCheckFailedException", Item: there });
      });

      it("hold for updates and deletes too", async () => {
        await put({ ...key("held"), version: n(1) });
        const stale = { ConditionExpression: "version = :v", ExpressionAttributeValues: { ":v": n(2) } };
        await expect(client.send(new DeleteItemCommand({ TableName: T, Key: key("held"), ...stale }))).rejects.toMatchObject({
          name: "ConditionalCheckFailedException",
        });
        const update = { TableName: T, Key: key("held"), UpdateExpression: "SET version = :next" };
        const right = { ConditionExpression: "version = :v", ExpressionAttributeValues: { ":v": n(1), ":next": n(2) } };
        const { Attributes } = await client.send(new UpdateItemCommand({ ...update, ...right, ReturnValues: "ALL_NEW" }));
        expect(Attributes?.["version"]).toEqual(n(2));
        await client.send(new DeleteItemCommand({ TableName: T, Key: key("held"), ...stale }));
        expect(await get("held")).toBeUndefined();
      });
    });

    describe("updates", () => {
      it("count without losing any of 50 at once", async () => {
        const add = () =>
          client.send(
            new UpdateItemCommand({
              TableName: T,
              Key: key("counter"),
              UpdateExpression: "ADD sum_of :one",
              ExpressionAttributeValues: { ":one": n(1) },
              ReturnValues: "UPDATED_NEW",
            }),
          );
        const seen = await Promise.all(Array.from({ length: 50 }, async () => Number((await add()).Attributes?.["sum_of"]?.N)));
        expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      });

      it("know if_not_exists, list_append, REMOVE and sets", async () => {
        await put({ ...key("forms"), list: { L: [n(1)] }, set: { SS: ["a", "b"] }, dated: n(1) });
        const { Attributes } = await client.send(
          new UpdateItemCommand({
            TableName: T,
            Key: key("forms"),
            UpdateExpression: "SET fresh = if_not_exists(fresh, :n), #list = list_append(#list, :l) REMOVE dated DELETE #set :d",
            ExpressionAttributeNames: { "#list": "list", "#set": "set" },
            ExpressionAttributeValues: { ":n": n(5), ":l": { L: [n(2)] }, ":d": { SS: ["a"] } },
            ReturnValues: "ALL_NEW",
          }),
        );
        expect(Attributes).toEqual({ ...key("forms"), fresh: n(5), list: { L: [n(1), n(2)] }, set: { SS: ["b"] } });
      });
    });

    it("refuses names that are reserved, such as total", async () => {
      const update = { TableName: T, Key: key("reserved"), ExpressionAttributeValues: { ":one": n(1) } };
      await expect(client.send(new UpdateItemCommand({ ...update, UpdateExpression: "ADD total :one" }))).rejects.toMatchObject({
        name: "ValidationException",
      });
      await client.send(new UpdateItemCommand({ ...update, UpdateExpression: "ADD #t :one", ExpressionAttributeNames: { "#t": "total" } }));
    });

    describe("queries", () => {
      beforeAll(async () => {
        for (let batch = 0; batch < 4; batch++) {
          const requests = Array.from({ length: 25 }, (_, index) => {
            const seq = batch * 25 + index;
            return { PutRequest: { Item: { ...key("log", seq), owner: s("log"), rank: n(seq), body: text(1000) } } };
          });
          const { UnprocessedItems } = await client.send(new BatchWriteItemCommand({ RequestItems: { [T]: requests } }));
          expect(UnprocessedItems ?? {}).toEqual({});
        }
      });
      const OF_LOG = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": s("log") } };

      it("page backwards through everything, by number and not by letter", async () => {
        const seen: number[] = [];
        let last: Item | undefined;
        do {
          const page = await query({ ...OF_LOG, ScanIndexForward: false, Limit: 30, ExclusiveStartKey: last });
          seen.push(...(page.Items ?? []).map((item) => Number(item["seq"]?.N)));
          last = page.LastEvaluatedKey;
        } while (last);
        expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => 99 - index));
      });

      it("take a range with BETWEEN and >=, both ends included", async () => {
        const range = async (condition: string, values: Item) => {
          const { Items = [] } = await query({
            KeyConditionExpression: `pk = :pk AND ${condition}`,
            ExpressionAttributeValues: { ":pk": s("log"), ...values },
          });
          return Items.map((item) => Number(item["seq"]?.N));
        };
        expect(await range("seq BETWEEN :a AND :b", { ":a": n(9), ":b": n(12) })).toEqual([9, 10, 11, 12]);
        expect(await range("seq >= :a", { ":a": n(98) })).toEqual([98, 99]);
      });

      it("filter after the limit: a page may be empty and still not be the last", async () => {
        const page = await query({
          KeyConditionExpression: "pk = :pk",
          FilterExpression: "#rank = :late",
          ExpressionAttributeNames: { "#rank": "rank" },
          ExpressionAttributeValues: { ":pk": s("log"), ":late": n(99) },
          Limit: 10,
        });
        expect([page.Count, page.ScannedCount]).toEqual([0, 10]);
        expect(page.LastEvaluatedKey).toEqual(key("log", 9));
      });

      it("go over an index, where items without its key are not, with keys alone if that is its projection", async () => {
        await put({ ...key("sparse"), owner: s("somebody"), secret: s("z") });
        const ofOwner = (IndexName: string) =>
          query({
            IndexName,
            KeyConditionExpression: "#owner = :owner",
            ExpressionAttributeNames: { "#owner": "owner" },
            ExpressionAttributeValues: { ":owner": s("somebody") },
          });
        expect((await ofOwner("owner_keys")).Items).toEqual([{ ...key("sparse"), owner: s("somebody") }]);
        expect((await ofOwner("by_owner")).Items).toEqual([]);
      });

      it("page over an index with the keys of both", async () => {
        const page = await query({
          IndexName: "by_owner",
          KeyConditionExpression: "#owner = :owner AND #rank BETWEEN :a AND :b",
          ExpressionAttributeNames: { "#owner": "owner", "#rank": "rank" },
          ExpressionAttributeValues: { ":owner": s("log"), ":a": n(10), ":b": n(40) },
          ScanIndexForward: false,
          Limit: 5,
        });
        expect(page.Items?.map((item) => item["rank"]?.N)).toEqual(["40", "39", "38", "37", "36"]);
        expect(page.LastEvaluatedKey).toEqual({ ...key("log", 36), owner: s("log"), rank: n(36) });
      });

      it("of an index cannot be consistent", async () => {
        const input = {
          IndexName: "by_owner",
          KeyConditionExpression: "#owner = :owner",
          ExpressionAttributeNames: { "#owner": "owner" },
          ExpressionAttributeValues: { ":owner": s("log") },
        };
        await expect(query({ ...input, ConsistentRead: true })).rejects.toMatchObject({ name: "ValidationException" });
        await expect(query(input)).resolves.toBeDefined();
      });

      it("stop at 1 MB", async () => {
        for (let seq = 0; seq < 5; seq++) await put({ ...key("large", seq), body: text(300 * 1024) });
        const page = await query({ KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": s("large") } });
        expect(page.Items!.length).toBeLessThanOrEqual(4); // a query always has items, if only none
        expect(page.LastEvaluatedKey).toBeDefined();
      });

      it("read at most 100 keys in a batch", async () => {
        const keys = Array.from({ length: 101 }, (_, seq) => key("log", seq));
        const read = (Keys: Item[]) => client.send(new BatchGetItemCommand({ RequestItems: { [T]: { Keys } } }));
        expect((await read(keys.slice(0, 100))).Responses?.[T]).toHaveLength(100);
        await expect(read(keys)).rejects.toMatchObject({ name: "ValidationException" });
      });

      it("write at most 25 items in a batch, and at most 400 KB in an item", async () => {
        const requests = Array.from({ length: 26 }, (_, seq) => ({ PutRequest: { Item: key("batch", seq) } }));
        await expect(client.send(new BatchWriteItemCommand({ RequestItems: { [T]: requests } }))).rejects.toMatchObject({
          name: "ValidationException",
        });
        await expect(put({ ...key("huge"), body: text(401 * 1024) })).rejects.toMatchObject({ name: "ValidationException" });
      });
    });

    describe("transactions", () => {
      const putItem = (pk: string, more: Item = {}): TransactWriteItem => ({ Put: { TableName: T, Item: { ...key(pk), ...more } } });

      it("write all of it, under conditions on other items", async () => {
        await put(key("tx-guard"));
        await put(key("tx-old"));
        await transact(
          putItem("tx-new"),
          {
            Update: {
              TableName: T,
              Key: key("tx-count"),
              UpdateExpression: "ADD sum_of :one",
              ExpressionAttributeValues: { ":one": n(1) },
            },
          },
          { ConditionCheck: { TableName: T, Key: key("tx-guard"), ConditionExpression: "attribute_exists(pk)" } },
          { Delete: { TableName: T, Key: key("tx-old") } },
        );
        expect([await get("tx-new"), await get("tx-count"), await get("tx-old")]).toEqual([
          key("tx-new"),
          { ...key("tx-count"), sum_of: n(1) },
          undefined,
        ]);
      });

      it("write nothing of it if one condition fails, and say which and what was there", async () => {
        await put({ ...key("tx-taken"), by: s("somebody") });
        const guarded = {
          TableName: T,
          Item: key("tx-taken"),
          ConditionExpression: "attribute_not_exists(pk)",
          ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const,
        };
        const failure = await transact(putItem("tx-never"), { Put: guarded }).catch((error: unknown) => error);
        expect(failure).toMatchObject({
          name: "TransactionCanceledException",
          CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed", Item: { ...key("tx-taken"), by: s("somebody") } }],
        });
        expect(await get("tx-never")).toBeUndefined();
      });

      it("let one of many through where only one can be", async () => {
        const claim = (writer: number) =>
          transact(putItem(`tx-claim-${writer}`), {
            Put: { TableName: T, Item: { ...key("tx-once"), writer: n(writer) }, ConditionExpression: "attribute_not_exists(pk)" },
          });
        const results = await Promise.allSettled(Array.from({ length: 10 }, (_, writer) => claim(writer)));
        const won = results.flatMap((result, writer) => (result.status === "fulfilled" ? [writer] : []));
        expect(won).toHaveLength(1);
        expect((await get("tx-once"))?.["writer"]).toEqual(n(won[0]!)); // one element, as just expected
        expect(await get(`tx-claim-${won[0]! + 1}`)).toBeUndefined();
      });

      it("count once when repeated with the same token", async () => {
        const add = () =>
          client.send(
            new TransactWriteItemsCommand({
              ClientRequestToken: "same-token",
              TransactItems: [
                {
                  Update: {
                    TableName: T,
                    Key: key("tx-token"),
                    UpdateExpression: "ADD sum_of :one",
                    ExpressionAttributeValues: { ":one": n(1) },
                  },
                },
              ],
            }),
          );
        await add();
        await add();
        expect((await get("tx-token"))?.["sum_of"]).toEqual(n(1));
      });

      it("take an item once, and at most 100 of them", async () => {
        const twice = [putItem("tx-twice"), { Delete: { TableName: T, Key: key("tx-twice") } }];
        await expect(transact(...twice)).rejects.toMatchObject({ name: "ValidationException" });
        const many = Array.from({ length: 101 }, (_, index) => putItem(`tx-many-${index}`));
        await expect(transact(...many)).rejects.toMatchObject({ name: "ValidationException" });
      });

      it("read several items as of one moment", async () => {
        await put(key("tx-read"));
        const gets = ["tx-read", "tx-absent"].map((pk) => ({ Get: { TableName: T, Key: key(pk) } }));
        const { Responses } = await client.send(new TransactGetItemsCommand({ TransactItems: gets }));
        expect(Responses?.map(({ Item }) => Item)).toEqual([key("tx-read"), undefined]);
      });
    });

    it("keeps the setting of expiry, and gives expired items to readers until they are swept", async () => {
      const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName: T }));
      expect(TimeToLiveDescription).toMatchObject({ AttributeName: "expires_on", TimeToLiveStatus: "ENABLED" });
      await put({ ...key("expired"), expires_on: n(Math.floor(Date.now() / 1000) - 10) });
      const { Items } = await client.send(
        new ScanCommand({
          TableName: T,
          FilterExpression: "expires_on < :now",
          ExpressionAttributeValues: { ":now": n(Date.now() / 1000) },
        }),
      );
      expect(Items?.map((item) => item["pk"])).toEqual([s("expired")]);
    });
  });

  it.skipIf(skipReason).each(["SIGTERM", "SIGKILL"] as const)(
    "has what it acknowledged after %s in the middle of writing",
    async (signal) => {
      const world = await startEngineWorld(name);
      await createTables(world.client, { definitions: { [T]: definition } });
      const acknowledged: number[] = [];
      const writing = (async () => {
        for (let seq = 1; ; seq++) {
          await world.client.send(new PutItemCommand({ TableName: T, Item: key("durable", seq) }));
          acknowledged.push(seq);
        }
      })().catch(() => undefined); // the engine is stopped under it
      while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(world.engine.pid!, signal); // it was started here, so it has a number
      await writing;
      await world.engine.stop();

      const again = await startEngine({ dataDir: world.dataDir, env: {}, engine: name });
      const client = clientOf(again.endpoint);
      const { Items = [] } = await client.send(
        new QueryCommand({ TableName: T, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": s("durable") } }),
      );
      client.destroy();
      await again.stop();
      await world.stop();
      const found = Items.map((item) => Number(item["seq"]?.N));
      expect(found.slice(0, acknowledged.length)).toEqual(acknowledged);
    },
    120_000,
  );
});
