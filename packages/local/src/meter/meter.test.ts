import { channel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it } from "vitest";
import type { Engine } from "../dynamodb/engine";
import { send, serve } from "../testing/serve";
import { Meter } from "./meter";
import { createMeterPages } from "./page";

const dynamodb = channel("agora:dynamodb");
const push = channel("agora:push");
const s3 = channel("agora:s3");
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const KB = 1024;

const meters: Meter[] = [];
afterEach(() => meters.splice(0).forEach((meter) => meter.stop()));

function start(engine: Engine["name"] = "dynoxide"): Meter {
  const meter = new Meter();
  meter.start({ engine });
  meters.push(meter);
  return meter;
}

/** What core publishes after a call. */
function call(operation: string, table: number, index = 0): void {
  const indexes = index ? { GlobalSecondaryIndexes: { by_user: { CapacityUnits: index } } } : {};
  dynamodb.publish({ operation, consumed: { CapacityUnits: table + index, Table: { CapacityUnits: table }, ...indexes } });
}

describe("what is counted", () => {
  it("is read and write units, of one table or of several", () => {
    const meter = start();
    call("GetItem", 0.5);
    call("PutItem", 1, 1);
    dynamodb.publish({ operation: "BatchGetItem", consumed: [{ CapacityUnits: 1 }, { CapacityUnits: 2.5 }] });
    dynamodb.publish({ operation: "PutItem", consumed: undefined });
    expect(meter.snapshot().units).toMatchObject({ readUnits: 4, writeUnits: 2 });
  });

  it("makes up for what dynoxide leaves out of a transaction, and only there", () => {
    const onDynoxide = start("dynoxide");
    const onOther = start("dynamodb-local");
    call("TransactWriteItems", 2, 1);
    expect(onDynoxide.snapshot().units.writeUnits).toBe(4);
    expect(onOther.snapshot().units.writeUnits).toBe(3);
    onDynoxide.reset();
    call("PutItem", 2, 1);
    expect(onDynoxide.snapshot().units.writeUnits).toBe(3);
  });

  it.each([
    ["a write whose condition does not hold", 1, { operation: "UpdateItem", failed: "ConditionalCheckFailedException" }],
    ["a cancelled transaction of 3 items", 6, { operation: "TransactWriteItems", failed: "TransactionCanceledException", items: 3 }],
    ["a write that was throttled", 0, { operation: "PutItem", failed: "ProvisionedThroughputExceededException" }],
  ])("is %s as %i write units", (_, writeUnits, report) => {
    const meter = start();
    dynamodb.publish(report);
    expect(meter.snapshot().units).toMatchObject({ readUnits: 0, writeUnits });
  });

  it.each([
    [0, 1],
    [32 * KB, 1],
    [32 * KB + 1, 2],
    [128 * KB, 4],
  ])("is a message of %i bytes as %i", (bytes, messages) => {
    const meter = new Meter();
    meter.observe.onSocketMessage(bytes, "socket x");
    meter.observe.onPush("c", bytes);
    expect(meter.snapshot().units.socketMessages).toBe(2 * messages);
  });

  it.each([
    [0, 0, 1],
    [512 * KB, 512 * KB, 1],
    [0, 512 * KB + 1, 2],
  ])("is an HTTP request of %i bytes in and %i out as %i", (bytesIn, bytesOut, requests) => {
    const meter = new Meter();
    meter.observe.onHttpRequest(bytesIn, bytesOut);
    expect(meter.snapshot().units.httpRequests).toBe(requests);
  });

  it("is nothing after it was stopped, and core is not asked to report then", () => {
    const meter = start();
    expect(dynamodb.hasSubscribers).toBe(true);
    meter.stop();
    expect(dynamodb.hasSubscribers).toBe(false);
    call("PutItem", 1);
    expect(meter.cost()).toBe(0);
  });
});

describe("the cost", () => {
  it("is the sum of all units at list prices", () => {
    const meter = start();
    const { observe } = meter;
    call("PutItem", 1_000_000);
    expect(meter.cost()).toBeCloseTo(0.625, 9);
    call("Query", 1_000_000);
    expect(meter.cost()).toBeCloseTo(0.75, 9);
    observe.onConnectionMinutes(4_000_000);
    expect(meter.cost()).toBeCloseTo(1.75, 9);
    observe.onInvocation({ handler: "x", ms: 999.2, memoryMb: 1024 });
    expect(meter.cost()).toBeCloseTo(1.75 + 0.0000133334 + 0.0000002, 12);
    observe.onS3Request("put");
    observe.onS3Request("get", "s3 GET (a browser)");
    expect(meter.cost()).toBeCloseTo(1.75 + 0.0000133334 + 0.0000002 + 0.000005 + 0.0000004, 12);
    meter.reset();
    expect([meter.cost(), meter.snapshot().requests]).toEqual([0, []]);
  });

  it("is put down to the request in which it arose, however many run at the same time", async () => {
    const meter = start();
    const request = (label: string, units: number, ms: number) =>
      meter.observe.aroundInvocation(label, async () => {
        await wait(ms);
        call("PutItem", units);
        push.publish({ connections: 3, bytes: 40 * KB });
        s3.publish({ kind: "put" });
        meter.observe.onS3Request("put");
        for (let connection = 0; connection < 3; connection++) meter.observe.onPush(String(connection), 40 * KB);
      });
    await Promise.all([request("POST /a", 5, 20), request("POST /b", 1, 10), request("POST /a", 5, 1)]);
    meter.observe.onHttpRequest(10, 10, "POST /a");
    call("PutItem", 100); // outside any request
    const { requests, units } = meter.snapshot();
    const counts = requests.map(({ label, count, units: of }) => [
      label,
      count,
      of.writeUnits,
      of.socketMessages,
      of.httpRequests,
      of.s3Puts,
    ]);
    expect(counts).toEqual([
      ["POST /a", 2, 10, 12, 1, 2],
      ["POST /b", 1, 1, 6, 0, 1],
    ]);
    expect(requests[0]?.dollarsEach).toBeCloseTo((10 * 0.625 + 12 + 1 + 2 * 5) / 2 / 1_000_000, 12);
    expect([units.writeUnits, units.socketMessages, units.s3Puts]).toEqual([111, 18, 3]);
  });
});

describe("its pages", () => {
  it("show the cost as HTML and as JSON, with labels made harmless, and start the count again", async () => {
    const meter = start();
    await meter.observe.aroundInvocation("socket <script>", async () => call("PutItem", 1));
    const handle = createMeterPages(meter);
    const served = await serve((request, response) => {
      if (!handle(request, response, request.url ?? "")) response.writeHead(404).end();
    });
    const html = await send(served.port, "GET", "/_local/cost");
    expect(html.headers["content-type"]).toContain("text/html");
    expect(html.body).toContain("socket &lt;script>");
    expect(html.body).not.toContain("<script");
    expect(html.body).toContain("$0.00000063");
    const json = JSON.parse((await send(served.port, "GET", "/_local/cost.json")).body) as { dollars: number; prices: object };
    expect(json.dollars).toBeCloseTo(0.625e-6, 12);
    expect((await send(served.port, "GET", "/_local/other")).status).toBe(404);
    expect((await send(served.port, "GET", "/_local/cost/reset")).status).toBe(404);
    expect((await send(served.port, "POST", "/_local/cost/reset")).status).toBe(303);
    expect(meter.cost()).toBe(0);
    await served.close();
  });
});
