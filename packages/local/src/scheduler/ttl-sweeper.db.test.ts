import type { TableDefinition } from "@agora/core/tables";
import { PutItemCommand, ScanCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTables } from "../dynamodb/create-tables";
import { startEngineWorld, type EngineWorld } from "../testing/engine-world";
import { until } from "../testing/serve";
import { startTtlSweeper, type TtlSweeperOptions } from "./ttl-sweeper";

const NOW_S = 1_800_000_000;
const withTtl: TableDefinition = {
  fields: { id: "string", seq: "number" },
  primaryIndex: { hashKey: "id", rangeKey: "seq" },
  ttl: "expires_on",
};
const withoutTtl: TableDefinition = { fields: { id: "string" }, primaryIndex: { hashKey: "id" } };

describe("the sweeper of expired items", () => {
  let world: EngineWorld | undefined;
  let client: DynamoDBClient;
  let tests = 0;
  beforeAll(async () => {
    world = await startEngineWorld();
    client = world.client;
  });
  afterAll(() => world?.stop());

  /** Tables of its own for each test. */
  async function start(options: Partial<TtlSweeperOptions> = {}) {
    const prefix = `Test${++tests}`;
    const nameOf = (table: string) => `${prefix}${table}`;
    const definitions = { Rooms: withTtl, Users: withoutTtl };
    await createTables(client, { nameOf, definitions });
    const sweeper = startTtlSweeper({ client, nameOf, definitions, now: () => NOW_S * 1000, ...options });
    return {
      sweeper,
      async put(table: string, seq: number, expiresOn?: number) {
        const ttl = expiresOn === undefined ? undefined : { expires_on: { N: String(expiresOn) } };
        await client.send(
          new PutItemCommand({ TableName: nameOf(table), Item: { id: { S: `i${seq}` }, seq: { N: String(seq) }, ...ttl } }),
        );
      },
      async left(table: string) {
        const { Items = [] } = await client.send(new ScanCommand({ TableName: nameOf(table) }));
        return Items.map((item) => Number(item["seq"]?.N)).sort((a, b) => a - b);
      },
    };
  }

  it("deletes what is past its time, and nothing else", async () => {
    const { sweeper, put, left } = await start();
    await put("Rooms", 1, NOW_S - 1);
    await put("Rooms", 2, NOW_S);
    await put("Rooms", 3, NOW_S + 1);
    await put("Rooms", 4);
    await put("Users", 5, NOW_S - 1);
    expect(await sweeper.sweep()).toBe(1);
    expect(await left("Rooms")).toEqual([2, 3, 4]);
    expect(await left("Users")).toEqual([5]);
    await sweeper.stop();
  });

  it("spares an item whose time was put off after it was found", async () => {
    const postponing = Object.create(client, {
      send: {
        async value(command: unknown) {
          const output = await client.send(command as ScanCommand);
          if (command instanceof ScanCommand) await put("Rooms", 1, NOW_S + 60);
          return output;
        },
      },
    }) as DynamoDBClient;
    const { sweeper, put, left } = await start({ client: postponing });
    await put("Rooms", 1, NOW_S - 1);
    expect(await sweeper.sweep()).toBe(0);
    expect(await left("Rooms")).toEqual([1]);
    await sweeper.stop();
  });

  it("goes through a large table in bounded pages, over several sweeps, and starts over", async () => {
    const { sweeper, put, left } = await start({ pageItems: 3, pagesPerSweep: 2 });
    for (let seq = 0; seq < 14; seq++) await put("Rooms", seq, seq % 2 ? NOW_S - 1 : undefined);
    const deleted = [await sweeper.sweep(), await sweeper.sweep(), await sweeper.sweep()];
    expect(deleted.reduce((sum, count) => sum + count)).toBe(7);
    expect(Math.max(...deleted)).toBeLessThanOrEqual(6);
    expect(await left("Rooms")).toEqual([0, 2, 4, 6, 8, 10, 12]);
    await put("Rooms", 1, NOW_S - 1);
    const later = [await sweeper.sweep(), await sweeper.sweep(), await sweeper.sweep()];
    expect(later.reduce((sum, count) => sum + count)).toBe(1);
    await sweeper.stop();
  });

  it("runs by itself, says what went wrong, and stops", async () => {
    const errors: unknown[] = [];
    const { sweeper, put, left } = await start({ intervalMs: 10, onError: (error) => errors.push(error) });
    await put("Rooms", 1, NOW_S - 1);
    await until(async () => (await left("Rooms")).length === 0, "the sweep");
    await sweeper.stop();
    await put("Rooms", 2, NOW_S - 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await left("Rooms")).toEqual([2]);
    expect(errors).toEqual([]);

    const failing = startTtlSweeper({ client, nameOf: () => "Absent", intervalMs: 10, onError: (error) => errors.push(error) });
    await until(() => errors.length, "the error");
    await failing.stop();
  });
});
