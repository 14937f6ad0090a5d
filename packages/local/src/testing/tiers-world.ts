import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { tables } from "@agora/core/tables";
import { expect, vi } from "vitest";
import { createTables } from "../dynamodb/create-tables";
import { BUCKET } from "../environment";
import { startTtlSweeper } from "../scheduler/ttl-sweeper";
import { startEngineWorld } from "./engine-world";
import { startStack, uniqueName, type StackOptions } from "./stack";

export const HOUR_MS = 3_600_000;

interface ConsumedBody {
  messages: { offset: number; payload: unknown; key?: string; timestamp: number }[];
  next_offset: number;
  head: number;
}

/**
 * A stack with tables of its own and a clock that is moved: the job goes through all topics that there are, and must not meet those of other tests.
 * Calls are made by an access key, which does not expire as the clock is moved.
 */
export async function startTiersWorld(options: StackOptions = {}) {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const { engine, client, stop } = await startEngineWorld();
  await createTables(client);
  process.env["AWS_ENDPOINT_URL_DYNAMODB"] = engine.endpoint;
  const stack = await startStack({ push: "in-process", ...options });
  const sweeper = startTtlSweeper({ client, intervalMs: 1e9, pagesPerSweep: 1_000, definitions: { Messages: tables.Messages } });

  const items = async (table: string) => {
    const found: Record<string, unknown>[] = [];
    let start: Record<string, never> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new ScanCommand({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
      );
      found.push(...Items.map((item) => unmarshall(item)));
      start = LastEvaluatedKey as typeof start;
    } while (start);
    return found;
  };

  return {
    stack,
    engine,
    client,
    pass: (ms: number) => vi.setSystemTime(Date.now() + ms),
    sweep: () => sweeper.sweep(),
    async somebody() {
      const person = await stack.register();
      const scopes = ["topics:read", "topics:write"];
      const { secret: token } = (await stack.api("POST /auth/keys", { token: person.token, body: { name: "test", scopes } })).body;
      const call = (request: string, body?: object) => stack.api(request, { token, body });
      return {
        person,
        newName: () => uniqueName("t").replaceAll("_", "-"),
        call,
        async produce(topic: string, body: object): Promise<number> {
          const answer = await call(`POST /topics/${topic}/produce`, body);
          if (answer.status !== 200) throw new Error(`produce answered ${answer.status} ${JSON.stringify(answer.body)}`);
          return answer.body.offset;
        },
        consume: async (topic: string, query = ""): Promise<ConsumedBody> => {
          const { status, body } = await call(`GET /topics/${topic}/consume?${query}`);
          expect([status, body.code]).toEqual([200, undefined]);
          return body;
        },
        /** All of it, in answers of this many at most. */
        async readAll(topic: string, { from = 1, limit = 500 } = {}) {
          const all: ConsumedBody["messages"] = [];
          for (let offset = from; ;) {
            const body = await this.consume(topic, `offset=${offset}&limit=${limit}`);
            all.push(...body.messages);
            if (body.messages.length === 0 && body.next_offset > body.head) return all;
            offset = body.next_offset;
          }
        },
      };
    },
    topicsTable: () => items("Topics"),
    entries: () => items("Messages"),
    /** Keys of all objects of topics. */
    async objects(): Promise<string[]> {
      const { list } = await import("../../../core/src/lib/s3");
      return list("streams/");
    },
    bucket: BUCKET,
    async stop() {
      vi.useRealTimers();
      await sweeper.stop();
      await stack.close();
      await stop();
    },
  };
}
export type TiersWorld = Awaited<ReturnType<typeof startTiersWorld>>;

/**
 * The process ends after the nth of the calls that it makes of tables and bucket: the call is made, nobody hears of it, and all later ones come to nothing.
 * @returns how many calls were made.
 */
export async function endingAfter(calls: number, run: () => Promise<unknown>): Promise<number> {
  const { send } = DynamoDBClient.prototype;
  const { fetch } = globalThis;
  let made = 0;
  const through = async <T>(call: () => Promise<T>): Promise<T> => {
    if (made >= calls) throw new Error("the process has ended");
    made++;
    const isLast = made === calls;
    const result = await call();
    if (isLast) throw new Error("the process has ended");
    return result;
  };
  const original = send as (this: DynamoDBClient, ...call: unknown[]) => Promise<unknown>;
  DynamoDBClient.prototype.send = function (this: DynamoDBClient, ...call: unknown[]) {
    return through(() => original.apply(this, call));
  } as typeof send;
  globalThis.fetch = (...call) => through(() => fetch(...call));
  try {
    await run().catch(() => undefined);
    return made;
  } finally {
    DynamoDBClient.prototype.send = send;
    globalThis.fetch = fetch;
  }
}
