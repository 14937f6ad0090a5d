import { DynamoDBClient, BatchGetItemCommand, GetItemCommand, PutItemCommand, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startAwsProxy, type AwsCall, type AwsProxy, type Fault } from "./aws-proxy";

let proxy: AwsProxy;
let once: DynamoDBClient;
let table: string;
const seen: AwsCall[] = [];

beforeAll(async () => {
  const direct = process.env["AWS_ENDPOINT_URL_DYNAMODB"] ?? "";
  proxy = await startAwsProxy(direct);
  table = (JSON.parse(process.env["SST_RESOURCE_Names"] ?? "{}") as { name: string }).name;
  once = new DynamoDBClient({
    region: "us-east-1",
    endpoint: proxy.url,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
    maxAttempts: 1,
    requestHandler: { requestTimeout: 300, throwOnRequestTimeout: true },
  });
});
afterEach(() => {
  proxy.plan = () => undefined;
  seen.length = 0;
});
afterAll(async () => {
  once.destroy();
  await proxy.close();
});

const key = (name: string) => ({ name: { S: `proxy#${name}` } });
const put = (name: string) => once.send(new PutItemCommand({ TableName: table, Item: { ...key(name), owner: { S: "x" } } }));
const exists = async (name: string) => {
  proxy.plan = () => undefined;
  const { Item } = await once.send(new GetItemCommand({ TableName: table, Key: key(name), ConsistentRead: true }));
  return Item !== undefined;
};
const inject = (fault: Fault) => {
  proxy.plan = (call) => {
    seen.push(call);
    return fault;
  };
};
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? (error as Error).name,
  );

describe("what a single write meets", () => {
  test.each<[Fault["kind"], string, boolean]>([
    ["throttle", "ProvisionedThroughputExceededException", false],
    ["conflict", "TransactionConflictException", false],
    ["server_error", "InternalServerError", false],
    ["reset_before", "ECONNRESET", false],
    ["reset_after", "ECONNRESET", true],
    ["hang_before", "ETIMEDOUT", false],
    ["hang_after", "ETIMEDOUT", true],
    ["partial", "nothing", true],
    ["gone", "nothing", true],
  ])("%s: %s, took effect: %s", async (kind, name, tookEffect) => {
    inject({ kind } as Fault);
    expect(await failure(put(kind))).toBe(name);
    expect(await exists(kind)).toBe(tookEffect);
    expect(seen[0]).toMatchObject({ operation: "PutItem", table, body: { TableName: table } });
  });

  test("a delay, then the answer", async () => {
    inject({ kind: "delay", ms: 100 });
    const started = performance.now();
    await put("delay");
    expect(performance.now() - started).toBeGreaterThan(90);
    expect(await exists("delay")).toBe(true);
  });

  test.each([
    ["kill_before", false],
    ["kill_after", true],
  ] as const)("%s calls and never answers", async (kind, tookEffect) => {
    let kills = 0;
    inject({
      kind,
      kill: () => {
        kills++;
      },
    });
    expect(await failure(put(kind))).toBe("ETIMEDOUT");
    expect([kills, await exists(kind)]).toEqual([1, tookEffect]);
  });
});

test("half of a batch is done, the rest is named", async () => {
  await Promise.all(["b0", "b1", "b2"].map(put));
  inject({ kind: "partial" });
  const Keys = ["b0", "b1", "b2"].map(key);
  const { Responses, UnprocessedKeys } = await once.send(
    new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
  );
  expect(Responses?.[table]).toHaveLength(2);
  expect(UnprocessedKeys).toEqual({ [table]: { Keys: [key("b2")], ConsistentRead: true } });
});

test("a transaction in conflict says of each part why", async () => {
  inject({ kind: "conflict" });
  const items = ["t0", "t1"].map((name) => ({ Put: { TableName: table, Item: key(name) } }));
  const error = await once.send(new TransactWriteItemsCommand({ TransactItems: items })).catch((e: unknown) => e);
  expect(error).toMatchObject({
    name: "TransactionCanceledException",
    CancellationReasons: [{ Code: "TransactionConflict" }, { Code: "None" }],
  });
  expect([await exists("t0"), seen[0]?.table]).toEqual([false, table]);
});

test("a target that is down cuts the connection, and one that is back is found", async () => {
  const target = proxy.target;
  proxy.target = "http://127.0.0.1:9";
  expect(await failure(put("down"))).toBe("ECONNRESET");
  proxy.target = target;
  expect(await failure(put("up"))).toBe("nothing");
});
